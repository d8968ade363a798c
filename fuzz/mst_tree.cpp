// Whole trees, also with cycles, shared nodes and missing ones. The input is a program that makes nodes:
//
//   node  = count(1: low 3 bits entries, bit 3 "has a left link") [link] entry*
//   entry = prefix(1) suffix(1: low 6 bits its length, bit 6 "has a subtree") bytes [link]
//   link  = number of a node (1); one that does not exist is a missing block; 255: codec raw
//
// The last node is the root. Blocks go by made-up CIDs here, as no true ones make a cycle. The same tree is
// also gathered from its blocks, and joined of its parts, which must come to what the walk comes to.
#include "core/base/cursor.h"
#include "core/mst/builder.h"
#include "core/mst/gathered_tree.h"
#include "core/mst/joined_tree.h"
#include "core/mst/walker.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "fuzz/target.h"

namespace atb::fuzz {
namespace {

constexpr std::size_t kMostNodes = 250;

ipld::Cid made_up(std::uint8_t number) {
  const auto codec = number == 255 ? ipld::Codec::raw : ipld::Codec::dag_cbor;
  const Bytes name = {'n', number};
  return {codec, crypto::sha256(name)};
}

// What all keys link to.
ipld::Cid record() { return ipld::Cid::of(ipld::Codec::dag_cbor, {}); }

class Nodes final : public ipld::BlockSource {
 public:
  explicit Nodes(ByteView program) {
    Cursor cursor(program);
    while (blocks_.size() < kMostNodes) {
      const auto node = read_node(cursor);
      if (!node) break;
      blocks_.emplace(made_up(static_cast<std::uint8_t>(blocks_.size())), mst::encode_node(*node));
    }
  }

  Result<ByteView> get(const ipld::Cid& cid, Bytes& buffer) override {
    const auto found = blocks_.find(cid);
    if (found == blocks_.end()) return fail(ErrorKind::not_found, "block.missing", "no such node");
    ++reads_;
    buffer = found->second;
    return ByteView(buffer);
  }

  const std::map<ipld::Cid, Bytes>& blocks() const { return blocks_; }
  std::size_t size() const { return blocks_.size(); }
  std::size_t reads() const { return reads_; }
  // To itself, to a later node, or to none: only then may there be a cycle, which no source that hashes its
  // blocks can hold.
  bool links_forward() const { return links_forward_; }
  ipld::Cid root() const { return made_up(static_cast<std::uint8_t>(blocks_.size() - 1)); }

  // The true CID of a node in a tree without fault: recursion ends, as its depth is limited.
  ipld::Cid true_cid(const ipld::Cid& name) const {
    mst::Node node = mst::decode_node(blocks_.at(name), Limits{}).value();
    if (node.left) node.left = true_cid(*node.left);
    for (mst::Entry& entry : node.entries) {
      if (entry.subtree) entry.subtree = true_cid(*entry.subtree);
    }
    return ipld::Cid::of(ipld::Codec::dag_cbor, mst::encode_node(node));
  }

 private:
  Result<ipld::Cid> read_link(Cursor& cursor) {
    const std::uint8_t number = TRY(cursor.byte());
    links_forward_ = links_forward_ || number >= blocks_.size();
    return made_up(number);
  }

  Result<mst::Node> read_node(Cursor& cursor) {
    mst::Node node;
    const std::uint8_t head = TRY(cursor.byte());
    if ((head & 8U) != 0) node.left = TRY(read_link(cursor));
    for (unsigned i = 0; i < (head & 7U); ++i) {
      const std::uint8_t prefix = TRY(cursor.byte());
      mst::Entry entry{prefix, {}, record(), {}};
      const std::uint8_t suffix = TRY(cursor.byte());
      entry.suffix = as_text(TRY(cursor.take(suffix & 63U)));
      if ((suffix & 64U) != 0) entry.subtree = TRY(read_link(cursor));
      node.entries.push_back(entry);
    }
    return node;
  }

  std::map<ipld::Cid, Bytes> blocks_;
  std::size_t reads_ = 0;
  bool links_forward_ = false;
};

class Collector final : public mst::Visitor {
 public:
  Status node(const ipld::Cid& cid, ByteView block) override {
    ++nodes_;
    // One without keys can be told apart from its twin elsewhere only further down.
    const bool again = !in_place_.insert(cid).second;
    require(!again || mst::decode_node(block, Limits{})->entries.empty(),
            "a node with keys is in place once");
    return {};
  }
  Status record(std::string_view key, const ipld::Cid& cid) override {
    require(keys_.empty() || keys_.back().first < key, "keys come in ascending order");
    keys_.emplace_back(key, cid);
    return {};
  }
  Status missing_node(const ipld::Cid&) override {
    ++missing_;
    return {};
  }
  const auto& keys() const { return keys_; }
  std::size_t nodes() const { return nodes_; }
  std::size_t missing() const { return missing_; }

 private:
  std::set<ipld::Cid> in_place_;
  std::vector<std::pair<std::string, ipld::Cid>> keys_;
  std::size_t nodes_ = 0;
  std::size_t missing_ = 0;
};

class Nowhere final : public ipld::BlockSink {
 public:
  Status put(const ipld::Cid&, ByteView) override { return {}; }
};

ipld::Cid canonical_root(const Collector& seen) {
  Nowhere nowhere;
  mst::Builder builder(nowhere);
  for (const auto& [key, cid] : seen.keys())
    require(builder.add(key, cid).has_value(), "the keys of a walk can be built from");
  return builder.finish().value();
}

std::optional<mst::WholeTree> gather(const Nodes& nodes, const Limits& limits) {
  constexpr mst::GatherReader::Salt salt = {1, 2, 3, 4, 5, 6, 7, 8};
  mst::GatherReader first(limits, salt, 0);
  mst::GatherReader second(limits, salt, 0);
  const std::array<mst::GatherReader*, 2> readers{&first, &second};
  first.begin();
  second.begin();
  std::size_t count = 0;
  for (const auto& [cid, block] : nodes.blocks()) {
    if (!readers[++count % 2]->node(cid, block)) return std::nullopt;
  }
  if (!first.record(record(), 1) || !first.end() || !second.end()) return std::nullopt;
  return mst::gathered_tree(nodes.root(), readers, limits);
}

// The tree as it would lie in a depth-first file, taken in parts of so many blocks.
class Joining {
 public:
  Joining(const Nodes& nodes, const Limits& limits, std::size_t run)
      : nodes_(nodes), reader_(limits), tree_(nodes.root(), limits), run_(run) {}

  std::optional<mst::WholeTree> join() {
    reader_.begin();
    pass_node(nodes_.root());
    const std::array<mst::PartReader*, 1> readers{&reader_};
    return end_part() ? tree_.whole(readers) : std::nullopt;
  }

 private:
  void pass_node(const ipld::Cid& cid) {
    const auto found = nodes_.blocks().find(cid);
    if (found == nodes_.blocks().end()) return;
    if (!before_block()) return;
    usual_ = reader_.node(found->first, found->second);
    if (!usual_) return;
    const mst::Node node = mst::decode_node(found->second, Limits{}).value();
    if (node.left) pass_node(*node.left);
    for (const mst::Entry& entry : node.entries) {
      if (!before_block()) return;
      usual_ = reader_.record(record_, 1);
      if (!usual_) return;
      if (entry.subtree) pass_node(*entry.subtree);
    }
  }

  bool before_block() {
    // In a ring there would be no end to it.
    usual_ = usual_ && ++passed_ < 10 * kMostNodes;
    if (usual_ && passed_ % run_ == 0) {
      usual_ = end_part();
      reader_.begin();
    }
    return usual_;
  }

  bool end_part() { return usual_ && reader_.end(part_) && tree_.add(part_); }

  const Nodes& nodes_;
  const ipld::Cid record_ = record();  // what all entries link to
  mst::PartReader reader_;
  mst::JoinedTree tree_;
  mst::TreePart part_;
  std::size_t run_;
  std::size_t passed_ = 0;
  bool usual_ = true;
};

std::vector<std::pair<std::string, std::uint64_t>> collections_of(const Collector& seen) {
  std::map<std::string, std::uint64_t> counts;
  for (const auto& [key, cid] : seen.keys()) ++counts[key.substr(0, key.find('/'))];
  return {counts.begin(), counts.end()};
}

// A node that no link leads to, and longer keys than are kept are for the walk.
bool to_be_gathered(const Nodes& nodes, const Collector& seen) {
  return seen.nodes() == nodes.size() && !seen.keys().empty() &&
         std::ranges::all_of(seen.keys(), [](const auto& entry) { return entry.first.size() < 200; });
}

}  // namespace

void fuzz_one(std::span<const std::uint8_t> input) {
  Nodes nodes(input);
  if (nodes.size() == 0) return;
  Collector seen;
  Report findings;
  const Limits limits;
  const auto stats = mst::walk(nodes, nodes.root(), limits, seen, findings, {});
  require(stats.has_value(), "a walk ends, whatever the tree");
  const std::size_t reads_each = nodes.links_forward() ? limits.mst_depth + 1 : 2;
  require(nodes.reads() <= reads_each * nodes.size(), "no node is read more than twice");
  require(stats->records == seen.keys().size() && stats->nodes == seen.nodes() &&
              stats->missing_nodes == seen.missing(),
          "a walk counts what it tells");
  require((stats->breaches == 0) == findings.findings().empty(), "every breach is a finding");
  const bool clean = stats->breaches == 0 && stats->missing_nodes == 0;
  if (clean)
    require(nodes.true_cid(nodes.root()) == canonical_root(seen),
            "a tree without fault is the canonical one");
  const auto as_walked = [&](const mst::WholeTree& whole) {
    return clean && whole.nodes == stats->nodes && whole.records == stats->records &&
           whole.record_bytes == stats->records && whole.height == stats->height &&
           whole.collections == collections_of(seen);
  };
  if (const auto whole = gather(nodes, limits)) {
    require(as_walked(*whole), "what is gathered whole is whole to a walk");
  } else {
    require(!clean || !to_be_gathered(nodes, seen), "what a walk finds whole is gathered");
  }
  for (const std::size_t run : {std::size_t{1}, std::size_t{3}, std::size_t{1000}}) {
    if (const auto whole = Joining(nodes, limits, run).join()) {
      require(as_walked(*whole), "what is joined of parts is whole to a walk");
    } else {
      require(!clean || seen.keys().empty(), "what a walk finds whole is joined of parts");
    }
  }
}

}  // namespace atb::fuzz
