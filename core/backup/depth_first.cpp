#include "core/backup/depth_first.h"

#include "core/base/buffered_sink.h"
#include "core/car/writer.h"
#include "core/data/cbor.h"
#include "core/mst/walker.h"

#include <array>
#include <cstring>

namespace atb::backup {
namespace {

constexpr std::uint64_t kBlocksPerEvent = 1024;

// The caller has proven the tree: a finding here means that the blocks changed under us.
class NoFindings final : public FindingSink {
 public:
  void add(Finding finding) override {
    if (first.empty()) first = finding.id + " at " + finding.where;
  }
  std::string first;
};

class CarVisitor final : public mst::Visitor {
 public:
  CarVisitor(ipld::BlockSource& blocks, std::size_t block_count, DepthFirstWriter& out, Progress& progress)
      : blocks_(blocks), block_count_(block_count), out_(out), progress_(progress) {}

  Status node(const ipld::Cid& cid, ByteView block) override { return put(cid, block); }
  Status record(std::string_view, const ipld::Cid& cid) override {
    return put(cid, TRY(blocks_.get(cid, buffer_)));
  }
  Status missing_node(const ipld::Cid& cid) override {
    return fail(ErrorKind::corrupt, "block.missing", "the tree node " + cid.str() + " is not there");
  }
  void report(bool done) {
    progress_.report({.phase = "writing",
                      .bytes = out_.writer().bytes_written(),
                      .items = out_.writer().blocks_written(),
                      .items_total = block_count_,
                      .done = done});
  }

 private:
  Status put(const ipld::Cid& cid, ByteView block) {
    TRY(out_.put(cid, block));
    if (out_.writer().blocks_written() % kBlocksPerEvent == 0) report(false);
    return {};
  }

  ipld::BlockSource& blocks_;
  std::size_t block_count_;
  DepthFirstWriter& out_;
  Progress& progress_;
  Bytes buffer_;
};

Result<ipld::Cid> root_of(ByteView commit, const Limits& limits) {
  const data::Value value = TRY(data::decode_cbor(commit, limits));
  const data::Value* root = value.find("data");
  if (root == nullptr || root->link() == nullptr) {
    return fail(ErrorKind::corrupt, "commit.data", "the commit names no tree");
  }
  return *root->link();
}

}  // namespace

Status DepthFirstWriter::begin(const ipld::Cid& commit) {
  index_->clear_marks();
  writer_.emplace(TRY(car::Writer::start(*out_, std::array{commit})));
  return {};
}

Status DepthFirstWriter::put(const ipld::Cid& cid, ByteView block) {
  return index_->mark(cid) ? writer_->put(cid, block) : Status();
}

Result<DepthFirstFacts> DepthFirstWriter::finish(ipld::BlockSource& blocks, const StopToken& stop) {
  DepthFirstFacts facts;
  const std::uint64_t reached = writer_->blocks_written();
  Bytes buffer;
  TRY(index_->for_each_unmarked([&](const ipld::Cid& cid, car::Location) -> Status {
    TRY(check_stop(stop));
    return writer_->put(cid, TRY(blocks.get(cid, buffer)));
  }));
  facts.bytes = writer_->bytes_written();
  facts.blocks = writer_->blocks_written();
  facts.extra_blocks = facts.blocks - reached;
  return facts;
}

Result<DepthFirstFacts> write_depth_first(ipld::BlockSource& blocks, car::BlockIndex& index,
                                          const ipld::Cid& commit, const Limits& limits, ByteSink& out,
                                          Progress& progress, const StopToken& stop) {
  BufferedSink buffered(out);
  DepthFirstWriter writer(index, buffered);
  TRY(writer.begin(commit));
  CarVisitor visitor(blocks, index.size(), writer, progress);

  Bytes buffer;
  const ByteView commit_block = TRY(blocks.get(commit, buffer));
  const ipld::Cid root = TRY(root_of(commit_block, limits));
  TRY(writer.put(commit, commit_block));

  NoFindings findings;
  TRY(mst::walk(blocks, root, limits, visitor, findings, stop));
  if (!findings.first.empty()) {
    return fail(ErrorKind::corrupt, "repo.changed",
                "the tree breaks a rule while it is written: " + findings.first,
                "the disk that holds the temporary file may be failing");
  }
  const DepthFirstFacts facts = TRY(writer.finish(blocks, stop));
  TRY(buffered.flush());
  visitor.report(true);
  return facts;
}

Result<DepthFirstFacts> write_as_they_lie(ipld::BlockSource& blocks, car::BlockIndex& index,
                                          const ipld::Cid& root, ByteSink& out, const StopToken& stop) {
  BufferedSink buffered(out);
  DepthFirstWriter writer(index, buffered);
  TRY(writer.begin(root));
  DepthFirstFacts facts = TRY(writer.finish(blocks, stop));
  TRY(buffered.flush());
  facts.extra_blocks = 0;  // nobody knows which
  return facts;
}

}  // namespace atb::backup
