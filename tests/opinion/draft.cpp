#include "tests/opinion/draft.h"

#include "core/data/cbor.h"
#include "core/mst/node.h"

#include <algorithm>
#include <array>
#include <set>
#include <unordered_map>

namespace atb::test {
namespace {

bool relink_in(Bytes& block, const ipld::Cid& from, const ipld::Cid& to) {
  const auto old = from.bytes();
  const auto now = to.bytes();
  bool found = false;
  for (auto at = block.begin();;) {
    at = std::search(at, block.end(), old.begin(), old.end());
    if (at == block.end()) return found;
    std::copy(now.begin(), now.end(), at);
    found = true;
  }
}

struct Waiting {
  ipld::Cid cid;
  std::optional<unsigned> height;
  std::optional<std::string> lower;
  std::optional<std::string> upper;
};

}  // namespace

OpenNode open_node(ByteView block) {
  const mst::Node node = mst::decode_node(block, Limits{}).value();
  OpenNode open{node.left, {}};
  std::string key;
  for (const mst::Entry& entry : node.entries) {
    key = key.substr(0, static_cast<std::size_t>(entry.prefix_length)).append(entry.suffix);
    Leaf leaf(key, entry.subtree);
    leaf.value = entry.value;
    open.leaves.push_back(std::move(leaf));
  }
  return open;
}

Bytes close_node(const OpenNode& node) {
  MemoryBlocks blocks;
  (void)put_node(blocks, node.left, node.leaves);
  return blocks.blocks().front().second;
}

Draft::Draft(const Base& base) : key(&base.repo.key) {
  std::unordered_map<ipld::Cid, std::size_t> places;
  for (const NamedBlock& block : base.repo.blocks) {
    if (block.first == base.repo.commit) {
      commit = *data::decode_cbor(block.second, Limits{}).value().object();
      commit.remove("sig");
      continue;
    }
    places.emplace(block.first, blocks.size());
    blocks.push_back(block);
  }
  std::set<std::size_t> seen;
  std::vector<Waiting> waiting{{base.repo.data, {}, {}, {}}};
  while (!waiting.empty()) {
    const Waiting next = std::move(waiting.back());
    waiting.pop_back();
    const std::size_t place = places.at(next.cid);
    seen.insert(place);
    const OpenNode open = node(place);
    // Only the topmost node is asked for its height, and a whole tree's root has keys.
    const unsigned height =
        next.height ? *next.height : (open.leaves.empty() ? 0 : mst::key_height(open.leaves.front().key));
    nodes.push_back({place, height, next.lower, next.upper, open.leaves.size()});
    std::optional<std::string> lower = next.lower;
    Link link = open.left;
    for (std::size_t i = 0; i <= open.leaves.size(); ++i) {
      const bool last = i == open.leaves.size();
      if (link) waiting.push_back({*link, height - 1, lower, last ? next.upper : open.leaves[i].key});
      if (last) break;
      lower = open.leaves[i].key;
      link = open.leaves[i].subtree;
    }
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (!seen.contains(i)) records.push_back(i);
  }
}

void Draft::replace(std::size_t block, Bytes bytes, ipld::Codec codec) {
  const ipld::Cid old = blocks[block].first;
  const ipld::Cid now = ipld::Cid::of(codec, bytes);
  blocks[block] = {now, std::move(bytes)};
  if (now == old) return;
  const data::Value* data = commit.find("data");
  if (data != nullptr && data->link() != nullptr && *data->link() == old) commit.set("data", now);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (i == block) continue;
    Bytes above = blocks[i].second;
    if (relink_in(above, old, now)) replace(i, std::move(above), blocks[i].first.codec());
  }
}

ipld::Cid Draft::add(Bytes bytes, ipld::Codec codec) {
  const ipld::Cid cid = ipld::Cid::of(codec, bytes);
  blocks.emplace_back(cid, std::move(bytes));
  return cid;
}

Sealed Draft::seal(const Sign& sign) const {
  const Bytes message = data::encode_cbor(commit).value();
  data::Object whole = commit;
  if (sign) {
    whole.set("sig", sign(*key, message));
  } else {
    const auto signature = key->sign(message).value();
    whole.set("sig", Bytes(signature.begin(), signature.end()));
  }
  Bytes block = data::encode_cbor(whole).value();
  const ipld::Cid cid = ipld::Cid::of(ipld::Codec::dag_cbor, block);
  Sealed sealed{{cid}, {{cid, std::move(block)}}};
  sealed.blocks.insert(sealed.blocks.end(), blocks.begin(), blocks.end());
  return sealed;
}

Bytes file_of(Sealed sealed, Dice& dice) {
  auto& blocks = sealed.blocks;
  std::set<ipld::Cid> seen;
  std::erase_if(blocks, [&](const NamedBlock& block) { return !seen.insert(block.first).second; });
  switch (dice.below(3)) {
    case 0:  // depth-first, as it is
      break;
    case 1:  // the reference server's
      std::ranges::sort(blocks, std::greater{}, [](const NamedBlock& block) { return block.first.str(); });
      break;
    default:
      for (std::size_t i = blocks.size(); i > 1; --i) std::swap(blocks[i - 1], blocks[dice.below(i)]);
  }
  return car_of(sealed.roots, blocks);
}

}  // namespace atb::test
