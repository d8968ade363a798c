#include "core/syntax/repo_path.h"

#include "core/base/text.h"

#include <fmt/format.h>

namespace atb::syntax {

Result<RepoPath> RepoPath::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || text.find('/', slash + 1) != std::string_view::npos) {
    return fail(ErrorKind::invalid_input, "path.syntax",
                fmt::format("\"{}\" is not the path of a record", printable(text, 100)),
                "a path looks like app.bsky.feed.post/3jzfcijpj2z2a");
  }
  Nsid collection = TRY(Nsid::parse(text.substr(0, slash)));
  RecordKey key = TRY(RecordKey::parse(text.substr(slash + 1)));
  return RepoPath{std::move(collection), std::move(key)};
}

}  // namespace atb::syntax
