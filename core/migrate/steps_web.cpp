#include "core/base/text.h"
#include "core/data/json.h"
#include "core/migrate/identity_change.h"
#include "core/migrate/leave.h"
#include "core/migrate/plan_parts.h"
#include "core/migrate/web_document.h"
#include "core/migrate/web_move.h"
#include "core/os/atomic_file.h"

#include <fmt/format.h>

namespace atb::migrate {
namespace {

using std::chrono::seconds;

// People need minutes, and a web server may keep a copy for as long.
constexpr seconds kFirstLooks{3};
constexpr seconds kLaterLooks{15};
constexpr int kFirst = 20;

std::string file_of(const Move& move) { return os::join(move.paths.folder, "did.json"); }

// One of the two publications.
struct Publication {
  std::string_view fact;  // the document that was agreed to, JSON
  bool first = false;
};
constexpr Publication kClaimed{fact::kClaim, true};
constexpr Publication kFinal{fact::kSigned, false};

Result<std::optional<did::Document>> wanted_document(const Move& move, const Publication& publication) {
  if (!move.journal.has(publication.fact)) return std::optional<did::Document>();
  return std::optional(
      TRY(did::parse_document(move.journal.get(publication.fact), move.did, move.context.limits)));
}

bool names_temporary_key(const Move& move, const did::Document& document) {
  return document.signing_key && document.signing_key->did_key() == move.journal.get(fact::kTemporaryKey);
}

// Once the account is made on the new host, who vouched for it is not needed any more. Nor is there anything
// to publish first when the document names a key that is held here.
Result<bool> not_needed(Move& move, const Publication& publication) {
  if (!publication.first) return false;
  if (move.journal.has(fact::kHeldSigner) && names_temporary_key(move, TRY(fetch_identity(move)).document)) {
    return true;
  }
  const Observation account = TRY(look_for_account(move));
  return account.satisfied;
}

// Does the document that was written still name the keys that are wanted now?
bool is_current(const Move& move, const Publication& publication, const did::Document& wanted) {
  if (!publication.first) return wanted.host == move.new_host.host().origin();
  return names_temporary_key(move, wanted);
}

class WriteDocument final : public Step {
 public:
  explicit WriteDocument(Publication publication) : publication_(publication) {}
  std::string_view name() const override { return publication_.first ? "claim-sign" : "sign"; }
  std::string_view title() const override {
    return publication_.first
               ? "Write the first document of your identity, and agree on it"
               : "Write the document of your identity that names the new host, and agree on it";
  }

  Result<Observation> observe(Move& move) override {
    if (TRY(not_needed(move, publication_))) return Observation{true, "not needed"};
    const auto wanted = TRY(wanted_document(move, publication_));
    if (!wanted || !is_current(move, publication_, *wanted)) return Observation{false, "not written yet"};
    const bool there = os::exists(move.context.fs, file_of(move));
    return Observation{there, there ? file_of(move) : "the file is gone"};
  }

  Status act(Move& move) override {
    const identity::Identity identity = TRY(fetch_identity(move));
    const WebChange change = TRY(wanted_change(move));
    const data::Value json = TRY(changed_document(identity.document, change));
    const std::string text = data::to_json(json);
    const auto wanted = TRY(did::parse_document(text, move.did, move.context.limits));
    move.world.watcher.say(words(move, difference(wanted, identity.document)));
    TRY(agree_to_change(move));
    TRY(os::write_file(move.context.fs, move.context.random, file_of(move), as_bytes(text + "\n")));
    return move.journal.set(publication_.fact, text);
  }

 private:
  Result<WebChange> wanted_change(Move& move) const {
    if (publication_.first) return WebChange{.signing_key = move.journal.get(fact::kTemporaryKey)};
    const plc::HostCredentials host = TRY(new_host_credentials(move));
    return WebChange{.signing_key = host.signing_key,
                     .service_type = host.service_type,
                     .endpoint = host.endpoint,
                     .handle = host.handle};
  }

  std::string words(const Move& move, const std::string& now) const {
    const std::string domain(move.did.view().substr(std::string_view("did:web:").size()));
    std::string text =
        publication_.first
            ? "The first change to your identity: your document on " + domain +
                  " gets a temporary signing key that only this machine holds. What the old host signs from "
                  "then on counts nowhere, and the account cannot be used until the second change.\n"
            : "The change to your identity: your document on " + domain + " names " +
                  move.new_host.host().origin() +
                  " and its signing key. Everything else in it stays. As long as the domain is yours you can "
                  "change it again at any time.\n";
    if (!now.empty()) text += "Of the present document, " + printable(now, 500) + ".\n";
    return text;
  }

  Publication publication_;
};

class Publish final : public Step {
 public:
  explicit Publish(Publication publication) : publication_(publication) {}
  std::string_view name() const override { return publication_.first ? "claim" : kPointOfNoReturn; }
  std::string_view title() const override {
    return publication_.first ? "The first document is published"
                              : "The document is published (the point of no return)";
  }

  Result<Observation> observe(Move& move) override {
    if (TRY(not_needed(move, publication_))) return Observation{true, "not needed"};
    const auto wanted = TRY(wanted_document(move, publication_));
    if (!wanted) return Observation{false, "not written yet"};
    const identity::Identity identity = TRY(fetch_identity(move));
    const std::string other = difference(*wanted, identity.document);
    return Observation{other.empty(), other.empty() ? "the public copy says so" : other};
  }

  Status act(Move& move) override {
    const auto wanted = TRY(wanted_document(move, publication_));
    if (!wanted) return fail(ErrorKind::internal, "move.not_signed", "there is no document to publish");
    const std::string url = TRY(did::web_document_url(move.did));
    move.world.watcher.say("Publish this file:\n  " + file_of(move) + "\nas\n  " + url +
                           "\nIts public copy is looked at until it is the one. Ctrl-C is safe: 'atbackup "
                           "migrate resume' looks again.");
    std::string told;
    for (int look = 0;; ++look) {
      const auto identity = fetch_identity(move);
      if (!identity && identity.error().kind == ErrorKind::cancelled)
        return std::unexpected(identity.error());
      const std::string other = identity ? difference(*wanted, identity->document) : identity.error().message;
      if (other.empty()) break;
      if (look != 0 && other != told) move.world.watcher.say("Not yet: " + printable(other, 500) + ".");
      told = other;
      if (!publication_.first && !without_old_host(move.journal)) TRY(catch_up(move));
      move.context.progress.report({.phase = "publication", .items = static_cast<std::uint64_t>(look)});
      TRY(move.context.clock.sleep(look < kFirst ? kFirstLooks : kLaterLooks, move.stop()));
    }
    move.context.progress.report({.phase = "publication", .done = true});
    return {};
  }

 private:
  // Publishing takes a person's time: what is written meanwhile comes along, as long as the identity names
  // the key that the old host signs with.
  static Status catch_up(Move& move) {
    const auto step = catch_up_step();
    if (TRY(step->observe(move)).satisfied) return {};
    return step->act(move);
  }

  Publication publication_;
};

}  // namespace

bool is_web(const Journal& journal) { return journal.get(fact::kDid).starts_with("did:web:"); }

Status check_web(const Observed& observed) {
  if (!domain_is_the_hosts(observed.did, observed.old_host, observed.old_domains)) return {};
  return fail(
      ErrorKind::refused, "move.web_domain",
      "the domain of " + observed.did.str() +
          " belongs to the old host, which alone can publish its "
          "document",
      "such an account cannot leave; 'atbackup export' keeps its posts and pictures as files, and a new "
      "account can have a DID that no host owns");
}

Result<WebStanding> standing_of_web(Move& move) {
  const identity::Identity identity = TRY(fetch_identity(move));
  WebStanding seen;
  seen.submitted = identity.document.host == move.new_host.host().origin();
  seen.claimed = !move.journal.has(fact::kHeldSigner) && names_temporary_key(move, identity.document);
  return seen;
}

Failure web_has_no_keys() {
  return fail(ErrorKind::refused, "move.did_web", "a did:web has no rotation keys",
              "go on without --recovery-key-out; whoever holds the domain holds the account");
}

std::string describe_web(const Plan& plan, const Observed& observed) {
  const bool alone = observed.leave.has_value();
  std::string text = fmt::format("The account {} {}\n  from {}{}\n  to   {}\n\n", observed.did.str(),
                                 alone ? "leaves and moves" : "moves", printable(observed.old_host),
                                 alone ? ", which is not needed" : "", observed.new_host);
  if (alone) {
    text += fmt::format(
        "From the backup {}: {} records, {} blobs ({}).\nWhat was written after it does not come along.\n",
        printable(observed.leave->backup), observed.leave->records, observed.leave->blobs,
        human_bytes(observed.leave->blob_bytes));
  }
  text += plan.handle_changes || plan.handle.empty()
              ? "The present name cannot go along; old mentions and links follow the account, not the name.\n"
              : fmt::format("It keeps its name, {}.\n", printable(plan.handle));
  text +=
      "\nYour identity is a document on your own domain, so you publish it yourself. The program writes it "
      "and "
      "waits until it sees it there. In this order:\n";
  constexpr const char* kLast =
      "  4. You publish the document with the new host and its key: the point of no return.\n";
  if (!alone) {
    text +=
        "  1. Your posts, pictures and preferences are backed up here, and the backup is proven.\n"
        "  2. An inactive account is made on the new host, and everything is copied into it and counted.\n"
        "  3. You publish the document with the new host and its key: the point of no return.\n";
  } else if (plan.returns) {
    text +=
        "  1. The backup is proven.\n"
        "  2. You log in to the account that is on the new host.\n"
        "  3. What it lacks is copied into it from the backup and counted.\n";
    text += kLast;
  } else {
    text += "  1. The backup is proven.\n";
    const bool twice = needs_claim(observed, plan);
    text +=
        twice ? "  2. You publish the document with a temporary signing key.\n"
              : "  2. Nothing is to be published first: your document names the signing key that you gave.\n";
    text +=
        "  3. With that key an inactive account is made on the new host; everything is copied into it from "
        "the "
        "backup and counted.\n";
    text +=
        twice
            ? "  4. You publish the document again, with the new host and its key: the point of no return.\n"
            : kLast;
  }
  text += fmt::format(
      "  {}. The new host goes active{}, and a fresh commit is made there (an inert list, made and deleted "
      "again), so that relays accept it.\n"
      "  {}. The account is fetched from the new host and proven: the same tree, the new key.\n"
      "Others may go on using the old document for up to a day: they keep copies.\n",
      alone ? 5 : 4, alone ? "" : ", the old one inactive", alone ? 6 : 5);
  text += time_words(plan, observed) + warning_words(plan);
  text +=
      "\nNot moved, because no host has it: direct messages stay where they are and keep working; mutes and "
      "bookmarks stay with the app.\nApp passwords must be made anew. Do not post until it is done.\n";
  return text;
}

std::unique_ptr<Step> write_first_document_step() { return std::make_unique<WriteDocument>(kClaimed); }
std::unique_ptr<Step> first_publication_step() { return std::make_unique<Publish>(kClaimed); }
std::unique_ptr<Step> write_document_step() { return std::make_unique<WriteDocument>(kFinal); }
std::unique_ptr<Step> publication_step() { return std::make_unique<Publish>(kFinal); }

}  // namespace atb::migrate
