// Inside mst only: nodes that passed, each kept in some fifty bytes, for holding them against each other when
// all have passed. What is kept: the height, the links to subtrees, and of the keys the first, the last and
// those beside a link. Whatever lies between was held against its neighbours when the node was there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atb::mst {

// A key: the number of its collection, and its record key.
struct KeptKey {
  std::uint16_t collection;
  std::string_view record_key;
};

class KeptNodes {
 public:
  static constexpr unsigned kPlaceBits = 29;

  // Writing: begin(), then keys and links in the order of the tree, then end().
  void begin(std::optional<unsigned> height);
  // The owner's number of a link.
  void link(std::uint32_t number);
  // False: too long to be kept.
  bool key(const KeptKey& key);
  // Where it lies, below 2^kPlaceBits. Empty when there is no more room.
  std::optional<std::uint32_t> end();
  // Fetches what read() will touch.
  void fetch(std::uint32_t place) const;

  // One node, read. Used again for its memory.
  struct Item {
    bool is_link;
    std::uint16_t collection;  // of a key
    std::uint32_t at;          // of a key, in `text`; of a link, the number
    std::uint32_t size;
  };
  struct Read {
    std::optional<unsigned> height;
    std::vector<Item> items;
    std::string text;
    KeptKey key(const Item& item) const {
      return {item.collection, std::string_view(text).substr(item.at, item.size)};
    }
  };
  void read(std::uint32_t place, Read& node) const;

 private:
  static constexpr std::size_t kChunk = 64U << 10;
  static constexpr std::size_t kUnit = 4;  // bytes that a place counts

  std::vector<std::unique_ptr<std::uint8_t[]>> chunks_;
  std::size_t used_ = kChunk;       // of the last one
  std::vector<std::uint8_t> node_;  // being written
  std::string previous_;            // record key, of the node being written
  std::uint16_t collection_ = 0;    // its collection
  bool any_ = false;
};

}  // namespace atb::mst
