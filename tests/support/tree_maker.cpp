#include "tests/support/tree_maker.h"

#include <algorithm>
#include <set>
#include <stdexcept>

namespace atb::test {

ipld::Cid some_record(ipld::Codec codec) { return ipld::Cid::of(codec, as_bytes("a record")); }

ipld::Cid put_node(MemoryBlocks& blocks, const Link& left, const std::vector<Leaf>& leaves) {
  mst::Node node;
  node.left = left;
  std::string_view previous;
  for (const Leaf& leaf : leaves) {
    const std::uint64_t prefix = leaf.claimed_prefix.value_or(mst::common_prefix(previous, leaf.key));
    // A prefix claimed too long still needs a suffix: then there is nothing left of the key.
    const std::string_view suffix =
        std::string_view(leaf.key).substr(std::min<std::size_t>(prefix, leaf.key.size()));
    node.entries.push_back({prefix, suffix, leaf.value, leaf.subtree});
    previous = leaf.key;
  }
  return blocks.add(mst::encode_node(node));
}

std::string key_at(unsigned height, const std::string& prefix, const std::string& collection) {
  for (unsigned i = 0; i < 10'000'000; ++i) {
    std::string key = collection + "/" + prefix + "." + std::to_string(i);
    if (mst::key_height(key) == height) return key;
  }
  throw std::runtime_error("no key of this height found");
}

const Keys& keys() {
  static const Keys all;
  return all;
}

ipld::Cid control(MemoryBlocks& blocks) {
  const Keys& k = keys();
  const auto a = put_node(blocks, {}, {k.a});
  const auto c = put_node(blocks, {}, {k.c});
  const auto e = put_node(blocks, {}, {k.e});
  return put_node(blocks, a, {{k.b, c}, {k.d, e}});
}

Status Heard::count() {
  if (fail_after && calls == *fail_after)
    return fail(ErrorKind::io, "test.visitor", "the visitor has enough");
  ++calls;
  return {};
}

Status Heard::node(const ipld::Cid& cid, ByteView block) {
  TRY(count());
  if (ipld::Cid::of(ipld::Codec::dag_cbor, block) != cid)
    return fail(ErrorKind::internal, "test.block", "a wrong block was told");
  nodes.push_back(cid);
  return {};
}

Status Heard::record(std::string_view key, const ipld::Cid& cid) {
  TRY(count());
  keys.emplace_back(key);
  records.emplace(key, cid);
  return {};
}

Status Heard::missing_node(const ipld::Cid& cid) {
  TRY(count());
  missing.push_back(cid);
  return {};
}

std::string Walked::ids() const {
  std::set<std::string> all;
  for (const Finding& finding : report.findings()) all.insert(finding.id);
  std::string text;
  for (const std::string& id : all) text += (text.empty() ? "" : " ") + id;
  return text;
}

bool Walked::told(std::string_view key) const {
  return std::ranges::find(heard.keys, key) != heard.keys.end();
}

Walked walk_tree(MemoryBlocks& blocks, const ipld::Cid& root, const Limits& limits) {
  Walked walked;
  walked.stats = mst::walk(blocks, root, limits, walked.heard, walked.report, {});
  return walked;
}

}  // namespace atb::test
