#include "tests/support/move/move_bench.h"

#include "core/base/encoding.h"
#include "core/exporter/exporter.h"
#include "core/migrate/host_ways.h"
#include "tests/support/repo_fixture.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace atb::test {
namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

bool Person::was_asked(std::string_view part) const { return times_asked(part) > 0; }

std::size_t Person::times_asked(std::string_view part) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(questions, [&](const std::string& one) { return contains(one, part); }));
}

Result<std::string> Person::answer(const std::string& question) {
  if (faults != nullptr && faults->next(Seam::tell, "asked " + question) != Blow::none) {
    faults->kill();
    return fail(ErrorKind::cancelled, "test.killed", "the program is dead");
  }
  questions.push_back(question);
  const auto special =
      std::ranges::find_if(special_, [&](const auto& one) { return contains(question, one.first); });
  if (special != special_.end()) {
    std::string given = std::move(special->second);
    special_.erase(special);
    return given;
  }
  if (contains(question, "that is already on")) return network_.new_account().password;
  if (contains(question, "Password of the account on https://new-host.net"))
    return network_.new_account().password;
  if (contains(question, "Main password") || contains(question, "Password of")) return FakeNetwork::kPassword;
  if (contains(question, "New password") || contains(question, "The same again"))
    return FakeNetwork::kNewPassword;
  if (contains(question, "New handle")) return "";
  if (contains(question, "PLC operation")) return network_.old_host.mailbox();
  if (contains(question, "Login code")) return network_.old_host.mailbox();
  if (contains(question, "Keep this key?")) return "no";
  if (contains(question, "Bring them to the new host now?")) return "yes";
  if (contains(question, "Undo this operation?")) return "yes";
  if (contains(question, "Begin?") || contains(question, "Change the identity now?")) return "yes";
  return fail(ErrorKind::internal, "test.no_answer", "nobody knows what to say to: " + question);
}

void CollectSteps::say(std::string_view text) {
  said += text;
  constexpr std::string_view kPublish = "Publish this file:\n  ";
  // What a dead program says nobody reads.
  if (!text.starts_with(kPublish) || !publish || (faults != nullptr && faults->killed())) return;
  const std::string_view rest = text.substr(kPublish.size());
  std::ostringstream content;
  content << std::ifstream(std::string(rest.substr(0, rest.find('\n'))), std::ios::binary).rdbuf();
  publish(content.str());
}

void CollectSteps::step(const migrate::StepEvent& event) {
  if (faults != nullptr &&
      faults->next(Seam::tell, fmt::format("{} {}", event.name, migrate::name_of(event.phase))) !=
          Blow::none) {
    faults->kill();
  }
  steps.push_back(fmt::format("{} {}", event.name, migrate::name_of(event.phase)));
}

MoveBench::MoveBench(std::size_t records, FakeNetwork::Method method)
    : network(records, method), account(network.did.str()), records_(records) {
  watcher.publish = [this](const std::string& document) { network.publish(document); };
  options.to = "https://new-host.net";
  options.no_recovery_key = true;
  options.jobs = 1;
}

// The outside world as one run of the program has it, with the faults in it.
void MoveBench::with_world(Faults& faults, const std::function<void(const migrate::World&)>& body) {
  FaultyHttp direct(network.http, faults);
  net::RetryingClient retrying(direct, network.clock, random_, log);
  net::HttpClient& http = patient ? static_cast<net::HttpClient&>(retrying) : direct;
  FaultyFs fs(os::posix_file_system(), faults);
  identity::Resolver resolver(http, network.dns, *net::Url::parse("https://plc.net"), log, {}, network.clock);
  identity::WitnessStore store(fs, random_, os::join(state_folder(), "witness"));
  if (witnesses) resolver.set_witnesses(&store);
  account::SessionStore sessions(fs, random_, os::join(state_folder(), "sessions"));
  exporter::Context context{.http = http,
                            .resolver = resolver,
                            .sessions = sessions,
                            .fs = fs,
                            .clock = network.clock,
                            .random = random_,
                            .log = log,
                            .progress = no_progress(),
                            .stop = {},
                            .limits = {}};
  person.faults = &faults;
  watcher.faults = &faults;
  const migrate::World world{context, person, watcher, state_folder(), [this](const std::string& path) {
                               return path.starts_with('/') ? path : temp_.file(path);
                             }};
  body(world);
  person.faults = nullptr;
  watcher.faults = nullptr;
  faults.bury();
  asked = network.http.lines();
  network.http.forget();
}

MoveBench::Run MoveBench::run(bool resume, Strike strike, bool named) {
  Faults faults(strike, state_folder(), temp_.file("snapshot"));
  const auto who = syntax::AtIdentifier::parse(account);
  std::optional<Result<migrate::Outcome>> result;
  with_world(faults, [&](const migrate::World& world) {
    result = resume ? migrate::resume(world, named ? std::optional(*who) : std::nullopt, options, sources)
                    : migrate::start(world, *who, options, sources);
  });
  return {.result = *std::move(result),
          .struck = faults.struck(),
          .killed = faults.killed(),
          .victim = faults.victim(),
          .files = faults.calls(Seam::file)};
}

MoveBench::Enrolment MoveBench::enroll(Strike strike) {
  Faults faults(strike, state_folder(), temp_.file("snapshot"));
  const auto who = syntax::AtIdentifier::parse(account);
  std::optional<Result<migrate::Enrolled>> result;
  with_world(faults,
             [&](const migrate::World& world) { result = migrate::enroll(world, *who, options, sources); });
  return {.result = *std::move(result), .struck = faults.struck(), .victim = faults.victim()};
}

Result<migrate::DryRun> MoveBench::dry_run() {
  network.http.forget();
  Faults faults({}, state_folder(), temp_.file("snapshot"));
  const auto who = syntax::AtIdentifier::parse(account);
  std::optional<Result<migrate::DryRun>> result;
  with_world(faults,
             [&](const migrate::World& world) { result = migrate::dry_run(world, *who, options, sources); });
  return *std::move(result);
}

Result<migrate::Aborted> MoveBench::abort(Strike strike) {
  Faults faults(strike, state_folder(), temp_.file("snapshot"));
  const auto who = syntax::AtIdentifier::parse(account);
  std::optional<Result<migrate::Aborted>> result;
  with_world(faults,
             [&](const migrate::World& world) { result = migrate::abort(world, *who, options, sources); });
  struck = faults.struck();
  return *std::move(result);
}

Result<migrate::Activated> MoveBench::activate(Strike strike) {
  Faults faults(strike, state_folder(), temp_.file("snapshot"));
  const auto who = syntax::AtIdentifier::parse(account);
  std::optional<Result<migrate::Activated>> result;
  with_world(faults,
             [&](const migrate::World& world) { result = migrate::activate(world, *who, options, sources); });
  struck = faults.struck();
  return *std::move(result);
}

Result<std::vector<migrate::Examined>> MoveBench::doctor(const migrate::DoctorOptions& wanted) {
  network.http.forget();
  Faults faults({}, state_folder(), temp_.file("snapshot"));
  const auto who = syntax::AtIdentifier::parse(account);
  std::optional<Result<std::vector<migrate::Examined>>> result;
  with_world(faults,
             [&](const migrate::World& world) { result = migrate::examine(world, {*who}, wanted, sources); });
  return *std::move(result);
}

MoveBench::Change MoveBench::revert(const std::string& target, Strike strike) {
  Faults faults(strike, state_folder(), temp_.file("snapshot"));
  std::optional<Result<migrate::Published>> result;
  with_world(faults, [&](const migrate::World& world) {
    result = migrate::revert_operation(world, network.did, target, options, sources);
  });
  return {.result = *std::move(result), .struck = faults.struck(), .victim = faults.victim()};
}

MoveBench::Change MoveBench::submit(const plc::Operation& operation, Strike strike) {
  Faults faults(strike, state_folder(), temp_.file("snapshot"));
  std::optional<Result<migrate::Published>> result;
  with_world(faults, [&](const migrate::World& world) {
    result = migrate::submit_operation(world, network.did, operation, options);
  });
  return {.result = *std::move(result), .struck = faults.struck(), .victim = faults.victim()};
}

Result<std::vector<migrate::MoveStatus>> MoveBench::status() {
  return migrate::status(os::posix_file_system(), network.clock, state_folder());
}

std::string MoveBench::move_folder() const { return migrate::paths_of(state_folder(), network.did).folder; }

std::vector<std::string> MoveBench::ways() const {
  const auto journal = migrate::Journal::open(os::join(move_folder(), "journal.db"), os::system_clock());
  return journal ? migrate::ways_met(*journal) : std::vector<std::string>();
}

std::vector<std::string> MoveBench::files_with(std::string_view text) const {
  std::vector<std::string> found;
  if (!std::filesystem::exists(state_folder())) return found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(state_folder())) {
    if (!entry.is_regular_file()) continue;
    std::ostringstream content;
    content << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    if (contains(content.str(), text)) found.push_back(entry.path().string());
  }
  return found;
}

void MoveBench::leave_terminal() {
  person.present = false;
  options.confirm = network.did.str();
  if (options.handle.empty()) options.handle = "alice.new-host.net";
  sources.password.file = secret_file("password", FakeNetwork::kPassword);
  sources.new_password.file = secret_file("new-password", FakeNetwork::kNewPassword);
  sources.plc_token.file = temp_.file("plc-token");
  network.old_host.after_mail = [this](const std::string& code) { secret_file("plc-token", code); };
}

void MoveBench::take_backup() {
  CaptureLog quiet;
  identity::Resolver resolver(network.http, network.dns, *net::Url::parse("https://plc.net"), quiet, {},
                              network.clock);
  account::SessionStore sessions(os::posix_file_system(), random_, temp_.file("sessions"));
  const exporter::Context context{.http = network.http,
                                  .resolver = resolver,
                                  .sessions = sessions,
                                  .fs = os::posix_file_system(),
                                  .clock = network.clock,
                                  .random = random_,
                                  .log = quiet,
                                  .progress = no_progress(),
                                  .stop = {},
                                  .limits = {}};
  const auto who = syntax::AtIdentifier::parse(network.did.str());
  const net::Url host = *net::Url::parse(network.old_host.options().origin);
  const Secret password = Secret::copy_of(FakeNetwork::kPassword);
  const xrpc::Login login{.identifier = network.did.str(), .password = &password, .allow_takendown = true};
  const auto tokens = xrpc::create_session({network.http, host, nullptr}, login, {}).value();
  account::SavedSession saved{.did = network.did,
                              .handle = tokens.handle,
                              .host = host.origin(),
                              .access = tokens.access.clone(),
                              .refresh = tokens.refresh.clone()};
  const exporter::Origin origin{
      resolver.resolve(*who, {}).value(), host,
      std::make_unique<account::Session>(sessions, network.http, network.clock, std::move(saved)),
      !network.old_account().taken_down};
  exporter::Options plain;
  plain.jobs = 1;
  exporter::export_folder_from(context, origin, temp_.file("my-backup"), plain).value();
}

void MoveBench::lose_old_host(Enrolled enrolled) {
  const bool keys = network.did.is_plc();
  if (keys && enrolled == Enrolled::now) network.enroll_user_key();
  take_backup();
  network.kill_old_host();
  operations = 2;
  options.email = FakeNetwork::kEmail;
  options.from = temp_.file("my-backup");
  if (!keys) return;
  const Secret digits = plc_key(FakeNetwork::kUserKey).scalar_hex();
  options.rotation_key = secret_file("user.key", "k256 " + std::string(digits.reveal()) + "\n");
  options.no_recovery_key = false;
}

void MoveBench::leave_shell() {
  FakePds& host = network.new_host;
  FakeAccount& shell = host.add_account(network.did, test_key(crypto::Curve::k256, 5), "alice.new-host.net",
                                        "alice@former.net", kFormerPassword);
  const RepoOptions former{.records = records_ - records_ / 6, .seed = 1, .did = network.did.str()};
  for (FixtureBlob& blob : put_records(shell.builder, former)) {
    if (shell.blobs.empty()) shell.blobs.emplace(blob.cid, std::move(blob.bytes));
  }
  host.put_record(shell, "app.bsky.feed.post/3kgonesince22",
                  data::Object().set("$type", "app.bsky.feed.post"));
  host.commit(shell);
  shell.active = false;
  accounts = 0;
  there_password = kFormerPassword;
}

std::string MoveBench::betray(const std::string& handle, bool take_key) {
  network.clock.advance(std::chrono::hours(1));
  PlcLog& history = network.plc.log(network.did);
  plc::State state = history.state();
  state.also_known_as = {"at://" + handle};
  if (take_key) std::erase(state.rotation_keys, plc_did_key(FakeNetwork::kUserKey));
  plc::Operation operation = plc::Operation::make(state, history.cid(history.head()));
  operation.sign(network.old_host.rotation_key()).value();
  network.plc.submit(network.did, operation).value();
  --network.plc.accepted;
  return operation.cid().str();
}

std::string MoveBench::give_up() {
  network.clock.advance(std::chrono::hours(1));
  PlcLog& history = network.plc.log(network.did);
  plc::Operation operation = plc::Operation::make_tombstone(history.cid(history.head()));
  operation.sign(network.old_host.rotation_key()).value();
  network.plc.submit(network.did, operation).value();
  --network.plc.accepted;
  return operation.cid().str();
}

std::string MoveBench::saved_signing_key() {
  const Secret digits = network.old_account().key.scalar_hex();
  const Bytes raw = hex_decode(digits.reveal()).value();
  return secret_file("saved-signing-key", as_text(raw));
}

std::string MoveBench::secret_file(const std::string& name, std::string_view content) {
  const std::string path = temp_.file(name);
  std::filesystem::remove(path);
  auto file = os::posix_file_system().create(path).value();
  file->write(as_bytes(content)).value();
  return path;
}

std::string MoveBench::complaints() {
  std::string list;
  const auto must = [&list](bool holds, const std::string& what) {
    if (!holds) list += what + "\n";
  };
  FakeAccount* there = network.new_host.find(network.did);
  must(there != nullptr, "there is no account on the new host");
  if (there == nullptr) return list;
  const FakePds::Effects& made = network.new_host.effects;
  must(made.accounts == accounts, fmt::format("{} accounts were made", made.accounts));
  const int changes = network.did.is_plc() ? network.plc.accepted : network.publications;
  must(changes == operations, fmt::format("the identity was changed {} times", changes));
  must(made.activations == activations, fmt::format("{} activations", made.activations));
  must(there->active, "the new account is not active");
  must(there->data == network.old_account().data, "the MST roots differ");
  must(FakePds::missing_blobs(*there).empty(), "blobs are missing");
  must(there->preferences.size() == preferences, "the preferences are not there");
  must(there->password == there_password, "the password is not the one that was chosen");

  if (network.did.is_plc()) network.plc.audited(network.did);
  const plc::State& state = network.plc.state(network.did);
  const auto lists = [&state](const std::string& key) {
    return std::ranges::find(state.rotation_keys, key) != state.rotation_keys.end();
  };
  must(!lists(network.old_host.rotation_did_key()), "the old host's key can still sign");
  must(!network.did.is_plc() || lists(network.new_host.rotation_did_key()),
       "the new host's key is not listed");
  if (!options.rotation_key.empty())
    must(lists(plc_did_key(FakeNetwork::kUserKey)), "the user's key is not listed");
  must(state.service("atproto_pds")->endpoint == network.new_host.options().origin, "another host is named");

  Bytes buffer;
  const auto head = repo::decode_commit(*there->blocks.get(*there->head, buffer), Limits{});
  const auto key = crypto::PublicKey::parse_did_key(*state.verification_method("atproto"));
  must(head && key && repo::check_signature(*head, *key), "the head is not signed by the new key");

  for (const char* secret :
       {FakeNetwork::kPassword, FakeNetwork::kNewPassword, kFormerPassword, "eyJ0eXAiOiJhdCtqd3Qi"}) {
    for (const std::string& path : files_with(secret))
      must(false, std::string(secret) + " is still in " + path);
  }
  must(!std::filesystem::exists(migrate::paths_of(state_folder(), network.did).secrets()),
       "the secrets file is still there");
  // One in the backup folder holds nothing that is not public, and goes at the folder's next update.
  for (const auto& entry : std::filesystem::recursive_directory_iterator(state_folder())) {
    if (contains(entry.path().string(), "/backup/")) continue;
    must(!entry.path().filename().string().ends_with(".tmp"), "a leftover: " + entry.path().string());
  }
  const auto moves = status();
  must(moves && moves->size() == 1 && !moves->front().finished.empty(), "the move is not marked as finished");
  return list;
}

}  // namespace atb::test
