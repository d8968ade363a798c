#include "core/migrate/move.h"

#include "core/base/text.h"
#include "core/migrate/leave.h"
#include "core/os/atomic_file.h"

#include <algorithm>

namespace atb::migrate {

std::string moves_folder(const std::string& state_folder) { return os::join(state_folder, "moves"); }

namespace {

std::string folder_name(const syntax::Did& did) {
  std::string name = did.str();
  // ':' and '%' are all that a DID may hold beyond what every file system takes.
  std::ranges::replace(name, ':', '_');
  std::ranges::replace(name, '%', '_');
  return name;
}

}  // namespace

MovePaths paths_of(const std::string& state_folder, const syntax::Did& did) {
  return {os::join(moves_folder(state_folder), folder_name(did))};
}

MovePaths enrolment_paths(const std::string& state_folder, const syntax::Did& did) {
  return {os::join(os::join(state_folder, "keys"), folder_name(did))};
}

MovePaths operation_paths(const std::string& state_folder, const syntax::Did& did) {
  return {os::join(os::join(state_folder, "operations"), folder_name(did))};
}

HostLogin::HostLogin(exporter::Context& context, std::string sessions_folder, net::Url host, syntax::Did did)
    : context_(&context),
      store_(context.fs, context.random, std::move(sessions_folder)),
      host_(std::move(host)),
      did_(std::move(did)) {}

Result<account::Session*> HostLogin::session() {
  if (!session_) session_ = TRY(open_session());
  return session_.get();
}

Result<std::unique_ptr<account::Session>> HostLogin::open_session() {
  auto saved = store_.load(did_);
  if (!saved) {
    if (saved.error().id == "session.not_found") return std::unique_ptr<account::Session>();
    return std::unexpected(std::move(saved).error());
  }
  return std::make_unique<account::Session>(store_, context_->http, context_->clock, std::move(*saved));
}

Status HostLogin::keep(const xrpc::Tokens& tokens) {
  account::SavedSession saved{.did = did_,
                              .handle = tokens.handle,
                              .host = host_.origin(),
                              .access = tokens.access.clone(),
                              .refresh = tokens.refresh.clone(),
                              .scope = account::scope_of(tokens.access),
                              .saved_us = context_->clock.wall_us()};
  TRY(store_.save(saved));
  session_.reset();
  return {};
}

Status HostLogin::forget(const StopToken& stop) {
  session_.reset();
  auto saved = store_.load(did_);
  if (!saved) return {};
  // Best effort: the host forgets an unused session by itself in time.
  xrpc::FixedToken refresh(saved->refresh.clone());
  const xrpc::Client client(context_->http, host_, &refresh, context_->limits, context_->clock);
  if (auto ended = xrpc::delete_session(client, stop); !ended) {
    context_->log.write(LogLevel::detail, "migrate",
                        "the session at " + host_.origin() + " was not ended: " + ended.error().message);
  }
  return store_.remove(did_);
}

Result<xrpc::Client> HostLogin::client() {
  account::Session* session_now = TRY(session());
  return xrpc::Client(context_->http, host_, session_now, context_->limits, context_->clock);
}

xrpc::Client HostLogin::anonymous() const {
  return {context_->http, host_, nullptr, context_->limits, context_->clock};
}

Result<bool> HostLogin::is_shut() {
  const account::Session* kept = TRY(session());
  return kept != nullptr && kept->scope() == account::Scope::takendown;
}

Result<bool> HostLogin::works(const StopToken& stop) {
  if (TRY(session()) == nullptr) return false;
  const xrpc::Client logged_in = TRY(client());
  if (TRY(is_shut())) {
    // Such a session may not ask whose it is. What it may: to see what is its own.
    const auto own =
        logged_in.query("com.atproto.sync.listBlobs", {{"did", did_.str()}, {"limit", "1"}}, stop);
    if (own) return true;
    if (own.error().kind == ErrorKind::auth || own.error().kind == ErrorKind::gone) return false;
    return own.error();
  }
  auto info = xrpc::get_session(logged_in, stop);
  if (info) {
    if (info->did == did_) return true;
    return fail(ErrorKind::untrusted, "move.other_account",
                "the session at " + host_.origin() + " belongs to another account: " + info->did.str());
  }
  if (info.error().kind == ErrorKind::auth) return false;
  return std::unexpected(std::move(info).error());
}

Move::Move(const World& world_, const Options& options_, const SecretSources& sources_, MovePaths paths_,
           const syntax::Did& did_, Journal journal_, SecretsFile secrets_, net::Url old_url,
           net::Url new_url)
    : world(world_),
      context(world_.context),
      options(options_),
      sources(sources_),
      paths(std::move(paths_)),
      did(did_),
      journal(std::move(journal_)),
      secrets(std::move(secrets_)),
      old_host(world_.context, paths.old_sessions(), std::move(old_url), did_),
      new_host(world_.context, paths.new_sessions(), std::move(new_url), did_) {}

Result<net::Url> host_url(const std::string& text) {
  net::Url url = TRY(net::Url::parse(text.find("://") == std::string::npos ? "https://" + text : text));
  if (url.path != "/" && !url.path.empty()) {
    return fail(ErrorKind::invalid_input, "move.url",
                "a host is named by its origin, without a path: " + text, "give it as " + url.origin());
  }
  url.path = "/";
  return url;
}

Result<net::Url> present_host(const identity::Identity& identity, const Options& options) {
  const std::string host =
      options.from_host.empty() ? identity.document.host.value_or("") : options.from_host;
  if (host.empty()) {
    return fail(ErrorKind::not_found, "did.no_host",
                "the DID document names no host: " + identity.did().str(), "name one with --pds");
  }
  return host_url(host);
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (std::string_view line : split(text, '\n')) {
    line = trim(line);
    if (!line.empty()) lines.emplace_back(line);
  }
  return lines;
}

std::string join_lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

Status Move::note(std::string_view sentence) {
  std::vector<std::string> known = notes();
  if (std::ranges::find(known, sentence) != known.end()) return {};
  known.emplace_back(sentence);
  return journal.set(fact::kNotes, join_lines(known));
}

Status Move::forget_notes(std::string_view beginning) {
  std::vector<std::string> known = notes();
  const auto begins = [&](const std::string& sentence) { return sentence.starts_with(beginning); };
  if (std::erase_if(known, begins) == 0) return {};
  return journal.set(fact::kNotes, join_lines(known));
}

std::vector<std::string> Move::notes() const { return lines_of(journal.get(fact::kNotes)); }

std::set<std::string> Move::allowed_missing() const {
  const std::vector<std::string> lines = lines_of(journal.get(fact::kAllowedMissing));
  return {lines.begin(), lines.end()};
}

namespace {

Result<ipld::Cid> cid_fact(const Journal& journal, std::string_view name) {
  if (!journal.has(name))
    return fail(ErrorKind::internal, "move.no_backup", "the journal has no proven backup yet");
  return ipld::Cid::parse(journal.get(name));
}

}  // namespace

Result<ipld::Cid> Move::backup_commit() const { return cid_fact(journal, fact::kBackupCommit); }
Result<ipld::Cid> Move::backup_data() const { return cid_fact(journal, fact::kBackupData); }

Result<Secret> Move::ask(const account::SecretSource& source, const std::string& name,
                         const std::string& question) {
  return account::obtain(source, name, question, context.fs, world.prompter, context.stop);
}

std::string Move::backup_path() const {
  return journal.has(fact::kFrom) ? journal.get(fact::kFrom) : paths.backup();
}

Result<const crypto::PrivateKey*> Move::rotation_key() {
  if (rotation_key_) return &*rotation_key_;
  const std::string path = journal.get(fact::kRotationFile);
  if (path.empty()) {
    return fail(ErrorKind::refused, "leave.no_key", "no file of a rotation key was named",
                "give it with --rotation-key");
  }
  account::RotationKey opened = TRY(account::open_key_file(context.fs, path, sources.passphrase,
                                                           world.prompter, context.limits, context.stop));
  if (!opened.did.empty() && opened.did != did.str()) {
    return fail(ErrorKind::refused, "leave.other_key",
                path + " was made for another account, " + printable(opened.did),
                "give the file of this account's key");
  }
  const std::string public_key = opened.key.public_key().did_key();
  const std::string known = journal.get(fact::kRotationKey);
  if (!known.empty() && known != public_key) {
    return fail(ErrorKind::refused, "leave.other_key",
                path + " holds another key than the one this move began with",
                "give the file of " + known + " with --rotation-key");
  }
  if (known.empty()) TRY(journal.set(fact::kRotationKey, public_key));
  rotation_key_ = std::move(opened.key);
  return &*rotation_key_;
}

Status remove_leftovers(os::FileSystem& fs, const MovePaths& paths) {
  for (const std::string& folder :
       {paths.folder, paths.old_sessions(), paths.new_sessions(), paths.backup()}) {
    const auto names = fs.list(folder);
    if (!names && names.error().kind == ErrorKind::not_found) continue;
    if (!names) return std::unexpected(names.error());
    for (const std::string& name : *names) {
      if (os::is_temporary_name(name)) TRY(fs.remove(os::join(folder, name)));
    }
  }
  return {};
}

Result<identity::Identity> fetch_identity(Move& move) {
  if (without_old_host(move.journal)) return identity_to_leave(move.context, move.did);
  auto account = TRY(syntax::AtIdentifier::parse(move.did.str()));
  return move.context.resolver.resolve(account, move.stop());
}

}  // namespace atb::migrate
