#include "core/mst/builder.h"

#include "tests/support/catch.h"
#include "tests/support/tree_maker.h"

#include <algorithm>
#include <map>
#include <random>
#include <string>

namespace atb {
namespace {

using Map = std::map<std::string, ipld::Cid>;

ipld::Cid build(test::MemoryBlocks& blocks, const Map& map) {
  mst::Builder builder(blocks);
  for (const auto& [key, value] : map) REQUIRE(builder.add(key, value));
  const auto root = builder.finish();
  REQUIRE(root);
  return *root;
}

ipld::Cid record_number(std::uint64_t number) {
  return ipld::Cid::of(ipld::Codec::dag_cbor, as_bytes("record " + std::to_string(number)));
}

TEST_CASE("mst: the tree without keys is one empty node", "[mst]") {
  test::MemoryBlocks blocks;
  const ipld::Cid root = build(blocks, {});
  CHECK(root.str() == "bafyreie5737gdxlw5i64vzichcalba3z2v5n6icifvx5xytvske7mr3hpm");
  const auto walked = test::walk_tree(blocks, root);
  CHECK(walked.clean());
  CHECK(walked.stats->nodes == 1);
  CHECK(walked.stats->records == 0);
}

TEST_CASE("mst: keys must come in ascending order", "[mst]") {
  test::MemoryBlocks blocks;
  mst::Builder builder(blocks);
  REQUIRE(builder.add("com.example.a/2", test::some_record()));
  for (const char* key : {"com.example.a/2", "com.example.a/1", ""}) {
    const auto added = builder.add(key, test::some_record());
    REQUIRE_FALSE(added);
    CHECK(added.error().id == "mst.key_order");
    CHECK(added.error().kind == ErrorKind::invalid_input);
  }
  CHECK(builder.add("com.example.a/3", test::some_record()));
}

TEST_CASE("mst: a finished builder takes nothing more", "[mst]") {
  test::MemoryBlocks blocks;
  mst::Builder builder(blocks);
  REQUIRE(builder.finish());
  CHECK_FALSE(builder.finish());
  const auto added = builder.add("com.example.a/1", test::some_record());
  REQUIRE_FALSE(added);
  CHECK(added.error().id == "mst.builder_ended");
}

// A sink that fails from the n-th block on.
class FullSink final : public ipld::BlockSink {
 public:
  explicit FullSink(std::size_t room) : room_(room) {}
  Status put(const ipld::Cid&, ByteView) override {
    if (room_-- == 0) return fail(ErrorKind::no_space, "test.full", "full");
    return {};
  }

 private:
  std::size_t room_;
};

TEST_CASE("mst: a sink that fails ends the building", "[mst]") {
  for (std::size_t room = 0; room < 4; ++room) {
    FullSink sink(room);
    mst::Builder builder(sink);
    bool failed = false;
    for (int i = 100; i < 200 && !failed; ++i) {
      failed = !builder.add("com.example.a/" + std::to_string(i), test::some_record());
    }
    failed = failed || !builder.finish();
    CHECK(failed);
  }
}

TEST_CASE("mst: heights without keys become nodes without keys", "[mst]") {
  const std::string low = test::key_at(0, "a");
  const std::string high = test::key_at(3, "b");
  test::MemoryBlocks blocks;
  const auto walked =
      test::walk_tree(blocks, build(blocks, {{low, record_number(1)}, {high, record_number(2)}}));
  CHECK(walked.clean());
  CHECK(walked.stats->nodes == 4);
  CHECK(walked.stats->height == 3);
  CHECK(walked.heard.keys == std::vector{low, high});
}

TEST_CASE("mst: what is built and walked is the same map", "[mst]") {
  std::mt19937_64 random(11);
  for (const std::size_t count : {1U, 2U, 3U, 10U, 100U, 300U, 700U, 3000U}) {
    Map map;
    for (std::size_t i = 0; i < count; ++i) {
      const char* collection = i % 3 == 0   ? "app.bsky.feed.post/"
                               : i % 3 == 1 ? "app.bsky.feed.like/"
                                            : "com.example.x/";
      map.emplace(collection + std::to_string(random() % (count * 20)), record_number(random() % 500));
    }
    test::MemoryBlocks blocks;
    const ipld::Cid root = build(blocks, map);
    const auto walked = test::walk_tree(blocks, root);
    CHECK(walked.clean());
    CHECK(walked.heard.records == map);
    CHECK(std::ranges::is_sorted(walked.heard.keys));
    CHECK(walked.stats->records == map.size());
    CHECK(walked.stats->nodes == blocks.blocks().size());
    CHECK(walked.heard.nodes.size() == blocks.blocks().size());
    CHECK(walked.heard.nodes.front() == root);
  }
}

}  // namespace
}  // namespace atb
