#include "core/mst/key_check.h"

#include "core/syntax/nsid.h"
#include "core/syntax/record_key_rule.h"

namespace atb::mst {

KeyCheck::Verdict KeyCheck::check(std::string_view key) {
  std::size_t slash = collection_.size();
  const bool as_before =
      slash != 0 && key.size() > slash && key[slash] == '/' && key.starts_with(collection_);
  if (!as_before) {
    slash = key.find('/');
    if (slash == std::string_view::npos) return Verdict::not_a_path;
    const std::string_view collection = key.substr(0, slash);
    const auto nsid = syntax::Nsid::parse(collection);
    if (!nsid) return Verdict::not_a_path;
    collection_ = collection;
    normal_ = nsid->is_normal();
  }
  if (!syntax::is_record_key(key.substr(slash + 1))) return Verdict::not_a_path;
  return normal_ ? Verdict::good : Verdict::not_normal;
}

}  // namespace atb::mst
