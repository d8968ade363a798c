#include "core/syntax/at_uri.h"

#include "core/base/text.h"

#include <fmt/format.h>

namespace atb::syntax {
namespace {

constexpr std::string_view kScheme = "at://";
constexpr std::size_t kMaxChars = 8192;

Error not_a_uri(std::string_view text) {
  return {ErrorKind::invalid_input, "at_uri.syntax",
          fmt::format("\"{}\" is not an AT-URI", printable(text, 100)),
          "an AT-URI looks like at://alice.example.com/app.bsky.feed.post/3jzfcijpj2z2a"};
}

Error not_an_account(std::string_view text) {
  return {ErrorKind::invalid_input, "account.syntax",
          fmt::format("\"{}\" does not name an account", printable(text, 100)),
          "give a handle such as alice.example.com, or a DID such as did:plc:…"};
}

}  // namespace

Result<AtIdentifier> AtIdentifier::parse(std::string_view text) {
  if (text.starts_with("did:")) {
    if (auto did = Did::parse(text)) return AtIdentifier(std::move(*did));
  } else {
    if (auto handle = Handle::parse(text)) return AtIdentifier(std::move(*handle));
  }
  return not_an_account(text);
}

const std::string& AtIdentifier::str() const {
  const Did* as_did = did();
  return as_did != nullptr ? as_did->str() : handle()->str();
}

Result<AtUri> AtUri::parse(std::string_view text) {
  if (text.size() > kMaxChars || !text.starts_with(kScheme)) return not_a_uri(text);
  const auto parts = split(text.substr(kScheme.size()), '/');
  if (parts.size() > 3) return not_a_uri(text);
  auto authority = AtIdentifier::parse(parts[0]);
  if (!authority) return not_a_uri(text);
  AtUri uri{std::move(*authority), std::nullopt, std::nullopt};
  if (parts.size() > 1) {
    auto collection = Nsid::parse(parts[1]);
    if (!collection) return not_a_uri(text);
    uri.collection = std::move(*collection);
  }
  if (parts.size() > 2) {
    auto record_key = RecordKey::parse(parts[2]);
    if (!record_key) return not_a_uri(text);
    uri.record_key = std::move(*record_key);
  }
  return uri;
}

std::string AtUri::str() const {
  std::string text = std::string(kScheme) + authority.str();
  if (collection) text += "/" + collection->str();
  if (collection && record_key) text += "/" + record_key->str();
  return text;
}

Result<AtIdentifier> parse_account(std::string_view text) {
  const std::string_view wanted = trim(text);
  if (wanted.starts_with(kScheme)) {
    auto uri = AtUri::parse(wanted);
    if (!uri) return not_an_account(text);
    return std::move(uri->authority);
  }
  auto account = AtIdentifier::parse(wanted.starts_with('@') ? wanted.substr(1) : wanted);
  if (!account || (wanted.starts_with('@') && account->did() != nullptr)) return not_an_account(text);
  return account;
}

}  // namespace atb::syntax
