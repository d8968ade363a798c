// What someone wants to see of a backup: an account, a collection of it, or one record.
#pragma once

#include "core/syntax/at_uri.h"

#include <optional>
#include <string>
#include <string_view>

namespace atb::look {

struct Query {
  std::optional<syntax::AtIdentifier> account;  // empty: whichever it is
  std::string collection;                       // empty: all
  std::string record_key;                       // empty: all

  // Is the record at this path of a repository asked for? The path may break every rule of syntax.
  bool matches(std::string_view path) const;
  // Id "look.other_account" (kind not_found) when the backup is of another account than was asked for. A
  // handle is held against the one that the backup names: offline nothing proves it.
  Status check_account(const syntax::Did& did, const std::string& handle) const;
};

// An AT-URI, or a collection such as app.bsky.feed.post; "" asks for everything. Ids "at_uri.syntax",
// "nsid.syntax".
Result<Query> parse_query(std::string_view text);
// An AT-URI that names a record: id "look.no_record_key" when it names less.
Result<Query> parse_record_query(std::string_view text);

}  // namespace atb::look
