#include "core/mst/key_check.h"

#include "core/syntax/repo_path.h"

namespace atb::mst {

KeyCheck::Verdict KeyCheck::check(std::string_view key) {
  const std::size_t slash = key.find('/');
  if (slash == std::string_view::npos) return Verdict::not_a_path;
  const std::string_view collection = key.substr(0, slash);
  if (collection_.empty() || collection != collection_) {
    const auto nsid = syntax::Nsid::parse(collection);
    if (!nsid) return Verdict::not_a_path;
    collection_ = collection;
    normal_ = nsid->is_normal();
  }
  if (!syntax::RecordKey::parse(key.substr(slash + 1))) return Verdict::not_a_path;
  return normal_ ? Verdict::good : Verdict::not_normal;
}

}  // namespace atb::mst
