#include "core/migrate/import_difference.h"

#include "core/migrate/import_car.h"
#include "core/mst/node.h"
#include "core/mst/walker.h"

#include <algorithm>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace atb::migrate {
namespace {

// 50 CIDs make an address of some 3.5 kB, which every server and proxy takes.
constexpr std::size_t kBatch = 50;
// A tree of which so much more than a quarter is other than ours is not asked for to its end.
constexpr std::size_t kAlwaysAsked = 200;

using Leaf = std::pair<std::string, ipld::Cid>;

class OwnNodes final : public mst::Visitor {
 public:
  Status node(const ipld::Cid& cid, ByteView) override {
    cids.insert(cid);
    return {};
  }
  Status record(std::string_view, const ipld::Cid&) override { return {}; }
  Status missing_node(const ipld::Cid& cid) override {
    return fail(ErrorKind::corrupt, "block.missing", "the tree node " + cid.str() + " is not there");
  }
  std::unordered_set<ipld::Cid> cids;
};

// What the host's tree has in common with ours, and which records it has besides.
class HostTree {
 public:
  HostTree(Move& move, const std::unordered_set<ipld::Cid>& own) : move_(move), own_(own) {}

  // False: it is not to be had, or is another one altogether.
  Result<bool> read(const ipld::Cid& root) {
    note(root);
    const std::size_t most = kAlwaysAsked + own_.size() / 4;
    std::size_t asked = 0;
    while (!wanted_.empty()) {
      const std::vector<ipld::Cid> level = std::exchange(wanted_, {});
      asked += level.size();
      if (asked > most) return false;
      for (std::size_t begin = 0; begin < level.size(); begin += kBatch) {
        const auto batch = std::span(level).subspan(begin, std::min(kBatch, level.size() - begin));
        auto blocks = read_blocks(move_, move_.new_host, batch);
        if (!blocks && blocks.error().kind == ErrorKind::cancelled) return blocks.error();
        if (!blocks || blocks->size() < batch.size()) return false;
        for (const auto& [cid, block] : *blocks) {
          if (!take(block)) return false;
        }
      }
    }
    std::ranges::sort(leaves_);
    return !shared_.empty();
  }

  bool shares(const ipld::Cid& node) const { return shared_.contains(node); }
  bool has(const Leaf& leaf) const { return std::ranges::binary_search(leaves_, leaf); }

 private:
  void note(const ipld::Cid& node) {
    if (own_.contains(node)) {
      shared_.insert(node);
    } else if (seen_.insert(node).second) {
      wanted_.push_back(node);
    }
  }

  // False for what is no node. Whoever tells of records that are not there sees the import fail, or end in
  // another tree, and gets the whole then.
  bool take(const Bytes& block) {
    const auto node = mst::decode_node(block, move_.context.limits);
    if (!node) return false;
    if (node->left) note(*node->left);
    std::string key;
    for (const mst::Entry& entry : node->entries) {
      if (entry.prefix_length > key.size()) return false;
      key.resize(static_cast<std::size_t>(entry.prefix_length));
      key += entry.suffix;
      if (key.size() > move_.context.limits.mst_key_bytes) return false;
      leaves_.emplace_back(key, entry.value);
      if (entry.subtree) note(*entry.subtree);
    }
    return true;
  }

  Move& move_;
  const std::unordered_set<ipld::Cid>& own_;
  std::unordered_set<ipld::Cid> shared_;
  std::unordered_set<ipld::Cid> seen_;
  std::vector<ipld::Cid> wanted_;
  std::vector<Leaf> leaves_;
};

// Our nodes and records that the host lacks. The tree is proven: its keys are what they should be.
class Difference {
 public:
  Difference(Move& move, ipld::BlockSource& blocks, const HostTree& theirs, std::uint64_t limit)
      : move_(move), blocks_(blocks), theirs_(theirs), limit_(limit) {}

  // Null: larger than the limit.
  Result<std::unique_ptr<CarToSend>> collect(const ipld::Cid& root) {
    car_ = TRY(CarToSend::begin(move_));
    std::vector<ipld::Cid> todo = {root};
    while (!todo.empty()) {
      TRY(check_stop(move_.stop()));
      const ipld::Cid cid = todo.back();
      todo.pop_back();
      if (theirs_.shares(cid)) continue;
      TRY(take_node(cid, todo));
      if (limit_ != 0 && car_->bytes() > limit_) return std::unique_ptr<CarToSend>();
    }
    return std::move(car_);
  }

 private:
  Status take_node(const ipld::Cid& cid, std::vector<ipld::Cid>& todo) {
    const ByteView block = TRY(blocks_.get(cid, node_buffer_));
    TRY(car_->put(cid, block));
    const mst::Node node = TRY(mst::decode_node(block, move_.context.limits));
    if (node.left) todo.push_back(*node.left);
    std::string key;
    for (const mst::Entry& entry : node.entries) {
      key.resize(std::min(key.size(), static_cast<std::size_t>(entry.prefix_length)));
      key += entry.suffix;
      if (entry.subtree) todo.push_back(*entry.subtree);
      if (theirs_.has({key, entry.value})) continue;
      const ByteView record = TRY(blocks_.get(entry.value, record_buffer_));
      TRY(car_->put(entry.value, record));
    }
    return {};
  }

  Move& move_;
  ipld::BlockSource& blocks_;
  const HostTree& theirs_;
  std::uint64_t limit_;
  std::unique_ptr<CarToSend> car_;
  Bytes node_buffer_;
  Bytes record_buffer_;
};

}  // namespace

Result<bool> import_difference(Move& move, backup::Repository& repository, const LastCommit& last,
                               std::uint64_t limit) {
  const auto head = read_head(move, move.new_host);
  if (!head && head.error().kind == ErrorKind::cancelled) return head.error();
  if (!head) return false;
  OwnNodes own;
  Report broken;
  TRY(mst::walk(repository.blocks(), last.commit.data, move.context.limits, own, broken, move.stop()));
  HostTree theirs(move, own.cids);
  if (!TRY(theirs.read(head->commit.data))) return false;
  const auto car = TRY(Difference(move, repository.blocks(), theirs, limit).collect(last.commit.data));
  if (car == nullptr) return false;
  const HeadAndSections whole = TRY(car->under(last.cid, last.block));
  if (limit != 0 && whole.size() > limit) return false;
  move.context.log.write(LogLevel::info, "migrate",
                         "the new host has an older state of the repository: only what differs is sent");
  const xrpc::Client client = TRY(move.new_host.client());
  TRY(xrpc::import_repo(client, whole, move.stop()));
  return true;
}

}  // namespace atb::migrate
