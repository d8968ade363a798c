// How a walk ends before the tree does.
#include "core/mst/walker.h"
#include "tests/support/catch.h"
#include "tests/support/tree_maker.h"

#include <stop_token>

namespace atb {
namespace {

using test::control;
using test::keys;
using test::put_node;
using test::walk_tree;

TEST_CASE("mst: a tree as deep as the limit passes, one level more is found", "[mst]") {
  const std::string low = test::key_at(0, "a");
  const std::string high = test::key_at(4, "b");
  test::MemoryBlocks blocks;
  auto cid = put_node(blocks, {}, {low});
  for (int i = 0; i < 3; ++i) cid = put_node(blocks, cid, {});
  const auto root = put_node(blocks, cid, {high});
  Limits limits;
  limits.mst_depth = 5;
  CHECK(walk_tree(blocks, root, limits).clean());
  limits.mst_depth = 4;
  const auto walked = walk_tree(blocks, root, limits);
  CHECK(walked.ids() == "mst.depth");
  CHECK(walked.heard.keys == std::vector{high});
}

TEST_CASE("mst: an error of the visitor ends the walk", "[mst]") {
  test::MemoryBlocks blocks;
  const auto root = control(blocks);
  blocks.erase(put_node(blocks, {}, {keys().c}));
  for (std::size_t calls = 0; calls < 8; ++calls) {
    test::Heard heard;
    heard.fail_after = calls;
    Report report;
    const auto stats = mst::walk(blocks, root, {}, heard, report, {});
    REQUIRE_FALSE(stats);
    CHECK(stats.error().id == "test.visitor");
    CHECK(heard.calls == calls);
  }
  test::Heard heard;
  heard.fail_after = 8;  // three nodes, four records, one missing node
  Report report;
  CHECK(mst::walk(blocks, root, {}, heard, report, {}));
}

TEST_CASE("mst: a walk stops when asked", "[mst]") {
  test::MemoryBlocks blocks;
  const auto root = control(blocks);
  std::stop_source source;
  source.request_stop();
  test::Heard heard;
  Report report;
  const auto stats = mst::walk(blocks, root, {}, heard, report, source.get_token());
  REQUIRE_FALSE(stats);
  CHECK(stats.error().kind == ErrorKind::cancelled);
}

class FailingBlocks final : public ipld::BlockSource {
 public:
  Result<ByteView> get(const ipld::Cid&, Bytes&) override {
    return fail(ErrorKind::io, "test.disk", "the disk fails");
  }
};

TEST_CASE("mst: a failing disk is no missing node", "[mst]") {
  FailingBlocks blocks;
  test::Heard heard;
  Report report;
  const auto stats = mst::walk(blocks, test::some_record(), {}, heard, report, {});
  REQUIRE_FALSE(stats);
  CHECK(stats.error().kind == ErrorKind::io);
  CHECK(report.findings().empty());
}

}  // namespace
}  // namespace atb
