// Logins kept on disk: one file an account under <state>/sessions/, 0600, written atomically and changed only
// under a lock, so that two programs never spend the same refresh token.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/os/clock.h"
#include "core/os/file_system.h"
#include "core/os/random.h"
#include "core/xrpc/endpoints.h"

namespace atb::account {

// What a password gave: the main password can do everything, an app password cannot move an account.
enum class Scope : std::uint8_t { full, app_password, takendown, unknown };
// From the "scope" claim of the access token (com.atproto.access, .appPass, .appPassPrivileged, .takendown); not verified: it is only a hint.
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

// Threads: safe. Errors "session.not_found" (auth), "session.format" (corrupt), and those of the file system.
class SessionStore {
 public:
  SessionStore(os::FileSystem& fs, os::Random& random, std::string folder);
  Result<SavedSession> load(const syntax::Did& did);
  Status save(const SavedSession& session);
  Status remove(const syntax::Did& did);
  Result<std::vector<syntax::Did>> list();
  // Waits up to a few seconds for another process that is refreshing.
  Result<std::unique_ptr<os::FileLock>> lock(const syntax::Did& did, os::Clock& clock, const StopToken& stop);

 private:
  std::string path_of(const syntax::Did& did, std::string_view ending) const;
  os::FileSystem& fs_;
  os::Random& random_;
  std::string folder_;
};

// An Authorizer over a saved session: refreshes a little before expiry and when the host says so, under the lock, re-reading the
// file first (another process may have refreshed), and saves before using. "session.expired" (auth): log in again.
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
