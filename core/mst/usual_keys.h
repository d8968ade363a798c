// Inside mst only: the quick check of a node's keys. Nearly all nodes break no rule; who breaks one, and
// which, the walk finds out by going over the keys again.
#pragma once

#include "core/base/bytes.h"
#include "core/base/limits.h"
#include "core/mst/key_check.h"
#include "core/mst/node.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace atb::mst {

// Writes the key of an entry to `out`, where `limit` bytes are free, of which a key may have so many. Empty
// when it is not as it should be: it comes after `previous`, and shares with it what it claims and no more.
std::string_view usual_key(char* out, std::size_t limit, std::string_view previous,
                           std::uint64_t prefix_length, std::string_view suffix);

class UsualKeys {
 public:
  using Bound = std::optional<std::string_view>;

  explicit UsualKeys(const Limits& limits) : limit_(limits.mst_key_bytes), text_(limit_ * kKeys) {}
  // The height of the keys where it is the same for all and nothing is wrong with any: built of canonical
  // prefixes, strictly ascending, inside the bounds, repo paths, with links to dag-cbor. Empty for anything
  // else, and for no keys at all.
  std::optional<unsigned> height(std::span<const Entry> entries, Bound lower, Bound upper);

 private:
  static constexpr std::size_t kKeys = 16;  // hashed side by side, and never all keys of a node at once

  bool flush();

  std::size_t limit_;
  std::vector<char> text_;  // the keys of `keys_`, one behind the other
  std::size_t used_ = 0;
  std::array<ByteView, kKeys> keys_;
  std::size_t count_ = 0;
  std::vector<unsigned> heights_;
  std::optional<unsigned> height_;
  KeyCheck key_check_;
};

}  // namespace atb::mst
