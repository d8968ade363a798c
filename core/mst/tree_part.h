// A tree whose blocks lie depth-first, as a walk meets them, proven in parts: each part, a run of
// neighbouring blocks, by itself and in whatever thread (PartReader), then joined to those before it
// (joined_tree.h). Most blocks of a part belong to nodes in the same part and are settled there, while they
// are in the cache of one core; what is left for joining are the few that belong to nodes of earlier parts,
// and the nodes that later ones go on with.
//
// As in gathered_tree.h the answers are "so far whole" and "I cannot say".
#pragma once

#include "core/base/limits.h"
#include "core/ipld/cid.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace atb::mst {

// What joining needs of a part. Holds its own bytes; used again for its memory.
struct TreePart {
  // In `text`.
  struct Key {
    std::uint32_t at = 0;
    std::uint32_t bytes = 0;
  };
  // A block that a node of an earlier part links to, in the order of the file.
  struct Outer {
    crypto::Digest digest{};
    bool is_node = false;
    bool has_keys = false;           // of a node
    std::optional<unsigned> height;  // of a node; empty when no key of this part tells it
    Key first;                       // of the records below that node that are in this part: the least key,
    Key last;                        // the greatest. A key is never empty, so empty stands for none
  };
  // A link that was not come to, and for one to a record its key.
  struct Slot {
    crypto::Digest digest{};
    bool is_node = false;
    Key key;
  };
  // A node that is not through: its links to come.
  struct Level {
    std::optional<unsigned> height;
    std::uint32_t slots = 0;
  };

  std::vector<Outer> outer;
  std::vector<Level> levels;  // below outer.back(), each the child of the one before
  std::vector<Slot> slots;    // of the first level, then of the second…
  std::string text;

  std::string_view key(const Key& key) const { return std::string_view(text).substr(key.at, key.bytes); }
};

// What all parts of one reader hold together.
struct PartTotals {
  std::uint64_t nodes = 0;
  std::uint64_t records = 0;  // keys
  std::uint64_t record_bytes = 0;
  std::vector<std::pair<std::string, std::uint64_t>> collections;  // with counts of keys
};

// For one part after another, in one thread at a time.
class PartReader {
 public:
  explicit PartReader(const Limits& limits);
  ~PartReader();
  void begin();
  // A block passes, whose hash is known to be right; it and its CID live until end(). False: give up.
  bool node(const ipld::Cid& cid, ByteView block);
  bool record(const ipld::Cid& cid, std::size_t bytes);
  bool end(TreePart& part);

  PartTotals totals() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace atb::mst
