// Handle -> DID (https://atproto.com/specs/handle#handle-resolution).
#include "core/base/text.h"
#include "core/identity/fetched.h"

#include <fmt/format.h>

namespace atb::identity {
namespace {

// A DID is at most 2048 characters.
constexpr std::uint64_t kWellKnownBytes = 2048;

// May the same question have an answer a minute later?
bool may_pass(const Error& error) {
  switch (error.kind) {
    case ErrorKind::timeout:
    case ErrorKind::rate_limited:
      return true;
    // A domain without a web server is a plain no.
    case ErrorKind::network:
      return error.id != "http.resolve" && error.id != "http.connect" && error.id != "http.tls";
    default:
      return false;
  }
}

}  // namespace

Result<std::optional<syntax::Did>> Resolver::ask_dns(const syntax::Handle& handle, const StopToken& stop) {
  const std::string name = "_atproto." + handle.str();
  std::optional<syntax::Did> found;
  for (const std::string& record : TRY_CONTEXT("looking up TXT records of " + name, dns_.txt(name, stop))) {
    constexpr std::string_view kPrefix = "did=";
    if (!record.starts_with(kPrefix)) continue;
    const auto did = syntax::Did::parse(trim(std::string_view(record).substr(kPrefix.size())));
    if (!did) continue;
    if (found && *found != *did) {
      return fail(
          ErrorKind::untrusted, "handle.conflict",
          fmt::format("the DNS names two accounts for {}: {} and {}", handle.str(), found->str(), did->str()),
          fmt::format("whoever owns the domain must remove one TXT record of {}; or give the DID itself",
                      name));
    }
    found = *did;
  }
  return found;
}

Result<syntax::Did> Resolver::ask_web(const syntax::Handle& handle, const StopToken& stop) {
  const net::Url url = TRY(net::Url::parse("https://" + handle.str() + "/.well-known/atproto-did"));
  const Fetched fetched = TRY(fetch(url, kWellKnownBytes, true, stop));
  if (fetched.response.status >= 500 || fetched.response.status == 429)
    return status_error(url, fetched.response);
  const auto no = [&url](std::string_view why) {
    return fail(ErrorKind::not_found, "handle.not_found", fmt::format("{} {}", url.str(), why));
  };
  if (!fetched.ok()) return no(fmt::format("answers with status {}", fetched.response.status));
  auto did = syntax::Did::parse(trim(fetched.body));
  if (!did) return no("holds no DID");
  return did;
}

Result<syntax::Did> Resolver::resolve_handle(const syntax::Handle& handle, const StopToken& stop) {
  if (handle.has_reserved_top_level()) {
    return fail(ErrorKind::invalid_input, "handle.reserved",
                fmt::format("{} can never be looked up: its last part is reserved", handle.str()),
                "give the account's DID instead");
  }
  auto dns = ask_dns(handle, stop);
  if (dns && *dns) return **dns;
  if (!dns && !may_pass(dns.error()) && dns.error().kind != ErrorKind::network) return dns.error();
  if (!dns)
    log_.write(LogLevel::info, "identity",
               fmt::format("DNS failed for {}: {}", handle.str(), dns.error().message));

  auto web = ask_web(handle, stop);
  if (web || web.error().kind == ErrorKind::cancelled) return web;
  const std::string asking = "resolving the handle " + handle.str();
  if (!dns) return std::move(dns.error()).while_(asking);
  if (may_pass(web.error())) return std::move(web.error()).while_(asking);
  return fail(
      ErrorKind::not_found, "handle.not_found",
      fmt::format("{} names no account: its DNS has no record, and {}", handle.str(), web.error().message),
      "check the spelling; or give the account's DID");
}

Status Resolver::prove_handle(Identity& identity, const StopToken& stop) {
  const std::optional<syntax::Handle> claimed = identity.document.handle();
  if (!claimed) {
    identity.handle_problem = "the DID document names no handle";
    return {};
  }
  const auto did = resolve_handle(*claimed, stop);
  if (!did) {
    if (did.error().kind == ErrorKind::cancelled) return did.error();
    identity.handle_problem = fmt::format("the DID document names {}, which could not be looked up: {}",
                                          claimed->str(), did.error().message);
  } else if (*did != identity.did()) {
    identity.handle_problem =
        fmt::format("the DID document names {}, but that points to {}", claimed->str(), did->str());
  } else {
    identity.handle = claimed;
  }
  return {};
}

}  // namespace atb::identity
