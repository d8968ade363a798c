#include "core/identity/resolver.h"

#include "core/base/text.h"
#include "core/data/json.h"
#include "core/did/endpoint.h"
#include "core/identity/agreement.h"
#include "core/identity/fetched.h"
#include "core/plc/forks.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace atb::identity {
namespace {

constexpr std::uint64_t kDocumentBytes = 1U << 20;

// The directory answers from replicas that can lag behind each other for a moment.
constexpr std::chrono::milliseconds kLagWaits[] = {
    std::chrono::milliseconds(500), std::chrono::milliseconds(1500), std::chrono::milliseconds(4000)};

Failure tombstoned(const syntax::Did& did) {
  return fail(
      ErrorKind::gone, "did.tombstoned",
      fmt::format("{} has been deleted for good (a tombstone ends its log)", did.str()),
      "if this was not you: 'atbackup plc revert' undoes it within 72 hours, with a key of your own; an "
      "older backup can still be verified offline");
}

Failure not_found(const syntax::Did& did, const net::Url& url, int status) {
  return fail(ErrorKind::not_found, "did.not_found",
              fmt::format("there is no {}: {} answers with status {}", did.str(), url.str(), status),
              "check the spelling, and the directory's address if it is not the usual one");
}

}  // namespace

namespace {

// What the directory would give out for this state.
did::Document document_of(const syntax::Did& did, const plc::State& state) {
  did::Document document{.did = did,
                         .also_known_as = state.also_known_as,
                         .signing_key = {},
                         .signing_key_problem = "the log names no signing key",
                         .host = {},
                         .host_problem = "the log names no host",
                         .json = {}};
  if (const std::string* text = state.verification_method("atproto"); text != nullptr) {
    if (auto key = crypto::PublicKey::parse_did_key(*text)) {
      document.signing_key = *std::move(key);
      document.signing_key_problem.clear();
    }
  }
  const plc::Service* service = state.service("atproto_pds");
  if (service != nullptr && did::endpoint_problem(service->endpoint).empty()) {
    document.host = service->endpoint;
    document.host_problem.clear();
  }
  return document;
}

}  // namespace

Resolver::Resolver(net::HttpClient& http, net::TxtResolver& dns, net::Url plc_directory, Log& log,
                   Limits limits, os::Clock& clock)
    : http_(http),
      dns_(dns),
      plc_directory_(std::move(plc_directory)),
      log_(log),
      limits_(limits),
      clock_(clock) {}

Result<net::Url> Resolver::directory_url(const syntax::Did& did, std::string_view ending) const {
  // The generic syntax of DIDs lets percent signs and dots through: nothing of that kind may get into a path.
  constexpr std::string_view kPrefix = "did:plc:";
  const std::string_view name = did.view().substr(std::min(kPrefix.size(), did.view().size()));
  const auto is_base32 = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '2' && c <= '7'); };
  if (!did.is_plc() || name.size() != 24 || !std::ranges::all_of(name, is_base32)) {
    return fail(ErrorKind::invalid_input, "did.syntax",
                fmt::format("{} is not a did:plc", printable(did.view(), 100)),
                "it is did:plc: and 24 characters of a to z and 2 to 7");
  }
  net::Url url = plc_directory_;
  url.path = fmt::format("/{}{}", did.view(), ending);
  return url;
}

Result<Resolver::FetchedLog> Resolver::fetch_log_once(const syntax::Did& did, const StopToken& stop) {
  const net::Url url = TRY(directory_url(did, "/log/audit"));
  Fetched fetched = TRY(fetch(url, limits_.json_bytes, true, stop));
  if (fetched.response.status == 404) return not_found(did, url, 404);
  if (!fetched.ok()) return status_error(url, fetched.response);
  const std::string context = "reading the log of " + did.str();
  auto entries = TRY_CONTEXT(context, plc::parse_log(fetched.body, limits_));
  auto log = TRY_CONTEXT(context, audit_(did, std::move(entries)));
  return FetchedLog{std::move(fetched.body), std::move(log), {}};
}

std::vector<Finding> Resolver::hear_witnesses(const plc::AuditedLog& log) {
  if (witnesses_ == nullptr) return {};
  auto findings = witnesses_->look(log);
  if (findings) return *std::move(findings);
  log_.write(LogLevel::warning, "identity",
             "the logs seen before could not be read: " + findings.error().message);
  return {};
}

void Resolver::keep_witness(const plc::AuditedLog& log) {
  if (witnesses_ == nullptr) return;
  if (auto kept = witnesses_->keep(log); !kept)
    log_.write(LogLevel::warning, "identity", "this log could not be kept: " + kept.error().message);
}

Result<Resolver::FetchedLog> Resolver::fetch_log(const syntax::Did& did, const StopToken& stop) {
  for (std::size_t attempt = 0;; ++attempt) {
    FetchedLog fetched = TRY(fetch_log_once(did, stop));
    fetched.contradictions = hear_witnesses(fetched.log);
    const bool lags =
        std::ranges::any_of(fetched.contradictions, [](const Finding& one) { return one.id == kShortened; });
    if (!lags || attempt == std::size(kLagWaits)) {
      keep_witness(fetched.log);
      return fetched;
    }
    log_.write(LogLevel::detail, "identity",
               fmt::format("the log of {} is shorter than it was, asking again", did.str()));
    TRY(clock_.sleep(kLagWaits[attempt], stop));
  }
}

Result<std::string> Resolver::fetch_plc_document(const syntax::Did& did, const StopToken& stop) {
  const net::Url url = TRY(directory_url(did, ""));
  Fetched fetched = TRY(fetch(url, kDocumentBytes, true, stop));
  if (fetched.response.status == 404) return not_found(did, url, 404);
  if (fetched.response.status == 410) return tombstoned(did);
  if (!fetched.ok()) return status_error(url, fetched.response);
  return std::move(fetched.body);
}

Result<std::string> Resolver::fetch_web_document(const syntax::Did& did, const StopToken& stop) {
  const net::Url url = TRY(net::Url::parse(TRY(did::web_document_url(did))));
  // The method forbids redirects: the host named in the DID answers itself.
  Fetched fetched = TRY(fetch(url, kDocumentBytes, false, stop));
  const int status = fetched.response.status;
  if (fetched.ok()) return std::move(fetched.body);
  if (status >= 500 || status == 429) return status_error(url, fetched.response);
  return not_found(did, url, status);
}

Result<Identity> Resolver::resolve_plc(const syntax::Did& did, const StopToken& stop) {
  for (std::size_t attempt = 0;; ++attempt) {
    FetchedLog fetched = TRY(fetch_log(did, stop));
    if (fetched.log.tombstoned) return tombstoned(did);
    std::string json = TRY(fetch_plc_document(did, stop));
    did::Document document =
        TRY_CONTEXT("reading the document of " + did.str(), did::parse_document(json, did, limits_));
    const std::string difference = difference_between(document, fetched.log.state());
    if (difference.empty()) {
      return Identity{.document = std::move(document),
                      .document_json = std::move(json),
                      .handle = {},
                      .handle_problem = {},
                      .log = std::move(fetched.log),
                      .log_json = std::move(fetched.json),
                      .contradictions = std::move(fetched.contradictions)};
    }
    if (attempt == std::size(kLagWaits)) {
      return fail(
          ErrorKind::untrusted, "did.document_differs",
          fmt::format("the document that {} gives for {} is not what its own log says: {}",
                      plc_directory_.origin(), did.str(), difference),
          "if this stays so for some minutes, the directory or something between you and it is lying");
    }
    log_.write(LogLevel::detail, "identity",
               fmt::format("document and log of {} differ, asking again: {}", did.str(), difference));
    TRY(clock_.sleep(kLagWaits[attempt], stop));
  }
}

Result<Identity> Resolver::resolve_given_up(const syntax::Did& did, const StopToken& stop) {
  FetchedLog fetched = TRY(fetch_log(did, stop));
  const auto before = plc::previous_of(fetched.log, fetched.log.head);
  if (!fetched.log.tombstoned || !before)
    return fail(ErrorKind::conflict, "did.not_tombstoned", did.str() + " was not given up");
  Identity identity{.document = document_of(did, fetched.log.entries[*before].operation.state()),
                    .document_json = {},
                    .handle = {},
                    .handle_problem = {},
                    .log = std::move(fetched.log),
                    .log_json = std::move(fetched.json),
                    .contradictions = std::move(fetched.contradictions)};
  TRY(prove_handle(identity, stop));
  return identity;
}

Result<Identity> Resolver::resolve_web(const syntax::Did& did, const StopToken& stop) {
  std::string json = TRY(fetch_web_document(did, stop));
  did::Document document =
      TRY_CONTEXT("reading the document of " + did.str(), did::parse_document(json, did, limits_));
  return Identity{.document = std::move(document),
                  .document_json = std::move(json),
                  .handle = {},
                  .handle_problem = {},
                  .log = {},
                  .log_json = {},
                  .contradictions = {}};
}

Result<Identity> Resolver::resolve(const syntax::AtIdentifier& account, const StopToken& stop) {
  Identity identity = TRY(locate(account, stop));
  if (account.handle() == nullptr) TRY(prove_handle(identity, stop));
  return identity;
}

Result<Identity> Resolver::locate(const syntax::AtIdentifier& account, const StopToken& stop) {
  const syntax::Handle* given = account.handle();
  const syntax::Did did = given != nullptr ? TRY(resolve_handle(*given, stop)) : *account.did();
  if (!did.is_plc() && !did.is_web()) {
    return fail(ErrorKind::unsupported, "did.method",
                fmt::format("{} is of a kind this program does not know", printable(did.view(), 100)),
                "accounts are did:plc or did:web");
  }
  Identity identity = did.is_plc() ? TRY(resolve_plc(did, stop)) : TRY(resolve_web(did, stop));
  if (given == nullptr) return identity;
  const std::optional<syntax::Handle> claimed = identity.document.handle();
  if (claimed != *given) {
    return fail(ErrorKind::untrusted, "handle.mismatch",
                fmt::format("{} points to {}, but that account says it is {}", given->str(), did.str(),
                            claimed ? claimed->str() : "nobody"),
                "if this is the account you mean, give its DID");
  }
  identity.handle = *given;
  return identity;
}

Status Resolver::submit(const syntax::Did& did, const plc::Operation& operation, const StopToken& stop) {
  net::Request request;
  request.method = "POST";
  request.url = TRY(directory_url(did, ""));
  request.content_type = "application/json";
  request.body = data::to_json(operation.json());
  request.repeatable = false;
  net::MemoryBody body;
  const net::Response response =
      TRY_CONTEXT("submitting an operation to " + request.url.origin(), http_.send(request, body, stop));
  if (response.status >= 200 && response.status < 300) return {};
  if (response.status >= 500 || response.status == 429) return status_error(request.url, response);
  Error error(ErrorKind::remote, "plc.rejected",
              fmt::format("{} refused the operation for {} with status {}: \"{}\"", plc_directory_.origin(),
                          did.str(), response.status, words_of(response)),
              "nothing has changed; the same command looks again");
  error.http_status = response.status;
  return error;
}

}  // namespace atb::identity
