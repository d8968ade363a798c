#include "core/mst/builder.h"

#include "core/base/text.h"
#include "core/mst/node.h"

#include <fmt/core.h>

#include <string>
#include <vector>

namespace atb::mst {
namespace {

// A node that still grows, with whole keys.
struct OpenNode {
  struct Item {
    std::string key;
    ipld::Cid value;
    std::optional<ipld::Cid> subtree;
  };
  std::optional<ipld::Cid> left;
  std::vector<Item> items;

  bool unused() const { return !left && items.empty(); }
  void append_subtree(const ipld::Cid& cid) { (items.empty() ? left : items.back().subtree) = cid; }
};

}  // namespace

struct Builder::State {
  ipld::BlockSink* sink;
  std::vector<OpenNode> levels;  // by height
  std::string last_key;
  bool any = false;
  bool ended = false;

  Result<ipld::Cid> write(OpenNode& open) {
    Node node;
    node.left = open.left;
    node.entries.reserve(open.items.size());
    std::string_view previous;
    for (const auto& item : open.items) {
      const std::size_t shared = common_prefix(previous, item.key);
      node.entries.push_back({shared, std::string_view(item.key).substr(shared), item.value, item.subtree});
      previous = item.key;
    }
    const Bytes block = encode_node(node);
    const ipld::Cid cid = ipld::Cid::of(ipld::Codec::dag_cbor, block);
    TRY(sink->put(cid, block));
    open.left.reset();
    open.items.clear();
    return cid;
  }

  // Closes what lies below `height` and hangs it where it belongs: a key of that height comes next, or none
  // at all.
  Status close_below(std::size_t height) {
    for (std::size_t level = 0; level < height; ++level) {
      if (!levels[level].unused()) levels[level + 1].append_subtree(TRY(write(levels[level])));
    }
    return {};
  }

  Result<ipld::Cid> close_all() {
    if (levels.empty()) levels.resize(1);
    const std::size_t top = levels.size() - 1;
    TRY(close_below(top));
    return write(levels[top]);
  }
};

Builder::Builder(ipld::BlockSink& sink) : state_(std::make_unique<State>()) { state_->sink = &sink; }
Builder::~Builder() = default;

Status Builder::add(std::string_view key, const ipld::Cid& value) {
  State& s = *state_;
  if (s.ended) return fail(ErrorKind::internal, "mst.builder_ended", "a key was added to a finished tree");
  if (s.any && key <= s.last_key) {
    return fail(ErrorKind::invalid_input, "mst.key_order",
                fmt::format("key \"{}\" does not come after \"{}\"", printable(key, 200),
                            printable(s.last_key, 200)));
  }
  const unsigned height = key_height(key);
  if (s.levels.size() <= height) s.levels.resize(height + 1);
  TRY(s.close_below(height));
  s.levels[height].items.push_back({std::string(key), value, std::nullopt});
  s.last_key = key;
  s.any = true;
  return {};
}

Result<ipld::Cid> Builder::root_so_far() {
  if (state_->ended) return fail(ErrorKind::internal, "mst.builder_ended", "the tree is finished already");
  State copy = *state_;
  return copy.close_all();
}

Result<ipld::Cid> Builder::finish() {
  State& s = *state_;
  if (s.ended) return fail(ErrorKind::internal, "mst.builder_ended", "a tree was finished twice");
  s.ended = true;
  return s.close_all();
}

}  // namespace atb::mst
