#include "tests/support/typical_repo.h"

#include "core/base/buffered_sink.h"
#include "core/car/writer.h"
#include "core/mst/builder.h"
#include "core/mst/node.h"
#include "core/os/file_system.h"
#include "tests/support/typical_records.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace atb::test {
namespace {

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().id + ": " + result.error().message);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

// A file without a name, gone with the object.
class Scratch {
 public:
  explicit Scratch(const std::string& path) {
    os::FileSystem& fs = os::posix_file_system();
    file_ = must(fs.create(path));
    must(fs.remove(path));
  }
  os::WritableFile& file() { return *file_; }

 private:
  std::unique_ptr<os::WritableFile> file_;
};

// The nodes as the builder makes them, children first; read again from the root.
class NodeFile final : public ipld::BlockSink {
 public:
  explicit NodeFile(const std::string& path) : scratch_(path), buffered_(scratch_.file()) {}

  Status put(const ipld::Cid& cid, ByteView block) override {
    places_.push_back({cid.digest(), bytes_, static_cast<std::uint32_t>(block.size())});
    bytes_ += block.size();
    return buffered_.write(block);
  }
  void seal() {
    must(buffered_.flush());
    std::ranges::sort(places_, {}, &Place::digest);
  }
  Bytes read(const ipld::Cid& cid) {
    const auto place = std::ranges::lower_bound(places_, cid.digest(), {}, &Place::digest);
    if (place == places_.end() || place->digest != cid.digest()) throw std::logic_error("a node is gone");
    Bytes block(place->length);
    must(read_exactly_at(scratch_.file(), place->offset, block));
    return block;
  }
  std::uint64_t size() const { return places_.size(); }

 private:
  struct Place {
    crypto::Digest digest;
    std::uint64_t offset;
    std::uint32_t length;
  };
  Scratch scratch_;
  BufferedSink buffered_;
  std::vector<Place> places_;
  std::uint64_t bytes_ = 0;
};

// Where a section lies in the depth-first CAR, and what its place in another order depends on.
struct Section {
  std::int64_t rev_us;
  crypto::Digest digest;
  std::uint64_t offset;
  std::uint32_t length;
};

// What matters of a key for the nodes beside it.
struct Neighbour {
  std::string key;
  std::int64_t time_us;
  unsigned height;
};

Neighbour neighbour(const TypicalRecord& record) {
  return {record.key, record.time_us, mst::key_height(record.key)};
}

// When a node came to be that the server still has: the account grew record by record. Its keys are of
// `newest_us` at the latest. Beyond that it takes, on either side, that whenever since then the nearest key
// there was higher than the node: else that key was in the node too, and the node another. Keys in the order
// of their distance.
std::int64_t born_us(std::int64_t newest_us, unsigned height, std::span<const Neighbour> side) {
  std::int64_t nearest_since = INT64_MAX;
  for (const Neighbour& key : side) {
    if (key.time_us > nearest_since) continue;  // hidden behind a nearer one, all the time
    if (key.height <= height) return std::max(newest_us, nearest_since);
    if (key.time_us <= newest_us) break;
    nearest_since = key.time_us;
  }
  return newest_us;
}

// Walks the tree and makes the records again beside it.
class DepthFirst {
 public:
  DepthFirst(const RepoOptions& options, NodeFile& nodes, car::Writer& writer, std::vector<Section>* sections)
      : nodes_(nodes),
        writer_(writer),
        sections_(sections),
        records_(options.records, options.seed, options.rev_us) {
    TypicalRecords firsts(options.records, options.seed, options.rev_us);
    for (TypicalRecord record; firsts.next(record); firsts.skip_collection()) {
      firsts_.push_back(neighbour(record));
    }
    more_ = records_.next(upcoming_);
  }

  void put(const ipld::Cid& cid, ByteView block, std::int64_t rev_us) {
    const std::uint64_t before = writer_.bytes_written();
    must(writer_.put(cid, block));
    if (sections_ == nullptr) return;
    sections_->push_back(
        {rev_us, cid.digest(), before, static_cast<std::uint32_t>(writer_.bytes_written() - before)});
  }

  void walk(const ipld::Cid& root) {
    descend(root, std::nullopt);
    while (!stack_.empty()) {
      Level& level = stack_.back();
      if (level.next > level.node.entries.size()) {
        ascend();
        continue;
      }
      const std::size_t at = level.next++;
      if (at > 0) {
        level.newest_us = std::max(level.newest_us, upcoming_.time_us);
        record(level.node.entries[at - 1].value);
      }
      const std::optional<ipld::Cid> link = at == 0 ? level.node.left : level.node.entries[at - 1].subtree;
      if (link) descend(*link, level.height - 1);
    }
  }
  std::uint64_t record_bytes() const { return record_bytes_; }

 private:
  struct Level {
    Bytes block;  // the node's keys are views into it
    mst::Node node;
    unsigned height = 0;
    std::size_t next = 0;  // 0 is the left subtree, then entries from 1
    std::size_t section = 0;
    std::int64_t newest_us = 0;
    std::vector<Neighbour> before;  // nearest first; empty where all of them are older than the node's keys
  };

  void descend(const ipld::Cid& cid, std::optional<unsigned> height) {
    Level level;
    level.block = nodes_.read(cid);
    level.node = must(mst::decode_node(level.block, Limits{}));
    if (height) {
      level.height = *height;
    } else if (!level.node.entries.empty()) {
      level.height = mst::key_height(level.node.entries.front().suffix);
    }
    if (sections_ != nullptr) {
      level.section = sections_->size();
      // Only the last keys of another collection can be younger.
      if (!recent_.empty() && recent_.back().time_us > upcoming_.time_us) {
        level.before.assign(recent_.rbegin(), recent_.rend());
      }
    }
    put(cid, level.block, 0);
    stack_.push_back(std::move(level));
  }
  void ascend() {
    const Level level = std::move(stack_.back());
    stack_.pop_back();
    if (!stack_.empty()) stack_.back().newest_us = std::max(stack_.back().newest_us, level.newest_us);
    if (sections_ == nullptr) return;
    const std::int64_t left = born_us(level.newest_us, level.height, level.before);
    const std::int64_t right = born_us(level.newest_us, level.height, after());
    (*sections_)[level.section].rev_us = std::max(left, right);
  }
  // The next key, and the first one of each later collection: what lies between is younger than what it
  // hides.
  std::vector<Neighbour> after() const {
    std::vector<Neighbour> keys;
    if (!more_) return keys;
    keys.push_back(neighbour(upcoming_));
    std::ranges::copy_if(firsts_, std::back_inserter(keys),
                         [this](const Neighbour& first) { return first.key > upcoming_.key; });
    return keys;
  }
  void record(const ipld::Cid& cid) {
    put(cid, upcoming_.block, upcoming_.time_us);
    record_bytes_ += upcoming_.block.size();
    if (sections_ != nullptr) {
      recent_.push_back(neighbour(upcoming_));
      if (recent_.size() > kRecent) recent_.pop_front();
    }
    more_ = records_.next(upcoming_);
  }

  // So many keys in a row that are all higher than a node: one in 4^32.
  static constexpr std::size_t kRecent = 32;

  NodeFile& nodes_;
  car::Writer& writer_;
  std::vector<Section>* sections_;
  TypicalRecords records_;
  std::vector<Neighbour> firsts_;
  std::deque<Neighbour> recent_;
  TypicalRecord upcoming_;
  bool more_ = false;
  std::uint64_t record_bytes_ = 0;
  std::vector<Level> stack_;
};

ipld::Cid build_tree(const RepoOptions& options, NodeFile& nodes) {
  mst::Builder tree(nodes);
  TypicalRecords records(options.records, options.seed, options.rev_us);
  TypicalRecord record;
  while (records.next(record)) {
    must(tree.add(record.key, ipld::Cid::of(ipld::Codec::dag_cbor, record.block)));
  }
  const ipld::Cid root = must(tree.finish());
  nodes.seal();
  return root;
}

void arrange(std::vector<Section>& sections, BlockOrder order, std::uint64_t seed) {
  if (order == BlockOrder::shuffled) {
    Dice dice(seed, 0x73687566);
    for (std::size_t left = sections.size(); left > 1; --left) {
      std::swap(sections[left - 1], sections[dice.below(left)]);
    }
    return;
  }
  // The server compares CIDs as texts; in base32 that is not the order of the bytes.
  std::ranges::sort(sections, [](const Section& a, const Section& b) {
    if (a.rev_us != b.rev_us) return a.rev_us > b.rev_us;
    return ipld::Cid(ipld::Codec::dag_cbor, a.digest).str() >
           ipld::Cid(ipld::Codec::dag_cbor, b.digest).str();
  });
}

void copy(const RandomAccess& from, const std::vector<Section>& sections, ByteSink& out) {
  Bytes bytes;
  for (const Section& section : sections) {
    bytes.resize(section.length);
    must(read_exactly_at(from, section.offset, bytes));
    must(out.write(bytes));
  }
}

}  // namespace

TypicalRepoFacts write_typical_repo(const RepoOptions& options, BlockOrder order, const std::string& path,
                                    ByteSink& out) {
  NodeFile nodes(path + ".nodes");
  const ipld::Cid root = build_tree(options, nodes);
  const auto rev = syntax::Tid::from(options.rev_us, 7);
  repo::Commit commit{must(syntax::Did::parse(options.did)), 3, root, rev, {}, true, {}};
  must(repo::sign_commit(commit, test_key(options.curve, options.seed)));
  const Bytes commit_block = repo::encode_commit(commit);
  const ipld::Cid commit_cid = ipld::Cid::of(ipld::Codec::dag_cbor, commit_block);

  const bool straight = order == BlockOrder::depth_first;
  std::optional<Scratch> scratch;
  if (!straight) scratch.emplace(path + ".depth-first");
  BufferedSink buffered(straight ? out : scratch->file());
  car::Writer writer = must(car::Writer::start(buffered, std::span(&commit_cid, 1)));
  std::vector<Section> sections;
  if (!straight) sections.reserve(options.records + nodes.size() + 1);
  DepthFirst walk(options, nodes, writer, straight ? nullptr : &sections);
  walk.put(commit_cid, commit_block, options.rev_us);
  walk.walk(root);
  must(buffered.flush());
  if (!straight) {
    arrange(sections, order, options.seed);
    BufferedSink arranged(out);
    (void)must(car::Writer::start(arranged, std::span(&commit_cid, 1)));
    copy(scratch->file(), sections, arranged);
    must(arranged.flush());
  }
  return {commit_cid, rev, options.records, nodes.size(), walk.record_bytes(), writer.blocks_written()};
}

}  // namespace atb::test
