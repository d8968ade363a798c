// Trees made node by node, right or wrong on purpose, and a visitor that writes down what it is told.
#pragma once

#include "core/base/report.h"
#include "core/mst/node.h"
#include "core/mst/walker.h"
#include "tests/support/memory_blocks.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace atb::test {

using Link = std::optional<ipld::Cid>;

// The record every hand-made entry points to.
ipld::Cid some_record(ipld::Codec codec = ipld::Codec::dag_cbor);

// One entry of a hand-made node; the prefix is the right one unless said otherwise.
struct Leaf {
  Leaf(std::string key_, Link subtree_ = {})
      : key(std::move(key_)), subtree(subtree_) {}  // NOLINT(google-explicit-constructor)
  std::string key;
  Link subtree;
  ipld::Cid value = some_record();
  std::optional<std::uint64_t> claimed_prefix = std::nullopt;
};

// Encodes the node and puts it among the blocks.
ipld::Cid put_node(MemoryBlocks& blocks, const Link& left, const std::vector<Leaf>& leaves);

// A key "com.example.<collection>/<prefix>…" of exactly this height. The same arguments give the same key;
// keys with ascending prefixes of one length ascend.
std::string key_at(unsigned height, const std::string& prefix,
                   const std::string& collection = "com.example.test");

// Keys of a small tree: b and d on height 1, the others on height 0.
struct Keys {
  std::string a = key_at(0, "a");
  std::string b = key_at(1, "b");
  std::string c = key_at(0, "c");
  std::string d = key_at(1, "d");
  std::string e = key_at(0, "e");
};
const Keys& keys();
// The valid tree: root {a} b {c} d {e}.
ipld::Cid control(MemoryBlocks& blocks);

struct Heard final : mst::Visitor {
  Status node(const ipld::Cid& cid, ByteView block) override;
  Status record(std::string_view key, const ipld::Cid& cid) override;
  Status missing_node(const ipld::Cid& cid) override;

  std::vector<ipld::Cid> nodes;
  std::vector<std::string> keys;  // in the order told
  std::map<std::string, ipld::Cid> records;
  std::vector<ipld::Cid> missing;
  std::optional<std::size_t> fail_after;  // calls
  std::size_t calls = 0;

 private:
  Status count();
};

struct Walked {
  Result<mst::WalkStats> stats = mst::WalkStats{};
  Heard heard;
  Report report;

  bool clean() const { return stats && stats->breaches == 0 && report.findings().empty(); }
  // The ids of all findings, each once, sorted, with a space between: "mst.bounds mst.prefix".
  std::string ids() const;
  bool told(std::string_view key) const;
};

Walked walk_tree(MemoryBlocks& blocks, const ipld::Cid& root, const Limits& limits = {});

}  // namespace atb::test
