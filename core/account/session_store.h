// Logins kept on disk: one file an account under <state>/sessions/, 0600, written atomically and changed only
// under a lock, so that two programs never spend the same refresh token.
#pragma once

#include "core/os/clock.h"
#include "core/os/file_system.h"
#include "core/os/random.h"
#include "core/xrpc/endpoints.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace atb::account {

// What a password gave: the main password can do everything, an app password cannot move an account.
enum class Scope : std::uint8_t { full, app_password, takendown, unknown };
// From the "scope" claim of the access token (com.atproto.access, .appPass, .appPassPrivileged, .takendown);
// not verified: it is only a hint.
Scope scope_of(const Secret& access_token);
// The "exp" claim, Unix seconds; empty when unreadable.
std::optional<std::int64_t> expiry_of(const Secret& token);

struct SavedSession {
  syntax::Did did;
  std::string handle;
  std::string host;  // origin
  Secret access;
  Secret refresh;
  Scope scope = Scope::unknown;
  std::int64_t saved_us = 0;
  SavedSession clone() const;
};

// Threads: safe. Ids "session.not_found" (auth), "session.format" (corrupt), "session.version" (unsupported:
// written by a newer program), "session.mode" (refused: others can read the file, or write to the folder),
// "session.did_too_long" (unsupported), and those of the file system. save() and remove() are to be called
// under lock().
class SessionStore {
 public:
  SessionStore(os::FileSystem& fs, os::Random& random, std::string folder);
  Result<SavedSession> load(const syntax::Did& did);
  Status save(const SavedSession& session);
  Status remove(const syntax::Did& did);
  // Sorted. Empty when there is no folder yet.
  Result<std::vector<syntax::Did>> list();
  // Waits up to ten seconds for another process that is refreshing; then "file.locked" (locked).
  Result<std::unique_ptr<os::FileLock>> lock(const syntax::Did& did, os::Clock& clock, const StopToken& stop);

 private:
  Result<std::string> path_of(const syntax::Did& did, std::string_view ending) const;
  os::FileSystem& fs_;
  os::Random& random_;
  std::string folder_;
};

// An Authorizer over a saved session: refreshes a little before expiry and when the host says so, under the
// lock, re-reading the file first (another process may have refreshed), and saves before using. Threads:
// safe; of those that ask at once, one refreshes. Ids "session.expired" (auth): log in again; also when the
// file is gone or of another host by now. "session.wrong_account" (untrusted): the host gave tokens of
// somebody else.
class Session final : public xrpc::Authorizer {
 public:
  Session(SessionStore& store, net::HttpClient& http, os::Clock& clock, SavedSession session);
  Result<Secret> token(const StopToken& stop) override;
  Result<bool> renew(const Secret& used, const StopToken& stop) override;
  Scope scope() const;
  const syntax::Did& did() const { return did_; }
  const std::string& host() const { return host_; }

 private:
  struct Shared;
  syntax::Did did_;
  std::string host_;
  std::shared_ptr<Shared> shared_;
};

}  // namespace atb::account
