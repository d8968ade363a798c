#include "core/look/query.h"

#include "core/base/text.h"

#include <fmt/format.h>

namespace atb::look {

bool Query::matches(std::string_view path) const {
  if (collection.empty()) return true;
  if (!path.starts_with(collection)) return false;
  path.remove_prefix(collection.size());
  if (!path.starts_with('/')) return path.empty() && record_key.empty();
  return record_key.empty() || path.substr(1) == record_key;
}

Status Query::check_account(const syntax::Did& did, const std::string& handle) const {
  if (!account) return {};
  if (account->did() != nullptr && *account->did() == did) return {};
  if (account->handle() != nullptr && account->handle()->str() == lower_ascii(handle)) return {};
  const std::string named = handle.empty() ? std::string() : fmt::format(" ({})", printable(handle));
  return fail(ErrorKind::not_found, "look.other_account",
              fmt::format("the backup is of {}{}, not of {}", did.str(), named, account->str()),
              "name its DID, or the backup of that account");
}

Result<Query> parse_query(std::string_view text) {
  Query query;
  if (text.empty()) return query;
  if (!text.starts_with("at://")) {
    query.collection = TRY(syntax::Nsid::parse(text)).str();
    return query;
  }
  syntax::AtUri uri = TRY(syntax::AtUri::parse(text));
  query.account = std::move(uri.authority);
  if (uri.collection) query.collection = uri.collection->str();
  if (uri.record_key) query.record_key = uri.record_key->str();
  return query;
}

Result<Query> parse_record_query(std::string_view text) {
  syntax::AtUri uri = TRY(syntax::AtUri::parse(text));
  if (!uri.record_key) {
    return fail(ErrorKind::invalid_input, "look.no_record_key",
                fmt::format("\"{}\" names no record", printable(text, 100)),
                "a record is at://ACCOUNT/COLLECTION/KEY; 'atbackup ls' lists them");
  }
  return Query{.account = std::move(uri.authority),
               .collection = uri.collection->str(),
               .record_key = uri.record_key->str()};
}

}  // namespace atb::look
