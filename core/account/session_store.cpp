#include "core/account/session_store.h"

#include "core/base/text.h"
#include "core/data/json.h"
#include "core/os/atomic_file.h"

#include <fmt/format.h>

#include <chrono>

namespace atb::account {
namespace {

constexpr std::string_view kFormat = "atbackup-session";
constexpr std::int64_t kVersion = 1;
constexpr std::string_view kEnding = ".json";
constexpr std::size_t kFileBytes = 64U << 10;
// With the ending and what AtomicFile adds it must stay a file name: 255 bytes.
constexpr std::size_t kDidBytes = 200;
constexpr std::chrono::milliseconds kLockPause{100};
constexpr std::chrono::seconds kLockPatience{10};

std::string text_of(const SavedSession& session) {
  data::Object file;
  file.set("format", kFormat)
      .set("version", kVersion)
      .set("did", session.did.str())
      .set("handle", session.handle)
      .set("host", session.host)
      .set("saved", session.saved_us)
      .set("access", session.access.reveal())
      .set("refresh", session.refresh.reveal());
  data::Value content(std::move(file));
  std::string text = data::to_json(content, data::JsonStyle::indented);
  content.wipe();
  return text;
}

Result<SavedSession> session_of(const data::Value& file, const syntax::Did& did) {
  if (TRY(data::require_text(file, "did")) != did.str()) {
    return fail(ErrorKind::corrupt, "session.format", "it is of another account");
  }
  auto handle = TRY(data::require_text(file, "handle"));
  auto host = TRY(data::require_text(file, "host"));
  Secret access(TRY(data::require_text(file, "access")));
  Secret refresh(TRY(data::require_text(file, "refresh")));
  const std::int64_t saved_us = TRY(data::require_integer(file, "saved"));
  SavedSession session{.did = did,
                       .handle = std::move(handle),
                       .host = std::move(host),
                       .access = std::move(access),
                       .refresh = std::move(refresh),
                       .scope = Scope::unknown,
                       .saved_us = saved_us};
  session.scope = scope_of(session.access);
  return session;
}

// The words of `why` are ours or name a key; what the file holds is never quoted.
Error bad_format(const std::string& path, std::string_view why) {
  return {ErrorKind::corrupt, "session.format",
          fmt::format("the saved login {} cannot be read: {}", path, why),
          "remove the file, and log in again with 'atbackup login'"};
}

Result<SavedSession> parse(const std::string& path, std::string_view text, const syntax::Did& did) {
  auto file = data::parse_json(text, Limits{});
  if (!file) return bad_format(path, file.error().id);
  if (data::text_or(*file, "format", "") != kFormat) return bad_format(path, "it is not a saved login");
  const auto version = data::require_integer(*file, "version");
  if (!version || *version < 1) return bad_format(path, "it has no version");
  if (*version > kVersion) {
    return fail(ErrorKind::unsupported, "session.version",
                fmt::format("the saved login {} was written by a newer version of this program", path),
                "use that version, or log in again with 'atbackup login'");
  }
  auto session = session_of(*file, did);
  file->wipe();
  if (!session) return bad_format(path, session.error().message);
  return session;
}

Failure open_to_others(const std::string& path, std::uint32_t mode, std::string_view cure) {
  return fail(ErrorKind::refused, "session.mode",
              fmt::format("other users of this machine can get at {} (mode {:o})", path, mode),
              fmt::format("{} {}; and if the machine has other users, change the password", cure, path));
}

}  // namespace

SavedSession SavedSession::clone() const {
  return {.did = did,
          .handle = handle,
          .host = host,
          .access = access.clone(),
          .refresh = refresh.clone(),
          .scope = scope,
          .saved_us = saved_us};
}

SessionStore::SessionStore(os::FileSystem& fs, os::Random& random, std::string folder)
    : fs_(fs), random_(random), folder_(std::move(folder)) {}

Result<std::string> SessionStore::path_of(const syntax::Did& did, std::string_view ending) const {
  if (did.view().size() > kDidBytes) {
    return fail(ErrorKind::unsupported, "session.did_too_long",
                fmt::format("a DID of {} characters is too long to save a login for", did.view().size()),
                fmt::format("at most {} are", kDidBytes));
  }
  // The characters of a DID are all fit for a file name.
  return os::join(folder_, did.str() + std::string(ending));
}

Result<SavedSession> SessionStore::load(const syntax::Did& did) {
  const std::string path = TRY(path_of(did, kEnding));
  const auto info = fs_.stat(path);
  if (!info && info.error().id == "file.not_found") {
    return fail(ErrorKind::auth, "session.not_found", fmt::format("there is no login for {}", did.str()),
                "log in with 'atbackup login'");
  }
  if (!info) return info.error();
  if ((info->mode & 0077U) != 0) return open_to_others(path, info->mode, "chmod 600");
  Bytes bytes = TRY(os::read_file(fs_, path, kFileBytes));
  auto session = parse(path, as_text(bytes), did);
  wipe(bytes.data(), bytes.size());
  return session;
}

Status SessionStore::save(const SavedSession& session) {
  const std::string path = TRY(path_of(session.did, kEnding));
  TRY(fs_.make_folders(folder_));
  // Who may write to the folder may put another login in this one's place.
  const os::FileInfo folder = TRY(fs_.stat(folder_));
  if ((folder.mode & 0022U) != 0) return open_to_others(folder_, folder.mode, "chmod 700");
  std::string text = text_of(session);
  auto status = os::write_file(fs_, random_, path, as_bytes(text));
  wipe(text.data(), text.size());
  return status;
}

Status SessionStore::remove(const syntax::Did& did) {
  auto status = fs_.remove(TRY(path_of(did, kEnding)));
  if (!status && status.error().id == "file.not_found") {
    return fail(ErrorKind::auth, "session.not_found", fmt::format("there is no login for {}", did.str()));
  }
  TRY(std::move(status));
  return fs_.sync_folder(folder_);
}

Result<std::vector<syntax::Did>> SessionStore::list() {
  auto names = fs_.list(folder_);
  if (!names && names.error().id == "file.not_found") return std::vector<syntax::Did>();
  std::vector<syntax::Did> found;
  for (std::string_view name : TRY(std::move(names))) {
    if (!name.ends_with(kEnding)) continue;
    name.remove_suffix(kEnding.size());
    if (auto did = syntax::Did::parse(name)) found.push_back(*std::move(did));
  }
  return found;
}

Result<std::unique_ptr<os::FileLock>> SessionStore::lock(const syntax::Did& did, os::Clock& clock,
                                                         const StopToken& stop) {
  const std::string path = TRY(path_of(did, ".lock"));
  TRY(fs_.make_folders(folder_));
  const auto start = clock.monotonic();
  while (true) {
    auto held = fs_.lock(path);
    if (held || held.error().kind != ErrorKind::locked) return held;
    if (clock.monotonic() - start >= kLockPatience) {
      held.error().hint = "another atbackup is logging in or out of this account: wait for it, and try again";
      return held;
    }
    TRY(clock.sleep(kLockPause, stop));
  }
}

}  // namespace atb::account
