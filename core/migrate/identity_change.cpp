#include "core/migrate/identity_change.h"

#include "core/base/text.h"
#include "core/data/json.h"
#include "core/migrate/host_ways.h"
#include "core/migrate/plan_facts.h"
#include "core/plc/forks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace atb::migrate {
namespace {

// Keys of bluesky's own hosts, as the public log of their first accounts shows them: an account made there
// lists both, and the host names only one of them as its own.
constexpr std::array<std::string_view, 2> kBlueskyKeys = {
    "did:key:zQ3shhCGUqDKjStzuDxPkTxN6ujddP4RkEKJJouJGRRkaLGbg",
    "did:key:zQ3shpKnbdPx3g3CmPf5cRVTPe1HtSwVn5ish3wSnDPQCbLJK"};

bool is_bluesky(const net::Url& host) {
  return host.host == "bsky.social" || host.host.ends_with(".bsky.network");
}

data::Object wanted_json(const plc::State& state) {
  data::Array keys;
  for (const std::string& key : state.rotation_keys) keys.emplace_back(key);
  data::Array names;
  for (const std::string& name : state.also_known_as) names.emplace_back(name);
  data::Object methods;
  for (const auto& [id, key] : state.verification_methods) methods.set(id, key);
  data::Object services;
  for (const auto& [id, service] : state.services) {
    services.set(id, data::Object().set("type", service.type).set("endpoint", service.endpoint));
  }
  return data::Object()
      .set("rotationKeys", std::move(keys))
      .set("alsoKnownAs", std::move(names))
      .set("verificationMethods", std::move(methods))
      .set("services", std::move(services));
}

// The identity would name a host that nobody has looked at.
Status check_endpoint(const Move& move, const std::string& endpoint) {
  const auto url = net::Url::parse(endpoint);
  if (url && url->same_origin(move.new_host.host())) return {};
  return fail(
      ErrorKind::untrusted, "move.endpoint_differs",
      move.new_host.host().origin() + " wants the identity to name another host: " + printable(endpoint),
      "nothing has changed; ask its operator which address is the right one for --to");
}

Status decide(Move& move, const std::vector<std::string>& unknown,
              const std::function<std::string(const std::string&)>& about, plc::MoveRequest& request) {
  for (const std::string& key : unknown) {
    const bool keep = TRY(shall_be_kept(move, key, about ? about(key) : ""));
    (keep ? request.keep_unknown : request.drop_unknown).push_back(key);
  }
  return {};
}

// A code in a file or a variable was put there by someone who read the mail of an earlier run: to ask again
// would void it.
bool code_is_on_its_way(const Move& move) {
  const account::SecretSource& source = move.sources.plc_token;
  if (!account::is_set(source) || !source.command.empty()) return false;
  constexpr std::int64_t kCodeLivesUs = 15LL * 60 * 1'000'000;
  const auto asked = parse_decimal(move.journal.get(fact::kCodeAsked));
  return asked && move.context.clock.wall_us() - static_cast<std::int64_t>(*asked) < kCodeLivesUs;
}

Result<std::string> question_for_code(Move& move) {
  const auto host = xrpc::describe_server(move.old_host.anonymous(), move.stop());
  if (!host && host.error().kind == ErrorKind::cancelled) return std::unexpected(host.error());
  if (host && host->did == move.did.str()) {
    TRY(met(move, "code-not-mailed"));
    return "Code for a change to your account's identity (\"PLC operation\"). This host is your own and "
           "sends no "
           "e-mail: 'pds migrate-token', where it was set up, prints the code: ";
  }
  return "Code from the e-mail about a change to your account's identity (\"PLC operation\"), just sent by " +
         move.old_host.host().origin() + ": ";
}

}  // namespace

plc::HostCredentials credentials_of(const xrpc::RecommendedCredentials& recommended) {
  plc::HostCredentials credentials;
  credentials.rotation_keys = recommended.rotation_keys;
  credentials.signing_key = recommended.signing_key;
  credentials.endpoint = recommended.endpoint;
  credentials.service_type = recommended.service_type;
  for (const std::string& name : recommended.also_known_as) {
    if (name.starts_with("at://")) {
      credentials.handle = name.substr(5);
      break;
    }
  }
  return credentials;
}

void add_known_keys(plc::HostCredentials& credentials, const net::Url& host) {
  if (!is_bluesky(host)) return;
  credentials.rotation_keys.insert(credentials.rotation_keys.end(), kBlueskyKeys.begin(), kBlueskyKeys.end());
}

Result<plc::HostCredentials> new_host_credentials(Move& move) {
  plc::HostCredentials credentials =
      credentials_of(TRY(xrpc::get_recommended_credentials(TRY(move.new_host.client()), move.stop())));
  if (credentials.handle != move.journal.get(fact::kHandle)) {
    return fail(ErrorKind::conflict, "move.handle_differs",
                "the new host knows the account as " + credentials.handle + ", not as " +
                    move.journal.get(fact::kHandle));
  }
  TRY(check_endpoint(move, credentials.endpoint));
  return credentials;
}

// Nobody but the person knows whose it is: a key of another's is a way to take the account back; a key of
// one's own is the way out.
Result<bool> shall_be_kept(Move& move, const std::string& key, const std::string& known) {
  const auto lists = [&key](const std::vector<std::string>& keys) {
    return std::ranges::find(keys, key) != keys.end();
  };
  if (lists(move.options.keep_keys) || lists(lines_of(move.journal.get(fact::kKeptKeys)))) return true;
  if (lists(move.options.remove_keys)) return false;
  if (!move.world.prompter.can_ask()) {
    return fail(ErrorKind::refused, "move.unknown_key",
                "a rotation key is not known to belong to the old host or to the new one: " + printable(key) +
                    (known.empty() ? "" : "; " + known),
                "say whose it is: --keep-key KEY if it is yours, --remove-key KEY if it is not");
  }
  move.world.prompter.show("\nYour identity lists a key of which it is not known whose it is:\n  " +
                           printable(key) + (known.empty() ? "" : "\n" + known + ".") +
                           "\nIf it is yours, keep it. If you do not know it, whoever has it could "
                           "take the account back for 72 hours.\n");
  return move.world.prompter.confirm("Keep this key?");
}

Result<plc::State> merge_and_decide(Move& move, plc::MoveRequest request,
                                    const std::function<std::string(const std::string&)>& about) {
  plc::MoveProposal proposal = TRY(plc::merge_for_move(request));
  if (!proposal.unknown_keys.empty()) {
    TRY(decide(move, proposal.unknown_keys, about, request));
    proposal = TRY(plc::merge_for_move(request));
  }
  // A key that both hosts call their own stays, and is no sign of anything in the last proof.
  std::vector<std::string> gone = request.old_host.rotation_keys;
  gone.insert(gone.end(), request.drop_unknown.begin(), request.drop_unknown.end());
  std::erase_if(gone, [&](const std::string& key) {
    return std::ranges::find(request.new_host.rotation_keys, key) != request.new_host.rotation_keys.end();
  });
  TRY(move.journal.set(fact::kOldKeys, join_lines(gone)));
  return std::move(proposal.state);
}

std::string describe_change(const plc::State& before, const plc::State& after) {
  std::string text =
      "This is the change to your identity, the public record that says where your account lives:\n";
  for (const plc::Change& change : plc::diff(before, after)) {
    static constexpr std::array<std::string_view, 4> kMarks = {"+", "-", "~", " "};
    text += fmt::format("  {} {}\n", kMarks.at(static_cast<std::size_t>(change.type)), change.words);
  }
  return text;
}

Result<plc::AuditedLog> log_to_build_on(Move& move) {
  auto directory = TRY(move.context.resolver.fetch_log(move.did, move.stop()));
  TRY(check_witnesses(directory.contradictions));
  return std::move(directory.log);
}

Status agree_to_change(Move& move) {
  if (!move.options.confirm.empty()) {
    if (move.options.confirm == move.did.str()) return {};
    return fail(
        ErrorKind::refused, "move.confirm",
        "--confirm names " + printable(move.options.confirm) + ", and the account is " + move.did.str());
  }
  if (!move.world.prompter.can_ask()) {
    return fail(ErrorKind::refused, "move.confirm", "nobody is there to agree to the change of identity",
                "in a script, give --confirm " + move.did.str());
  }
  if (TRY(move.world.prompter.confirm("Change the identity now?"))) return {};
  return fail(ErrorKind::refused, "move.not_agreed", "you did not agree, and nothing was changed",
              "the same command asks again");
}

Result<data::Value> have_host_sign(Move& move, const plc::State& wanted) {
  const xrpc::Client old_client = TRY(move.old_host.client());
  const bool asked = !account::is_set(move.sources.plc_token);
  const std::string question = TRY(question_for_code(move));
  for (int attempt = 1;; ++attempt) {
    if (!code_is_on_its_way(move)) {
      TRY(xrpc::request_plc_signature(old_client, move.stop()));
      TRY(move.journal.set(fact::kCodeAsked, std::to_string(move.context.clock.wall_us())));
    }
    const Secret token = TRY(move.ask(move.sources.plc_token, "plc-token", question));
    auto operation =
        xrpc::sign_plc_operation(old_client, trim(token.reveal()), wanted_json(wanted), move.stop());
    if (operation) return operation;
    const Error& error = operation.error();
    const bool wrong_code = error.remote_name == "InvalidToken" || error.remote_name == "ExpiredToken";
    if (wrong_code) TRY(move.journal.set(fact::kCodeAsked, ""));
    if (!wrong_code || !asked || attempt >= 3) return operation;
    move.world.prompter.show("The host does not take this code: " + printable(error.message) +
                             "\nA new one is on its way.\n");
  }
}

Status check_signed(const plc::Operation& operation, const plc::State& wanted, const plc::AuditedLog& log) {
  if (operation.kind() != plc::Kind::operation || operation.state() != wanted) {
    return fail(ErrorKind::untrusted, "move.operation_differs",
                "the old host signed something else than what was agreed to",
                "nothing was published; treat the old host as hostile");
  }
  if (operation.prev() != log.head_cid()) {
    return fail(ErrorKind::conflict, "move.operation_prev",
                "the old host signed on top of another operation than the directory's last",
                "run 'atbackup migrate resume' to sign again");
  }
  TRY_CONTEXT("while checking the operation that the old host signed",
              operation.signer(log.state().rotation_keys));
  return plc::check_directory_limits(operation);
}

Result<plc::Operation> sign_with_own_key(Move& move, const plc::State& wanted, const plc::AuditedLog& log,
                                         std::size_t prev) {
  const crypto::PrivateKey& key = *TRY(move.rotation_key());
  plc::Operation operation = plc::Operation::make(wanted, log.entries[prev].cid);
  TRY(operation.sign(key));
  TRY(plc::check_directory_limits(operation));
  TRY(plc::place(log, operation, move.context.clock.wall_us()));
  return operation;
}

bool still_fits(const Move& move, const plc::Operation& operation, const plc::AuditedLog& log) {
  const auto placement = plc::place(log, operation, move.context.clock.wall_us());
  if (!placement) return false;
  const std::string undoes =
      placement->undoes.empty() ? "" : log.entries[placement->undoes.front()].cid.str();
  return undoes == move.journal.get(fact::kUndoes);
}

Result<std::optional<plc::Operation>> operation_fact(const Move& move, std::string_view name) {
  if (!move.journal.has(name)) return std::optional<plc::Operation>();
  const data::Value json = TRY(data::parse_json(move.journal.get(name), move.context.limits));
  return std::optional(TRY(plc::Operation::parse(json, move.context.limits)));
}

bool in_force(const plc::AuditedLog& log, const ipld::Cid& operation) {
  for (std::size_t i = 0; i < log.entries.size(); ++i) {
    if (log.entries[i].cid == operation) return !log.audit[i].nullified;
  }
  return false;
}

Result<Observation> look_for_signed(Move& move) {
  const auto operation = TRY(operation_fact(move, fact::kSigned));
  if (!operation) return Observation{false, "not signed"};
  const auto directory = TRY(move.context.resolver.fetch_log(move.did, move.stop()));
  return Observation{in_force(directory.log, operation->cid()),
                     "head of the log: " + directory.log.head_cid().str()};
}

Result<plc::Operation> signed_operation(const Move& move) {
  auto operation = TRY(operation_fact(move, fact::kSigned));
  if (!operation)
    return fail(ErrorKind::internal, "move.not_signed", "there is no signed operation to publish");
  return *std::move(operation);
}

Status wait_until_in_force(Move& move, const ipld::Cid& operation) {
  constexpr int kTries = 10;
  for (int i = 0; i < kTries; ++i) {
    const auto directory = TRY(move.context.resolver.fetch_log(move.did, move.stop()));
    if (in_force(directory.log, operation)) return {};
    TRY(move.context.clock.sleep(std::chrono::milliseconds(500), move.stop()));
  }
  return {};
}

}  // namespace atb::migrate
