#include "core/repo/builder.h"

#include "core/data/cbor.h"
#include "core/mst/walker.h"
#include "tests/support/catch.h"
#include "tests/support/memory_blocks.h"
#include "tests/support/repo_fixture.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <random>
#include <string>
#include <unordered_set>

namespace atb {
namespace {

using Map = std::map<std::string, ipld::Cid>;

struct Collect final : mst::Visitor {
  Status node(const ipld::Cid&, ByteView) override { return {}; }
  Status record(std::string_view key, const ipld::Cid& cid) override {
    records.emplace(key, cid);
    return {};
  }
  Status missing_node(const ipld::Cid&) override { return {}; }
  Map records;
};

// Walks the tree, demands that it is clean, and gives its records.
Map walked(ipld::BlockSource& blocks, const ipld::Cid& root) {
  Collect collect;
  Report report;
  const auto stats = mst::walk(blocks, root, {}, collect, report, {});
  REQUIRE(stats);
  CHECK(stats->breaches == 0);
  return collect.records;
}

const syntax::Did& some_did() {
  static const auto did = *syntax::Did::parse("did:plc:ewvi7nxzyoun6zhxrhs64oiz");
  return did;
}

repo::BuiltRepo build(const repo::Builder& builder, ipld::BlockSink& sink) {
  static const auto key = test::test_key(crypto::Curve::k256);
  const auto built = builder.build(some_did(), syntax::Tid::from(1'700'000'000'000'000, 1), key, sink);
  REQUIRE(built);
  return *built;
}

data::Value record(std::int64_t number) {
  return data::Object().set("$type", "com.example.x").set("n", number);
}

TEST_CASE("repo: six keys in any subset and any order of putting give the same root", "[repo]") {
  std::vector<std::string> keys;
  // Of several heights, so that the trees differ in shape.
  for (int i = 0; keys.size() < 6; ++i) {
    std::string key = "com.example.x/key" + std::to_string(i);
    if (mst::key_height(key) == keys.size() / 2) keys.push_back(std::move(key));
  }
  std::size_t orders = 0;
  for (unsigned subset = 0; subset < 64; ++subset) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < 6; ++i) {
      if ((subset >> i) & 1U) order.push_back(i);
    }
    std::optional<ipld::Cid> root;
    do {
      repo::Builder builder;
      for (const std::size_t i : order) {
        builder.put_raw(keys[i], *data::encode_cbor(record(static_cast<std::int64_t>(i))));
      }
      test::MemoryBlocks blocks;
      const auto built = build(builder, blocks);
      if (!root) {
        root = built.data;
        CHECK(walked(blocks, *root).size() == order.size());
      }
      if (built.data != *root) FAIL("another order gives another root");
      ++orders;
    } while (std::ranges::next_permutation(order).found);
  }
  CHECK(orders == 1957);
}

TEST_CASE("repo: what was put and removed again leaves no trace", "[repo]") {
  repo::Builder plain;
  repo::Builder detour;
  for (int i = 0; i < 300; ++i) {
    const auto path = test::path("com.example.x/key" + std::to_string(i));
    if (i % 3 != 0) REQUIRE(plain.put(path, record(i)));
    REQUIRE(detour.put(path, record(i + 1000)));
  }
  for (int i = 0; i < 300; ++i) {
    const auto path = test::path("com.example.x/key" + std::to_string(i));
    if (i % 3 != 0) {
      REQUIRE(detour.put(path, record(i)));
    } else {
      detour.remove(path.str());
    }
  }
  CHECK(plain.size() == 200);
  CHECK(detour.size() == 200);
  test::MemoryBlocks a;
  test::MemoryBlocks b;
  CHECK(build(plain, a).commit == build(detour, b).commit);
  CHECK(a.blocks() == b.blocks());
}

TEST_CASE("repo: blocks come commit first, each node before its content, each block once", "[repo]") {
  const auto fixture = test::make_repo({.records = 400});
  REQUIRE(fixture.blocks.size() > 400);
  CHECK(fixture.blocks[0].first == fixture.commit);
  CHECK(fixture.blocks[1].first == fixture.data);
  std::unordered_set<ipld::Cid> announced = {fixture.commit, fixture.data};
  std::unordered_set<ipld::Cid> seen;
  for (const auto& [cid, block] : fixture.blocks) {
    CHECK(ipld::Cid::of(ipld::Codec::dag_cbor, block) == cid);
    CHECK(seen.insert(cid).second);
    if (!announced.contains(cid)) FAIL("a block comes before the node that names it");
    if (const auto node = mst::decode_node(block, {})) {
      if (node->left) announced.insert(*node->left);
      for (const auto& entry : node->entries) {
        announced.insert(entry.value);
        if (entry.subtree) announced.insert(*entry.subtree);
      }
    }
  }
}

TEST_CASE("repo: two records of the same bytes are one block", "[repo]") {
  repo::Builder builder;
  REQUIRE(builder.put(test::path("com.example.x/a"), record(1)));
  REQUIRE(builder.put(test::path("com.example.x/b"), record(1)));
  test::MemoryBlocks blocks;
  const auto built = build(builder, blocks);
  CHECK(walked(blocks, built.data).size() == 2);
}

TEST_CASE("repo: a record that cannot be encoded is refused", "[repo]") {
  repo::Builder builder;
  const auto put = builder.put(test::path("com.example.x/a"), data::Value(0.5));
  REQUIRE_FALSE(put);
  CHECK(put.error().id == "data.float");
  CHECK(builder.size() == 0);
}

TEST_CASE("repo: hostile keys and bytes can be built for tests", "[repo]") {
  repo::Builder builder;
  builder.put_raw("../../etc/passwd", Bytes{0xff});
  builder.put_raw(std::string(3000, 'k'), Bytes{});
  test::MemoryBlocks blocks;
  const auto built = build(builder, blocks);
  CHECK(blocks.has(built.commit));
  CHECK(blocks.has(ipld::Cid::of(ipld::Codec::dag_cbor, Bytes{0xff})));
}

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

TEST_CASE("repo: a sink that fails at any block ends the building", "[repo]") {
  repo::Builder builder;
  for (int i = 0; i < 20; ++i)
    REQUIRE(builder.put(test::path("com.example.x/k" + std::to_string(i)), record(i)));
  test::MemoryBlocks all;
  build(builder, all);
  const auto key = test::test_key(crypto::Curve::k256);
  for (std::size_t room = 0; room < all.blocks().size(); ++room) {
    FullSink sink(room);
    const auto built = builder.build(some_did(), syntax::Tid::from(1, 1), key, sink);
    REQUIRE_FALSE(built);
    CHECK(built.error().id == "test.full");
  }
}

TEST_CASE("repo: a made repository is signed, walks clean, and its blobs are named by its records",
          "[repo]") {
  for (const auto curve : {crypto::Curve::k256, crypto::Curve::p256}) {
    const auto fixture = test::make_repo({.records = 200, .curve = curve, .seed = 3});
    test::MemoryBlocks blocks;
    for (const auto& [cid, block] : fixture.blocks) REQUIRE(blocks.put(cid, block));
    Bytes buffer;
    const auto commit = repo::decode_commit(*blocks.get(fixture.commit, buffer), {});
    REQUIRE(commit);
    CHECK(commit->did == fixture.did);
    CHECK(commit->rev == fixture.rev);
    CHECK(commit->data == fixture.data);
    CHECK(repo::check_signature(*commit, fixture.key.public_key()));
    CHECK(walked(blocks, fixture.data) == fixture.records);
    CHECK(fixture.records.size() == 200);

    std::unordered_set<ipld::Cid> named;
    for (const auto& [path, cid] : fixture.records) {
      const auto scan = data::scan_record(*blocks.get(cid, buffer), {});
      CHECK(scan.deviation.empty());
      CHECK(path.starts_with(scan.type + "/"));
      for (const auto& blob : scan.blobs) named.insert(blob.cid);
    }
    REQUIRE(fixture.blobs.size() > 10);
    CHECK(named.size() == fixture.blobs.size());
    for (const auto& blob : fixture.blobs) {
      CHECK(named.contains(blob.cid));
      CHECK(ipld::Cid::of(ipld::Codec::raw, blob.bytes) == blob.cid);
    }
  }
}

TEST_CASE("repo: the same options make the same repository, another seed another one", "[repo]") {
  const auto a = test::make_repo({.records = 50});
  const auto b = test::make_repo({.records = 50});
  const auto c = test::make_repo({.records = 50, .seed = 2});
  CHECK(a.car() == b.car());
  CHECK(a.data != c.data);
  CHECK(a.car().size() == a.car(test::BlockOrder::shuffled).size());
  CHECK(a.car() != a.car(test::BlockOrder::shuffled));
  CHECK(a.car(test::BlockOrder::reference_server) != a.car(test::BlockOrder::shuffled));
}

TEST_CASE("repo: an empty repository is a commit and one node", "[repo]") {
  const auto fixture = test::make_repo({.records = 0});
  CHECK(fixture.blocks.size() == 2);
  CHECK(fixture.records.empty());
}

}  // namespace
}  // namespace atb
