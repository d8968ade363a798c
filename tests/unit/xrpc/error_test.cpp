#include "core/xrpc/client.h"
#include "tests/support/catch.h"

#include <fmt/format.h>

using namespace atb;

namespace {

net::Response response(int status, std::string body, net::Headers headers = {}) {
  net::Response made;
  made.status = status;
  made.error_body = std::move(body);
  made.headers = std::move(headers);
  return made;
}

Error error(int status, std::string body, net::Headers headers = {}, std::int64_t now_ms = 0) {
  return xrpc::error_of(response(status, std::move(body), std::move(headers)), "https://pds.example",
                        "com.atproto.sync.getRepo", now_ms);
}

std::string named(std::string_view name) {
  return fmt::format(R"({{"error":"{}","message":"the host's words"}})", name);
}

}  // namespace

TEST_CASE("xrpc: an error that the protocol names keeps the name, whatever the status", "[xrpc]") {
  struct Case {
    const char* name;
    ErrorKind kind;
    const char* id;
  };
  const auto each = GENERATE(values<Case>({
      {"RepoDeactivated", ErrorKind::gone, "xrpc.repo_deactivated"},
      {"RepoTakendown", ErrorKind::gone, "xrpc.repo_takendown"},
      {"RepoSuspended", ErrorKind::gone, "xrpc.repo_suspended"},
      {"RepoNotFound", ErrorKind::gone, "xrpc.repo_not_found"},
      {"AccountDeactivated", ErrorKind::gone, "xrpc.account_deactivated"},
      {"AccountTakedown", ErrorKind::gone, "xrpc.account_takedown"},
      {"AccountSuspended", ErrorKind::gone, "xrpc.account_suspended"},
      {"AccountNotFound", ErrorKind::gone, "xrpc.account_not_found"},
      {"ExpiredToken", ErrorKind::auth, "xrpc.expired_token"},
      {"InvalidToken", ErrorKind::auth, "xrpc.invalid_token"},
      {"AuthenticationRequired", ErrorKind::auth, "xrpc.authentication_required"},
      {"AuthMissing", ErrorKind::auth, "xrpc.auth_missing"},
      {"AuthFactorTokenRequired", ErrorKind::auth, "xrpc.auth_factor_token_required"},
      {"RecordNotFound", ErrorKind::not_found, "xrpc.record_not_found"},
      {"BlobNotFound", ErrorKind::not_found, "xrpc.blob_not_found"},
      {"BlockNotFound", ErrorKind::not_found, "xrpc.block_not_found"},
      {"AlreadyExists", ErrorKind::conflict, "xrpc.already_exists"},
      {"RepoAlreadyExists", ErrorKind::conflict, "xrpc.repo_already_exists"},
      {"InvalidSwap", ErrorKind::conflict, "xrpc.invalid_swap"},
      {"MethodNotImplemented", ErrorKind::unsupported, "xrpc.method_not_implemented"},
      {"InvalidRequest", ErrorKind::remote, "xrpc.invalid_request"},
      {"InvalidHandle", ErrorKind::remote, "xrpc.invalid_handle"},
      {"HandleNotAvailable", ErrorKind::remote, "xrpc.handle_not_available"},
      {"UnsupportedDomain", ErrorKind::remote, "xrpc.unsupported_domain"},
      {"UnresolvableDid", ErrorKind::remote, "xrpc.unresolvable_did"},
      {"IncompatibleDidDoc", ErrorKind::remote, "xrpc.incompatible_did_doc"},
      {"InvalidInviteCode", ErrorKind::remote, "xrpc.invalid_invite_code"},
      {"InvalidPassword", ErrorKind::remote, "xrpc.invalid_password"},
      {"PayloadTooLarge", ErrorKind::remote, "xrpc.payload_too_large"},
      {"RateLimitExceeded", ErrorKind::remote, "xrpc.rate_limit_exceeded"},
      {"UpstreamFailure", ErrorKind::remote, "xrpc.upstream_failure"},
      {"InternalServerError", ErrorKind::remote, "xrpc.internal_server_error"},
  }));
  const Error made = error(400, named(each.name));
  CHECK(made.kind == each.kind);
  CHECK(made.id == each.id);
  CHECK(made.remote_name == each.name);
  CHECK(made.http_status == 400);
  CHECK(made.message ==
        fmt::format("https://pds.example answered com.atproto.sync.getRepo with 400 {}: \"the "
                    "host's words\"",
                    each.name));
}

TEST_CASE("xrpc: without a known name the status decides", "[xrpc]") {
  struct Case {
    int status;
    ErrorKind kind;
  };
  const auto each = GENERATE(values<Case>({{400, ErrorKind::remote},
                                           {401, ErrorKind::auth},
                                           {403, ErrorKind::auth},
                                           {404, ErrorKind::not_found},
                                           {409, ErrorKind::remote},
                                           {413, ErrorKind::limit_exceeded},
                                           {429, ErrorKind::rate_limited},
                                           {500, ErrorKind::network},
                                           {502, ErrorKind::network},
                                           {503, ErrorKind::network},
                                           {301, ErrorKind::remote}}));
  for (const std::string& body : {std::string(), named("SomethingNew"), std::string("plain text")}) {
    const Error made = error(each.status, body);
    CHECK(made.kind == each.kind);
    CHECK(made.id == fmt::format("xrpc.http_{}", each.status));
    CHECK(made.http_status == each.status);
  }
}

TEST_CASE("xrpc: a known name without a kind of its own takes it from the status", "[xrpc]") {
  CHECK(error(413, named("PayloadTooLarge")).kind == ErrorKind::limit_exceeded);
  CHECK(error(502, named("UpstreamFailure")).kind == ErrorKind::network);
  CHECK(error(500, named("InternalServerError")).kind == ErrorKind::network);
}

TEST_CASE("xrpc: too large, said with 400 and a name or words of the host's own, is too large", "[xrpc]") {
  for (const char* name : {"RepoTooLarge", "BlobTooLarge"}) {
    const Error made = error(400, named(name));
    CHECK(made.kind == ErrorKind::limit_exceeded);
    CHECK(made.id == "xrpc.payload_too_large");
    CHECK(made.remote_name == name);
  }
  for (const char* words :
       {"Content-Length is greater than maximum of 100.00MB", "Blob size 5 exceeds maximum of 4 bytes"}) {
    const std::string body = fmt::format(R"({{"error":"InvalidRequest","message":"{}"}})", words);
    CHECK(error(400, body).kind == ErrorKind::limit_exceeded);
    CHECK(error(403, body).kind == ErrorKind::auth);
  }
}

TEST_CASE(
    "xrpc: hosts have more than one name for what they do not offer, and for who must confirm an address",
    "[xrpc]") {
  CHECK(error(404, named("XRPCNotSupported")).kind == ErrorKind::unsupported);
  const Error made = error(403, named("account_not_verified"));
  CHECK(made.kind == ErrorKind::auth);
  CHECK(made.id == "xrpc.account_not_verified");
  CHECK(made.hint.find("confirm the address") != std::string::npos);
}

TEST_CASE("xrpc: too large names the settings that the host's operator can change", "[xrpc]") {
  const Error made = error(413, named("PayloadTooLarge"));
  CHECK(made.hint.find("PDS_MAX_REPO_IMPORT_SIZE") != std::string::npos);
  CHECK(made.hint.find("PDS_BLOB_UPLOAD_LIMIT") != std::string::npos);
}

TEST_CASE("xrpc: 429 is a rate limit whatever the name, and says when it ends", "[xrpc]") {
  CHECK(error(429, named("RepoNotFound")).kind == ErrorKind::rate_limited);
  const Error made =
      error(429, named("RateLimitExceeded"),
            {{"ratelimit-reset", "1767323999"}, {"ratelimit-remaining", "0"}}, 1'767'323'045'000);
  CHECK(made.id == "xrpc.rate_limit_exceeded");
  REQUIRE(made.retry_at_ms);
  CHECK(*made.retry_at_ms == 1'767'323'999'000);
  const Error after = error(429, "", {{"retry-after", "30"}}, 1'767'323'045'000);
  REQUIRE(after.retry_at_ms);
  CHECK(*after.retry_at_ms == 1'767'323'075'000);
  CHECK_FALSE(error(429, "").retry_at_ms);
  CHECK_FALSE(error(400, "", {{"retry-after", "30"}}, 1'767'323'045'000).retry_at_ms);
}

TEST_CASE("xrpc: the host's words are cut, between characters", "[xrpc]") {
  std::string words;
  for (int i = 0; i < 1000; ++i) words += "ä";
  const Error made = error(400, R"({"error":"X","message":")" + words + "\"}");
  CHECK(made.message.size() < 500);
  CHECK(made.message.find("ä…\"") != std::string::npos);
  const Error plain = error(400, std::string(60'000, 'x'));
  CHECK(plain.message.size() < 500);
  const Error name = error(400, R"({"error":")" + std::string(5000, 'N') + "\"}");
  CHECK(name.remote_name.size() < 80);
  CHECK(name.message.size() < 200);
}

TEST_CASE("xrpc: a web page is called one, and not quoted", "[xrpc]") {
  const Error made = error(502, "<!doctype html><title>Bad gateway</title>", {{"content-type", "text/html"}});
  CHECK(made.message.find("<") == std::string::npos);
  CHECK(made.message.find("web page") != std::string::npos);
}

TEST_CASE("xrpc: members of an error that are not text are left out", "[xrpc]") {
  const Error made = error(400, R"({"error":{"a":1},"message":17})");
  CHECK(made.id == "xrpc.http_400");
  CHECK(made.remote_name.empty());
  CHECK(made.message == "https://pds.example answered com.atproto.sync.getRepo with 400");
}
