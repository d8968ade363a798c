#include "core/rehearse/rehearse.h"

#include "core/account/key_file.h"
#include "core/did/document.h"
#include "core/migrate/leave_plan.h"
#include "core/net/retrying_client.h"
#include "core/os/atomic_file.h"
#include "core/os/private_folder.h"
#include "core/plc/rehearsal.h"
#include "core/rehearse/directory.h"
#include "core/rehearse/fetch_back.h"
#include "core/rehearse/inside_only.h"
#include "core/rehearse/reference_server.h"
#include "core/rehearse/subject.h"

#include <fmt/format.h>

#include <algorithm>

namespace atb::rehearse {
namespace {

constexpr std::size_t kPasswordBytes = 16;
constexpr std::size_t kMostDocument = 1U << 20;

// Whatever the move could ask is known beforehand.
class NobodyThere final : public account::Prompter {
 public:
  bool can_ask() const override { return false; }
  Result<Secret> secret(const std::string&) override { return nobody(); }
  Result<std::string> line(const std::string&) override { return nobody(); }
  Result<bool> confirm(const std::string&) override { return nobody(); }
  void show(const std::string&) override {}

 private:
  static Failure nobody() {
    return fail(ErrorKind::auth, "secret.needed", "nobody is asked anything in a rehearsal");
  }
};

// The steps are told as they are; what would be said before a question, here where nothing is at stake, is
// not.
class Steps final : public migrate::Watcher {
 public:
  explicit Steps(migrate::Watcher& outer) : outer_(outer) {}
  void step(const migrate::StepEvent& event) override { outer_.step(event); }
  void finding(const Finding& finding) override { outer_.finding(finding); }
  void say(std::string_view) override {}

 private:
  migrate::Watcher& outer_;
};

// The network of the drill, in the order in which it is unmade.
struct Network {
  std::unique_ptr<net::HttpClient> bare;
  std::unique_ptr<InsideOnly> inside;
  std::unique_ptr<net::RetryingClient> retrying;
  std::unique_ptr<net::RedirectingClient> redirecting;
  NoNames names;
  std::unique_ptr<identity::Resolver> resolver;
  std::unique_ptr<account::SessionStore> sessions;
};

std::string host_and_port(const net::Url& url) { return fmt::format("{}:{}", url.host, url.port); }

// There is no move to go on with.
Error of_move(Error error) {
  if (error.hint.find("migrate resume") != std::string::npos)
    error.hint = "mend what is named, and rehearse again; nothing is left of this rehearsal";
  return std::move(error).while_(std::string(kMoving));
}

class Drill {
 public:
  Drill(const World& world, const Options& options, const Subject& subject, const crypto::PrivateKey& key,
        std::string folder)
      : world_(world), options_(options), subject_(subject), key_(key), folder_(std::move(folder)) {}

  Status run(const InstalledServer& server, Rehearsed& told) {
    const auto began = world_.clock.monotonic();
    if (subject_.log) {
      plc::LogEntry opening = TRY(opening_of(*subject_.log, key_));
      directory_.emplace(*subject_.log, std::move(opening), world_.clock);
    }
    http_ = TRY(HttpServer::start([this](const HttpQuestion& question) { return answer(question); }));
    Identities identities{.directory = fmt::format("http://localhost:{}", http_->port()), .document = {}};
    if (!directory_) identities.document = identities.directory + std::string(kDocument);
    RunningServer running =
        TRY(start_server(world_.fs, world_.random, server, folder_, identities, options_.keep, world_.stop));
    told.server_millis = (world_.clock.monotonic() - began).count() / 1000;
    TRY(connect(identities.directory, running.url));
    TRY(move(running.url, told));
    TRY(fetch_back(running.url, told));
    if (directory_) told.operations = directory_->accepted();
    return {};
  }

 private:
  static constexpr std::string_view kDocument = "/did.json";

  HttpAnswer answer(const HttpQuestion& question) {
    if (directory_) return directory_->answer(question);
    if (question.path == kDocument) return {200, document()};
    return {404, R"({"message":"there is no directory"})"};
  }

  // Of a did:web: what the move has written for its user to publish counts as published; before that, the one
  // in the backup.
  std::string document() {
    const std::string moves = state("moves");
    if (const auto names = world_.fs.list(moves); names && names->size() == 1) {
      const std::string path = os::join(os::join(moves, names->front()), "did.json");
      if (const auto text = os::read_file(world_.fs, path, kMostDocument)) return std::string(as_text(*text));
    }
    return subject_.document;
  }

  Result<std::optional<Page>> page() {
    if (directory_) return std::optional<Page>();
    const net::Url url = TRY(net::Url::parse(TRY(did::web_document_url(subject_.did))));
    return std::optional(Page{url, [this] { return document(); }});
  }

  Status connect(const std::string& directory, const std::string& server) {
    const net::Url directory_url = TRY(net::Url::parse(directory));
    const net::Url server_url = TRY(net::Url::parse(server));
    network_.bare = TRY(world_.make_http({host_and_port(directory_url), host_and_port(server_url)}));
    std::optional<Page> published = TRY(page());
    network_.inside = std::make_unique<InsideOnly>(
        *network_.bare, std::vector<net::Url>{directory_url, server_url}, std::move(published));
    network_.retrying =
        std::make_unique<net::RetryingClient>(*network_.inside, world_.clock, world_.random, world_.log);
    network_.redirecting = std::make_unique<net::RedirectingClient>(*network_.retrying);
    network_.resolver = std::make_unique<identity::Resolver>(*network_.redirecting, network_.names,
                                                             directory_url, world_.log);
    if (directory_) {
      network_.resolver->set_audit([this](const syntax::Did& did, std::vector<plc::LogEntry> entries) {
        return plc::audit_rehearsal(did, std::move(entries), directory_->opening());
      });
    }
    network_.sessions = std::make_unique<account::SessionStore>(world_.fs, world_.random, state("sessions"));
    return {};
  }

  std::string state(const std::string& name) const { return os::join(os::join(folder_, "state"), name); }

  exporter::Context context() {
    return {.http = *network_.redirecting,
            .resolver = *network_.resolver,
            .sessions = *network_.sessions,
            .fs = world_.fs,
            .clock = world_.clock,
            .random = world_.random,
            .log = world_.log,
            .progress = world_.progress,
            .stop = world_.stop,
            .limits = {}};
  }

  Result<std::string> keep_secret(const std::string& name, const std::string& text) {
    std::string path = os::join(folder_, name);
    TRY(os::write_file(world_.fs, world_.random, path, as_bytes(text)));
    return path;
  }

  // As a person would call it: `migrate DID --to SERVER --from BACKUP --rotation-key KEY`.
  Status move(const std::string& server, Rehearsed& told) {
    migrate::Options wanted;
    wanted.to = server;
    wanted.from = options_.backup;
    wanted.handle = "restored" + std::string(kHandleDomain);
    wanted.email = "rehearsal@example.org";
    wanted.allowed_missing = options_.allowed_missing;
    if (subject_.log) {
      const Secret digits = key_.scalar_hex();
      wanted.rotation_key = TRY(keep_secret("rotation.key", "k256 " + std::string(digits.reveal()) + "\n"));
      // They stay out of what is signed: whose they are is not asked in a drill.
      const auto& keys = subject_.log->state().rotation_keys;
      if (!keys.empty()) wanted.remove_keys = {keys.begin() + 1, keys.end()};
    }
    wanted.confirm = subject_.did.str();
    wanted.yes = true;
    wanted.jobs = options_.jobs;
    migrate::SecretSources secrets;
    password_ = Secret(world_.random.hex(kPasswordBytes));
    secrets.new_password.file = TRY(keep_secret("password", std::string(password_.reveal())));

    exporter::Context outside = context();
    NobodyThere nobody;
    Steps steps(world_.watcher);
    const migrate::World world{.context = outside,
                               .prompter = nobody,
                               .watcher = steps,
                               .state_folder = os::join(folder_, "state"),
                               .absolute = [](const std::string& path) { return path; }};
    const auto account = TRY(syntax::AtIdentifier::parse(subject_.did.str()));
    auto moved = migrate::start(world, account, wanted, secrets);
    if (!moved) return of_move(std::move(moved).error());
    migrate::Outcome& outcome = *moved;
    told.commit = outcome.commit;
    told.data = outcome.data;
    told.report = std::move(outcome.report);
    return {};
  }

  Status fetch_back(const std::string& server, Rehearsed& told) {
    const net::Url url = TRY(net::Url::parse(server));
    const xrpc::Client stranger(*network_.redirecting, url, nullptr, Limits{}, world_.clock);
    const FetchedBack back = TRY(fetch_blobs_back(
        stranger, subject_.did, {options_.allowed_missing.begin(), options_.allowed_missing.end()}, Limits{},
        world_.progress, world_.stop));
    told.blobs = back.blobs;
    told.blob_bytes = back.bytes;
    told.missing_blobs = back.lost;
    const xrpc::Login login{.identifier = subject_.did.str(), .password = &password_};
    const xrpc::Tokens tokens = TRY(xrpc::create_session(stranger, login, world_.stop));
    xrpc::FixedToken token(tokens.access.clone());
    const xrpc::Client owner(*network_.redirecting, url, &token, Limits{}, world_.clock);
    const xrpc::AccountStatus status = TRY(xrpc::check_account_status(owner, world_.stop));
    told.records = static_cast<std::uint64_t>(std::max<std::int64_t>(status.indexed_records, 0));
    told.preferences = subject_.preferences;
    return {};
  }

  const World& world_;
  const Options& options_;
  const Subject& subject_;
  const crypto::PrivateKey& key_;
  std::string folder_;
  Secret password_;
  std::optional<Directory> directory_;  // of a did:plc
  std::unique_ptr<HttpServer> http_;
  Network network_;
};

// The user's own key signs nothing here: is it the right one, and does its file open?
Result<std::optional<std::size_t>> rank_of_own_key(const World& world, const Options& options,
                                                   const account::SecretSource& passphrase,
                                                   const Subject& subject) {
  if (options.rotation_key.empty()) return std::optional<std::size_t>();
  if (!subject.log) {
    return fail(ErrorKind::refused, "move.did_web", "a did:web has no rotation keys",
                "go on without --rotation-key; whoever holds the domain holds the account");
  }
  const account::RotationKey opened = TRY(account::open_key_file(world.fs, options.rotation_key, passphrase,
                                                                 world.prompter, Limits{}, world.stop));
  const migrate::LeaveFacts facts{.log = *subject.log,
                                  .key = opened.key.public_key().did_key(),
                                  .now_us = world.clock.wall_us(),
                                  .backup = options.backup};
  TRY(migrate::check_leave(facts));
  return migrate::rank_of(subject.log->state(), facts.key);
}

}  // namespace

Result<Rehearsed> rehearse(const World& world, const Options& options,
                           const account::SecretSource& passphrase) {
  const auto began = world.clock.monotonic();
  Rehearsed told;
  const Subject subject = TRY(look_at_backup(world.fs, options.backup, Limits{}));
  told.did = subject.did.str();
  const InstalledServer server =
      TRY(find_server(world.fs, options.server_dir, options.server_places, world.stop));
  told.server = server.version;
  told.key_rank = TRY(rank_of_own_key(world, options, passphrase, subject));

  auto folder = TRY(os::PrivateFolder::make(options.folder_in, "atbackup-rehearsal"));
  TRY(check_space(world.fs, folder.path(), subject));
  if (options.keep) {
    folder.keep();
    told.folder = folder.path();
    world.watcher.say("The files of the rehearsal stay in " + folder.path() + ".");
  }
  TRY(world.fs.make_folders(os::join(folder.path(), "state")));
  const auto key = TRY(crypto::PrivateKey::generate(crypto::Curve::k256, world.random));
  Drill drill(world, options, subject, key, folder.path());
  TRY(drill.run(server, told));
  told.refused = refused_places(world.fs, folder.path());
  told.millis = (world.clock.monotonic() - began).count() / 1000;
  return told;
}

}  // namespace atb::rehearse
