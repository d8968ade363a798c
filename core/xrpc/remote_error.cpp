#include "core/xrpc/remote_error.h"

#include "core/base/limits.h"
#include "core/base/secret.h"
#include "core/base/text.h"
#include "core/data/json.h"
#include "core/net/retrying_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace atb::xrpc {
namespace {

constexpr std::size_t kNameBytes = 64;
constexpr std::size_t kMessageBytes = 300;

struct KnownName {
  std::string_view name;
  std::string_view id;
  ErrorKind kind;
  std::string_view hint;
};

constexpr std::string_view kLogIn = "log in again with 'atbackup login'";
constexpr std::string_view kGone =
    "look up where the account lives now; its data may still be had with a login";

// Names without a kind of their own take it from the status; ErrorKind::internal marks them.
constexpr ErrorKind kByStatus = ErrorKind::internal;
constexpr auto kKnownNames = std::to_array<KnownName>({
    {"RepoDeactivated", "xrpc.repo_deactivated", ErrorKind::gone, kGone},
    {"RepoTakendown", "xrpc.repo_takendown", ErrorKind::gone, kGone},
    {"RepoSuspended", "xrpc.repo_suspended", ErrorKind::gone, kGone},
    {"RepoNotFound", "xrpc.repo_not_found", ErrorKind::gone, kGone},
    {"AccountDeactivated", "xrpc.account_deactivated", ErrorKind::gone, kGone},
    {"AccountTakedown", "xrpc.account_takedown", ErrorKind::gone, kGone},
    {"AccountSuspended", "xrpc.account_suspended", ErrorKind::gone, kGone},
    {"AccountNotFound", "xrpc.account_not_found", ErrorKind::gone, kGone},
    {"ExpiredToken", "xrpc.expired_token", ErrorKind::auth, kLogIn},
    {"InvalidToken", "xrpc.invalid_token", ErrorKind::auth,
     "log in again with 'atbackup login', with the account's main password: an app password may not do this"},
    {"AuthenticationRequired", "xrpc.authentication_required", ErrorKind::auth,
     "check the account's name and password"},
    {"AuthMissing", "xrpc.auth_missing", ErrorKind::auth, kLogIn},
    {"AuthFactorTokenRequired", "xrpc.auth_factor_token_required", ErrorKind::auth,
     "the host has sent a sign-in code by e-mail: give it with --auth-code-file"},
    {"RecordNotFound", "xrpc.record_not_found", ErrorKind::not_found, ""},
    {"BlobNotFound", "xrpc.blob_not_found", ErrorKind::not_found, ""},
    {"BlockNotFound", "xrpc.block_not_found", ErrorKind::not_found, ""},
    {"AlreadyExists", "xrpc.already_exists", ErrorKind::conflict, ""},
    {"RepoAlreadyExists", "xrpc.repo_already_exists", ErrorKind::conflict, ""},
    {"InvalidSwap", "xrpc.invalid_swap", ErrorKind::conflict, ""},
    {"MethodNotImplemented", "xrpc.method_not_implemented", ErrorKind::unsupported,
     "this host does not offer what is asked of it"},
    {"XRPCNotSupported", "xrpc.method_not_implemented", ErrorKind::unsupported,
     "this host does not offer what is asked of it"},
    {"account_not_verified", "xrpc.account_not_verified", ErrorKind::auth,
     "the host has sent a message to the account's address: confirm the address with it, then run the same "
     "command "
     "again"},
    {"RepoTooLarge", "xrpc.payload_too_large", ErrorKind::limit_exceeded, ""},
    {"BlobTooLarge", "xrpc.payload_too_large", ErrorKind::limit_exceeded, ""},
    {"InvalidRequest", "xrpc.invalid_request", kByStatus, ""},
    {"InvalidHandle", "xrpc.invalid_handle", kByStatus, "choose another handle"},
    {"HandleNotAvailable", "xrpc.handle_not_available", kByStatus, "choose another handle"},
    {"UnsupportedDomain", "xrpc.unsupported_domain", kByStatus,
     "choose a handle under one of the host's own domains"},
    {"UnresolvableDid", "xrpc.unresolvable_did", kByStatus, ""},
    {"IncompatibleDidDoc", "xrpc.incompatible_did_doc", kByStatus, ""},
    {"InvalidInviteCode", "xrpc.invalid_invite_code", kByStatus,
     "ask the host's operator for an invite code"},
    {"InvalidPassword", "xrpc.invalid_password", kByStatus, "choose another password"},
    {"PayloadTooLarge", "xrpc.payload_too_large", kByStatus, ""},
    {"RateLimitExceeded", "xrpc.rate_limit_exceeded", kByStatus, ""},
    {"UpstreamFailure", "xrpc.upstream_failure", kByStatus, ""},
    {"InternalServerError", "xrpc.internal_server_error", kByStatus, ""},
});

ErrorKind kind_of(int status) {
  switch (status) {
    case 401:
    case 403:
      return ErrorKind::auth;
    case 404:
      return ErrorKind::not_found;
    case 413:
      return ErrorKind::limit_exceeded;
    case 429:
      return ErrorKind::rate_limited;
    default:
      return status >= 500 ? ErrorKind::network : ErrorKind::remote;
  }
}

std::string_view hint_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::auth:
      return kLogIn;
    case ErrorKind::limit_exceeded:
      return "its operator can raise PDS_MAX_REPO_IMPORT_SIZE (repositories) or PDS_BLOB_UPLOAD_LIMIT "
             "(files), and the body limit of a proxy in "
             "front of it";
    case ErrorKind::rate_limited:
      return "wait, and run the same command again: it goes on from there";
    case ErrorKind::network:
      return "the host has a problem: try again later";
    default:
      return "";
  }
}

// Cut between characters, so that what is left is still UTF-8 if it was before.
std::string cut(std::string_view text, std::size_t limit) {
  text = trim(text);
  if (text.size() <= limit) return std::string(text);
  std::size_t end = limit;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return std::string(text.substr(0, end)) + "…";
}

bool is_page(const net::Response& response) {
  const std::string* type = response.header("content-type");
  return (type != nullptr && lower_ascii(*type).starts_with("text/html")) ||
         trim(response.error_body).starts_with('<');
}

// Hosts that have no name and no status for what is too large.
bool speaks_of_size(int status, std::string_view words) {
  return status == 400 && (words.contains("greater than maximum") || words.contains("exceeds maximum"));
}

void replace_all(std::string& text, std::string_view secret) {
  for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at)) {
    constexpr std::string_view kMark = "[secret]";
    text.replace(at, secret.size(), kMark);
    at += kMark.size();
  }
}

}  // namespace

RemoteError parse_remote_error(const net::Response& response) {
  RemoteError error;
  if (const auto json = data::parse_json(response.error_body, Limits{}, data::Floats::allow);
      json && json->object() != nullptr) {
    error.name = data::text_or(*json, "error", "");
    error.message = data::text_or(*json, "message", "");
    return error;
  }
  error.message = is_page(response) ? "(a web page, not an answer of a PDS)" : response.error_body;
  return error;
}

void redact(RemoteError& error, std::string_view secret) {
  // Shorter ones would turn up by chance and blot out the host's words.
  constexpr std::size_t kShortest = 4;
  if (secret.size() < kShortest) return;
  // Plain, and as it stood in the JSON that was sent: a body quoted raw holds the latter.
  std::string quoted = data::to_json(data::Value(secret));
  for (const std::string_view form : {secret, std::string_view(quoted).substr(1, quoted.size() - 2)}) {
    replace_all(error.name, form);
    replace_all(error.message, form);
  }
  wipe(quoted);
}

Error to_error(const RemoteError& remote, const net::Response& response, std::string_view host,
               std::string_view method, std::int64_t now_ms) {
  const std::string name = cut(remote.name, kNameBytes);
  const std::string words = cut(remote.message, kMessageBytes);
  std::string message =
      fmt::format("{} answered {} with {}{}{}", host, method, response.status, name.empty() ? "" : " ", name);
  if (!words.empty()) message += fmt::format(": \"{}\"", words);

  const auto known = std::ranges::find(
      kKnownNames, speaks_of_size(response.status, words) ? std::string_view("BlobTooLarge") : name,
      &KnownName::name);
  const bool is_known = known != kKnownNames.end();
  // 429 means what it says whatever the name.
  const bool by_status = !is_known || known->kind == kByStatus || response.status == 429;
  const ErrorKind kind = by_status ? kind_of(response.status) : known->kind;
  Error error(kind, is_known ? std::string(known->id) : fmt::format("xrpc.http_{}", response.status),
              std::move(message),
              std::string(is_known && !known->hint.empty() ? known->hint : hint_of(kind)));
  error.http_status = response.status;
  error.remote_name = name;
  if (kind == ErrorKind::rate_limited) error.retry_at_ms = net::retry_at_ms(response, now_ms);
  return error;
}

}  // namespace atb::xrpc
