#include "core/account/session_store.h"

#include <fmt/format.h>

#include <chrono>
#include <mutex>

namespace atb::account {
namespace {

// Refreshed so long before the end: a request that is under way then still counts.
constexpr std::int64_t kMarginSeconds = 120;

bool ends_within(const Secret& token, std::int64_t seconds, std::int64_t now_us) {
  const auto expiry = expiry_of(token);
  return expiry && *expiry - seconds <= now_us / 1'000'000;
}

// A refresh that failed so may work in a minute: the token in hand is good until it ends.
bool may_pass(ErrorKind kind) {
  return kind == ErrorKind::network || kind == ErrorKind::timeout || kind == ErrorKind::rate_limited ||
         kind == ErrorKind::locked;
}

}  // namespace

// Guarded by `mutex`, which is held while refreshing: whoever comes meanwhile waits, and finds the new token.
struct Session::Shared {
  SessionStore& store;
  net::HttpClient& http;
  os::Clock& clock;
  std::mutex mutex;
  SavedSession current;
  bool unsaved = false;       // `current` came from the host and is not on disk yet: it must not be used
  bool clock_is_off = false;  // fresh tokens look spent: only the host's word counts

  Shared(SessionStore& store_, net::HttpClient& http_, os::Clock& clock_, SavedSession session)
      : store(store_), http(http_), clock(clock_), current(std::move(session)) {}

  Status refresh(const StopToken& stop);
  Status save_current();
  Status adopt_saved();
  Status ask_host(const StopToken& stop);
  Failure expired(std::string_view why) const;
};

Failure Session::Shared::expired(std::string_view why) const {
  return fail(ErrorKind::auth, "session.expired",
              fmt::format("the login of {} at {} has ended: {}", current.did.str(), current.host, why),
              "log in again with 'atbackup login'");
}

Status Session::Shared::save_current() {
  TRY_CONTEXT("saving the refreshed login of " + current.did.str(), store.save(current));
  unsaved = false;
  return {};
}

Status Session::Shared::adopt_saved() {
  auto saved = store.load(current.did);
  if (!saved && saved.error().id == "session.not_found") return expired("somebody has logged out");
  if (!saved) return saved.error();
  if (saved->host != current.host) return expired("there is a newer one, at " + saved->host);
  current = *std::move(saved);
  return {};
}

Status Session::Shared::ask_host(const StopToken& stop) {
  xrpc::FixedToken refresh_token(current.refresh.clone());
  const xrpc::Client client(http, TRY(net::Url::parse(current.host)), &refresh_token, {}, clock);
  auto tokens = xrpc::refresh_session(client, stop);
  if (!tokens && tokens.error().kind == ErrorKind::auth) return expired(tokens.error().message);
  if (!tokens) return std::move(tokens.error()).while_("refreshing the login of " + current.did.str());
  if (tokens->did != current.did) {
    return fail(ErrorKind::untrusted, "session.wrong_account",
                fmt::format("{} was asked to go on with the login of {}, and gave one of {}", current.host,
                            current.did.str(), tokens->did.str()),
                "do not use this host before its operator has explained it");
  }
  current.scope = scope_of(tokens->access);
  current.access = std::move(tokens->access);
  current.refresh = std::move(tokens->refresh);
  current.handle = std::move(tokens->handle);
  current.saved_us = clock.wall_us();
  unsaved = true;
  clock_is_off = ends_within(current.access, kMarginSeconds, clock.wall_us());
  return save_current();
}

// Ends with another token in `current` than before, saved; or with an error.
Status Session::Shared::refresh(const StopToken& stop) {
  const auto lock = TRY(store.lock(current.did, clock, stop));
  if (unsaved) return save_current();
  const Secret before = current.access.clone();
  TRY(adopt_saved());
  if (current.access.reveal() != before.reveal() &&
      !ends_within(current.access, kMarginSeconds, clock.wall_us())) {
    return {};
  }
  return ask_host(stop);
}

Session::Session(SessionStore& store, net::HttpClient& http, os::Clock& clock, SavedSession session)
    : did_(session.did),
      host_(session.host),
      shared_(std::make_shared<Shared>(store, http, clock, std::move(session))) {}

Result<Secret> Session::token(const StopToken& stop) {
  Shared& shared = *shared_;
  const std::scoped_lock lock(shared.mutex);
  const std::int64_t now_us = shared.clock.wall_us();
  const bool soon_over = !shared.clock_is_off && ends_within(shared.current.access, kMarginSeconds, now_us);
  if (!shared.unsaved && !soon_over) return shared.current.access.clone();
  const auto status = shared.refresh(stop);
  const bool still_good = !shared.unsaved && !ends_within(shared.current.access, 0, now_us);
  if (!status && !(may_pass(status.error().kind) && still_good)) return status.error();
  return shared.current.access.clone();
}

Result<bool> Session::renew(const Secret& used, const StopToken& stop) {
  Shared& shared = *shared_;
  const std::scoped_lock lock(shared.mutex);
  // Another thread was quicker.
  if (!shared.unsaved && shared.current.access.reveal() != used.reveal()) return true;
  TRY(shared.refresh(stop));
  return true;
}

Scope Session::scope() const {
  const std::scoped_lock lock(shared_->mutex);
  return shared_->current.scope;
}

}  // namespace atb::account
