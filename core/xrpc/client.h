// XRPC (https://atproto.com/specs/xrpc): queries and procedures on one host, errors kept as {error, message}.
#pragma once

#include "core/base/limits.h"
#include "core/data/value.h"
#include "core/net/http_client.h"
#include "core/os/clock.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace atb::xrpc {

// Who signs the requests. Implemented by account::Session (which refreshes itself) and by fixed tokens.
class Authorizer {
 public:
  virtual ~Authorizer() = default;
  // The bearer token for the next request; lives until the next call from the same thread.
  virtual Result<Secret> token(const StopToken& stop) = 0;
  // The host said that `used` has expired or is invalid. True: a fresh one is to be had by token(), try
  // again.
  virtual Result<bool> renew(const Secret& used, const StopToken& stop) = 0;
};

class FixedToken final : public Authorizer {
 public:
  explicit FixedToken(Secret token) : token_(std::move(token)) {}
  Result<Secret> token(const StopToken&) override { return token_.clone(); }
  Result<bool> renew(const Secret&, const StopToken&) override { return false; }

 private:
  Secret token_;
};

// Turns an answer outside 2xx into an Error. The XRPC name decides first: RepoDeactivated, RepoTakendown,
// RepoSuspended, RepoNotFound, AccountDeactivated, AccountTakedown, AccountSuspended, AccountNotFound ->
// gone; ExpiredToken, InvalidToken, AuthenticationRequired, AuthMissing, AuthFactorTokenRequired -> auth;
// RecordNotFound, BlobNotFound, BlockNotFound -> not_found; AlreadyExists, RepoAlreadyExists, InvalidSwap ->
// conflict; MethodNotImplemented -> unsupported. Then the status: 401, 403 -> auth; 404 -> not_found; 413 ->
// limit_exceeded; 429 -> rate_limited; 5xx -> network; else remote. Id "xrpc.<error_name>" for known names,
// else "xrpc.http_<status>". The message quotes the host's text, cut to a few hundred bytes, and names host
// and method; it is remote text. `now_ms` is the wall clock, for Retry-After.
Error error_of(const net::Response& response, std::string_view host, std::string_view method,
               std::int64_t now_ms);

// Host: an origin such as "https://pds.example". Threads: calls may run side by side.
class Client {
 public:
  // `authorizer` may be null: no login. All must outlive the client. An answer that says that the token has
  // expired or is invalid makes it renew the token and ask once more. No error repeats the token, nor what an
  // input holds as password or code.
  Client(net::HttpClient& http, net::Url host, Authorizer* authorizer, Limits limits = {},
         os::Clock& clock = os::system_clock());

  const net::Url& host() const { return host_; }
  const Limits& limits() const { return limits_; }
  bool has_login() const { return authorizer_ != nullptr; }

  // JSON in, JSON out. Floats in answers are let through. An answer without a body is null; one that is not
  // JSON is "xrpc.answer" (remote).
  Result<data::Value> query(std::string_view nsid, const net::Query& parameters, const StopToken& stop) const;
  // `input` null: no body. `repeatable`: may be sent again although it may have arrived.
  enum class Repeat : std::uint8_t { safe, unsafe };
  Result<data::Value> procedure(std::string_view nsid, const data::Value& input, Repeat repeat,
                                const StopToken& stop) const;
  // A body of another type, streamed with Content-Length (importRepo, uploadBlob).
  Result<data::Value> upload(std::string_view nsid, const RandomAccess& body, std::string_view content_type,
                             Repeat repeat, const StopToken& stop) const;
  // An answer that is not JSON (getRepo, getBlob, getBlocks), streamed.
  Status download(std::string_view nsid, const net::Query& parameters, std::uint64_t max_bytes,
                  net::BodySink& body, const StopToken& stop) const;

 private:
  struct Call {
    std::string_view nsid;
    const net::Query& parameters;
    std::string_view accept;
    std::vector<std::string_view> secrets;  // of the input, kept out of errors
  };
  Status send(net::Request& request, const Call& call, net::BodySink& body, const StopToken& stop) const;
  Result<data::Value> exchange(net::Request& request, const Call& call, const StopToken& stop) const;
  net::HttpClient& http_;
  net::Url host_;
  Authorizer* authorizer_;
  Limits limits_;
  os::Clock& clock_;
};

}  // namespace atb::xrpc
