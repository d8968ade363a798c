#include "core/repo/builder.h"

#include "core/data/cbor.h"
#include "core/mst/builder.h"
#include "core/mst/node.h"

#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace atb::repo {
namespace {

class NodeStore final : public ipld::BlockSink {
 public:
  Status put(const ipld::Cid& cid, ByteView block) override {
    nodes_.try_emplace(cid, to_bytes(block));
    return {};
  }
  const Bytes& at(const ipld::Cid& cid) const { return nodes_.at(cid); }

 private:
  std::unordered_map<ipld::Cid, Bytes> nodes_;
};

// Hands on each block once: two records may be the same bytes.
class OnceSink {
 public:
  explicit OnceSink(ipld::BlockSink& out) : out_(&out) {}
  Status put(const ipld::Cid& cid, ByteView block) {
    if (!written_.insert(cid).second) return {};
    return out_->put(cid, block);
  }

 private:
  ipld::BlockSink* out_;
  std::unordered_set<ipld::Cid> written_;
};

struct Level {
  mst::Node node;
  std::size_t next = 0;  // 0 is the left subtree, then entries from 1
};

}  // namespace

Status Builder::put(const syntax::RepoPath& path, const data::Value& record) {
  put_raw(path.str(), TRY(data::encode_cbor(record)));
  return {};
}

void Builder::put_raw(std::string key, Bytes block) {
  const ipld::Cid cid = ipld::Cid::of(ipld::Codec::dag_cbor, block);
  records_.insert_or_assign(std::move(key), Record{cid, std::move(block)});
}

void Builder::remove(const std::string& key) { records_.erase(key); }

Result<BuiltRepo> Builder::build(const syntax::Did& did, const syntax::Tid& rev,
                                 const crypto::PrivateKey& sign, ipld::BlockSink& sink) const {
  NodeStore nodes;
  mst::Builder tree(nodes);
  for (const auto& [key, record] : records_) TRY(tree.add(key, record.cid));
  const ipld::Cid root = TRY(tree.finish());

  Commit commit{did, 3, root, rev, {}, true, {}};
  TRY(sign_commit(commit, sign));
  const Bytes commit_block = encode_commit(commit);
  const ipld::Cid commit_cid = ipld::Cid::of(ipld::Codec::dag_cbor, commit_block);

  OnceSink out(sink);
  TRY(out.put(commit_cid, commit_block));
  std::vector<Level> stack;
  const auto descend = [&](const ipld::Cid& cid) -> Status {
    const Bytes& block = nodes.at(cid);
    auto node = TRY(mst::decode_node(block, Limits{}));
    stack.push_back({std::move(node), 0});
    return out.put(cid, block);
  };
  TRY(descend(root));
  auto record = records_.begin();  // depth-first order is key order
  while (!stack.empty()) {
    Level& level = stack.back();
    if (level.next > level.node.entries.size()) {
      stack.pop_back();
      continue;
    }
    const std::size_t at = level.next++;
    if (at > 0) {
      TRY(out.put(record->second.cid, record->second.block));
      ++record;
    }
    const std::optional<ipld::Cid> link = at == 0 ? level.node.left : level.node.entries[at - 1].subtree;
    if (link) TRY(descend(*link));
  }
  return BuiltRepo{commit_cid, root};
}

}  // namespace atb::repo
