// A repository file with one byte changed, at every byte; cut at every length; and a tree with one bit
// changed in one node, hashed and signed anew. Through the public entry of verify and in each block order:
// whatever way the file is read in, nothing of this may pass.
#include "core/mst/builder.h"
#include "core/mst/node.h"
#include "tests/support/catch.h"
#include "tests/support/hostile/hostile.h"
#include "tests/support/tree_maker.h"
#include "tests/unit/verify/verify_car.h"

using namespace atb;

namespace {

// A plain small account: records in the shapes that real ones have, three heights, one block for two records.
test::RepoFixture plain_repo() {
  repo::Builder builder;
  const test::RepoOptions shape{.records = 7, .did = test::hostile_did()};
  test::put_records(builder, shape);
  const Bytes twice{0xa1, 0x61, 0x61, 0x01};
  builder.put_raw(test::key_at(1, "a"), twice);
  builder.put_raw(test::key_at(2, "b"), twice);
  return test::sign_repo(builder, shape);
}

unsigned height_of(const test::RepoFixture& repo) {
  unsigned height = 0;
  for (const auto& [key, cid] : repo.records) height = std::max(height, mst::key_height(key));
  return height;
}

// By the key alone, and with a small buffer: a log would be audited, and a large one made, a hundred thousand
// times.
verify::Options by_key(const test::RepoFixture& repo) {
  verify::Options options;
  options.limits.repo_bytes = 16U << 10;
  options.key = repo.key.public_key();
  return options;
}

}  // namespace

TEST_CASE("every byte: a file with one byte changed, whichever and however, never verifies", "[verify]") {
  const test::RepoFixture repo = plain_repo();
  REQUIRE(height_of(repo) >= 2);
  const verify::Options options = by_key(repo);
  for (const auto order : test::kBlockOrders) {
    Bytes car = repo.car(order);
    REQUIRE(car.size() > 2500);
    REQUIRE_FALSE(test::fails(test::verify_car(car, "", options).value()));
    // Every bit where a file is read in the order that exports have; elsewhere the outermost bits, and all of
    // them.
    const std::vector<unsigned> masks = order == test::BlockOrder::depth_first
                                            ? std::vector<unsigned>{1, 2, 4, 8, 16, 32, 64, 128, 0x24}
                                            : std::vector<unsigned>{1, 0x24};
    std::size_t passed = 0;
    for (std::uint8_t& byte : car) {
      for (const unsigned mask : masks) {
        byte = static_cast<std::uint8_t>(byte ^ mask);
        const auto verdict = test::verify_car(car, "", options);
        if (verdict && !test::fails(*verdict)) {
          ++passed;
          CAPTURE(static_cast<int>(order), &byte - car.data(), mask);
          CHECK(test::fails(*verdict));
        }
        byte = static_cast<std::uint8_t>(byte ^ mask);
      }
    }
    CHECK(passed == 0);
  }
}

TEST_CASE("every byte: a file cut at any length never verifies", "[verify]") {
  const test::RepoFixture repo = plain_repo();
  for (const auto order : test::kBlockOrders) {
    const Bytes car = repo.car(order);
    for (std::size_t size = 0; size < car.size(); ++size) {
      const auto verdict = test::verify_car(ByteView(car).first(size), "", by_key(repo));
      CAPTURE(static_cast<int>(order), size);
      REQUIRE(verdict);
      REQUIRE(verdict->report.has(Severity::damage));
      REQUIRE(test::fails(*verdict));
    }
  }
}

TEST_CASE("every byte: a file with one block left out, or one byte put in or taken out, never verifies",
          "[verify]") {
  const test::RepoFixture repo = plain_repo();
  const verify::Options options = by_key(repo);
  for (std::size_t out = 0; out < repo.blocks.size(); ++out) {
    auto blocks = repo.blocks;
    blocks.erase(blocks.begin() + static_cast<std::ptrdiff_t>(out));
    const Bytes car = test::car_of(std::span(&repo.commit, 1), blocks);
    CAPTURE(out);
    CHECK(test::verify_car(car, "", options)->report.has(Severity::damage));
  }
  const Bytes car = repo.car();
  for (std::size_t at = 0; at < car.size(); ++at) {
    CAPTURE(at);
    Bytes changed = car;
    changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(at));
    REQUIRE(test::fails(test::verify_car(changed, "", options).value()));
    changed = car;
    changed.insert(changed.begin() + static_cast<std::ptrdiff_t>(at), std::uint8_t{0});
    REQUIRE(test::fails(test::verify_car(changed, "", options).value()));
  }
}

namespace {

// The way from the root to each node.
struct Place {
  ipld::Cid cid;
  std::optional<std::size_t> parent;
};

std::vector<Place> places_of(test::MemoryBlocks& blocks, const ipld::Cid& root) {
  std::vector<Place> places{{root, {}}};
  Bytes buffer;
  for (std::size_t at = 0; at < places.size(); ++at) {
    const Bytes block = to_bytes(blocks.get(places[at].cid, buffer).value());
    const mst::Node node = mst::decode_node(block, {}).value();
    if (node.left) places.push_back({*node.left, at});
    for (const auto& entry : node.entries) {
      if (entry.subtree) places.push_back({*entry.subtree, at});
    }
  }
  return places;
}

Bytes replaced(Bytes block, const ipld::Cid& from, const ipld::Cid& to) {
  const auto found = std::ranges::search(block, from.digest());
  REQUIRE_FALSE(found.empty());
  std::ranges::copy(to.digest(), found.begin());
  return block;
}

class Collector final : public verify::Taker {
 public:
  Status record(std::string_view path, const ipld::Cid& cid, ByteView, std::string_view) override {
    records.emplace_back(path, cid);
    return {};
  }
  std::vector<std::pair<std::string, ipld::Cid>> records;
};

}  // namespace

// Whoever holds the key can sign any tree. What verifies must still be the one tree of its records.
TEST_CASE(
    "every byte: a node changed in one bit, hashed and signed anew, verifies only as the one right tree",
    "[verify]") {
  const test::RepoFixture repo = plain_repo();
  test::MemoryBlocks good;
  for (const auto& [cid, block] : repo.blocks) REQUIRE(good.put(cid, block));
  const std::vector<Place> places = places_of(good, repo.data);
  REQUIRE(places.size() >= 3);
  std::size_t verified = 0, refused = 0;
  for (const Place& place : places) {
    Bytes buffer;
    const Bytes original = to_bytes(good.get(place.cid, buffer).value());
    for (std::size_t bit = 0; bit < original.size() * 8; ++bit) {
      Bytes changed = original;
      changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ (1U << bit % 8));
      std::vector<test::NamedBlock> blocks = repo.blocks;
      const auto put_in = [&](const ipld::Cid& old, Bytes block) {
        const ipld::Cid cid = ipld::Cid::of(ipld::Codec::dag_cbor, block);
        *std::ranges::find(blocks, old, &test::NamedBlock::first) = {cid, std::move(block)};
        return cid;
      };
      ipld::Cid old = place.cid;
      ipld::Cid now = put_in(old, std::move(changed));
      for (auto up = place.parent; up; up = places[*up].parent) {
        const ipld::Cid parent = places[*up].cid;
        now = put_in(parent, replaced(to_bytes(good.get(parent, buffer).value()), old, now));
        old = parent;
      }
      repo::Commit commit = repo::decode_commit(repo.blocks.front().second, {}).value();
      commit.data = now;
      REQUIRE(repo::sign_commit(commit, repo.key));
      const ipld::Cid root = put_in(repo.commit, repo::encode_commit(commit));
      Collector collector;
      const auto verdict =
          test::verify_car(test::car_of(std::span(&root, 1), blocks), "", by_key(repo), &collector).value();
      if (test::fails(verdict)) {
        ++refused;
        continue;
      }
      ++verified;
      test::MemoryBlocks built;
      mst::Builder builder(built);
      for (const auto& [path, cid] : collector.records) REQUIRE(builder.add(path, cid));
      CAPTURE(place.cid.str(), bit);
      REQUIRE(builder.finish().value() == now);
      for (const auto& [path, cid] : collector.records) REQUIRE(syntax::RepoPath::parse(path));
    }
  }
  // A letter of a record key can become another one that keeps its height and its place.
  CHECK(verified > 0);
  CHECK(refused > verified);
}
