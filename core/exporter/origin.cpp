#include "core/exporter/exporter.h"
#include "core/exporter/failures.h"
#include "core/xrpc/endpoints.h"

#include <fmt/format.h>

namespace atb::exporter {
namespace {

// After all else is done. Whoever owns the handle's domain is not to hold up a backup.
constexpr std::chrono::seconds kHandlePatience(30);

Result<net::Url> host_of(const identity::Identity& identity, const Options& options) {
  if (!options.host.empty()) return net::Url::parse(options.host);
  if (identity.document.host) return net::Url::parse(*identity.document.host);
  return fail(ErrorKind::gone, "export.no_host",
              fmt::format("the identity of {} names no host that could be asked ({})", identity.did().str(),
                          identity.document.host_problem),
              "if you know where the account is, name it with --pds");
}

// Tokens go to the host that gave them, and to no other.
Result<std::unique_ptr<account::Session>> session_at(const Context& context, const syntax::Did& did,
                                                     const net::Url& host) {
  auto saved = context.sessions.load(did);
  if (!saved) {
    if (saved.error().id != "session.not_found") return saved.error();
    return std::unique_ptr<account::Session>{};
  }
  const auto saved_host = net::Url::parse(saved->host);
  if (!saved_host || !saved_host->same_origin(host)) {
    context.log.write(LogLevel::warning, "export",
                      "the saved login is for " + saved->host + ", not for " + host.origin() + "; not used");
    return std::unique_ptr<account::Session>{};
  }
  return std::make_unique<account::Session>(context.sessions, context.http, context.clock, std::move(*saved));
}

Error inactive(const std::string& status, const Origin& origin) {
  const std::string shown = status.empty() ? "not active" : status;
  return Error(ErrorKind::gone, "export.inactive",
               fmt::format("{} says that {} is {}", origin.host.origin(), origin.identity.did().str(), shown),
               "log in with 'atbackup login' first: the host gives an inactive account to its owner only");
}

// Is the account there, and open to everyone? Hosts that cannot say are believed to be willing.
Status check_status(const Context& context, Origin& origin) {
  const xrpc::Client anonymous(context.http, origin.host, nullptr, context.limits, context.clock);
  const auto status = xrpc::get_repo_status(anonymous, origin.identity.did(), context.stop);
  if (status) {
    origin.active = status->active;
    if (!origin.active && origin.session == nullptr) return inactive(status->status, origin);
    return {};
  }
  Error error = status.error();
  if (is_ours(error) || is_unreachable(error)) return error;
  if (error.kind == ErrorKind::gone) {
    if (error.id == "xrpc.repo_not_found") {
      error.hint = "the account is not on " + origin.host.origin() + " (any more); --pds names another host";
      return error;
    }
    origin.active = false;
    if (origin.session == nullptr) return inactive(error.remote_name, origin);
  }
  return {};
}

}  // namespace

Result<Origin> find_origin(const Context& context, const syntax::AtIdentifier& account,
                           const Options& options) {
  identity::Identity identity = TRY(context.resolver.locate(account, context.stop));
  std::unique_ptr<HandleProof> handle_proof;
  if (!identity.handle)
    handle_proof = std::make_unique<HandleProof>(context.resolver, identity, context.stop);
  net::Url host = TRY(host_of(identity, options));
  auto session = TRY(session_at(context, identity.did(), host));
  Origin origin{std::move(identity), std::move(host), std::move(session), true, std::move(handle_proof)};
  TRY(check_status(context, origin));
  return origin;
}

Result<std::string> proven_handle(const Context& context, const Origin& origin) {
  if (origin.handle_proof == nullptr)
    return origin.identity.handle ? origin.identity.handle->str() : std::string();
  const auto handle = TRY(origin.handle_proof->wait(kHandlePatience));
  if (handle) return *handle;
  context.log.write(LogLevel::warning, "export",
                    "whether the handle is the account's own could not be found out in time; it is left out");
  return std::string();
}

}  // namespace atb::exporter
