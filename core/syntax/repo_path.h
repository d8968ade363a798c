// A record's path in a repository: "collection/record-key" (https://atproto.com/specs/repository#repo-paths).
#pragma once

#include "core/syntax/nsid.h"
#include "core/syntax/record_key.h"

namespace atb::syntax {

struct RepoPath {
  Nsid collection;
  RecordKey record_key;

  // Ids "path.syntax", "nsid.syntax", "record_key.syntax".
  static Result<RepoPath> parse(std::string_view text);
  std::string str() const { return collection.str() + "/" + record_key.str(); }
};

}  // namespace atb::syntax
