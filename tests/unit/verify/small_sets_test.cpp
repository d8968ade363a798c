// All sets of a few keys: one root for each, whatever the order they came in, the same as a second
// construction makes that shares nothing with ours but SHA-256.
#include "tests/support/catch.h"
#include "tests/support/hostile/hostile.h"
#include "tests/support/tree_maker.h"
#include "tests/unit/verify/verify_car.h"

#include <algorithm>
#include <bit>
#include <random>
#include <set>

using namespace atb;

namespace {

// The specification, read aloud: of a list of keys the highest are one node; what lies between two of them is
// a node of its own, one height lower, and a height without keys is a node that only leads on.
class Naive {
 public:
  using Items = std::vector<std::pair<std::string, ipld::Cid>>;

  static ipld::Cid root_of(const Items& items) {
    unsigned top = 0;
    for (const auto& [key, cid] : items) top = std::max(top, height_of(key));
    return node_of(items, top);
  }

 private:
  static unsigned height_of(const std::string& key) {
    const crypto::Digest digest = crypto::sha256(as_bytes(key));
    unsigned bits = 0;
    while ((static_cast<unsigned>(digest.at(bits / 8)) >> (7U - bits % 8U) & 1U) == 0) ++bits;
    return bits / 2;
  }
  static void text(Bytes& out, std::string_view chars) { out.insert(out.end(), chars.begin(), chars.end()); }
  static void head(Bytes& out, unsigned major, std::size_t value) {
    if (value < 24) {
      out.push_back(static_cast<std::uint8_t>(major << 5 | value));
    } else {
      REQUIRE(value < 256);
      out.push_back(static_cast<std::uint8_t>(major << 5 | 24));
      out.push_back(static_cast<std::uint8_t>(value));
    }
  }
  static void link(Bytes& out, const ipld::Cid& cid) {
    out.insert(out.end(), {0xd8, 0x2a, 0x58, 0x25, 0x00, 0x01, 0x71, 0x12, 0x20});
    out.insert(out.end(), cid.digest().begin(), cid.digest().end());
  }
  static void subtree(Bytes& out, const Items& between, unsigned height) {
    if (between.empty()) {
      out.push_back(0xf6);
    } else {
      link(out, node_of(between, height - 1));
    }
  }
  static ipld::Cid node_of(const Items& items, unsigned height) {
    Items here;
    std::vector<Items> between(1);
    for (const auto& item : items) {
      if (height_of(item.first) == height) {
        here.push_back(item);
        between.emplace_back();
      } else {
        between.back().push_back(item);
      }
    }
    Bytes out;
    text(out, "\xa2\x61\x65");
    head(out, 4, here.size());
    std::string before;
    for (std::size_t i = 0; i < here.size(); ++i) {
      const std::string& key = here[i].first;
      std::size_t shared = 0;
      while (shared < before.size() && shared < key.size() && before[shared] == key[shared]) ++shared;
      text(out, "\xa4\x61\x6b");
      head(out, 2, key.size() - shared);
      text(out, std::string_view(key).substr(shared));
      text(out, "\x61\x70");
      head(out, 0, shared);
      text(out, "\x61\x74");
      subtree(out, between[i + 1], height);
      text(out, "\x61\x76");
      link(out, here[i].second);
      before = key;
    }
    text(out, "\x61\x6c");
    subtree(out, between[0], height);
    return ipld::Cid::of(ipld::Codec::dag_cbor, out);
  }
};

struct Key {
  std::string path;
  Bytes record;
};

// Of five heights, in two collections.
std::vector<Key> some_keys() {
  std::vector<Key> keys;
  const auto add = [&](unsigned height, const std::string& prefix, const std::string& collection) {
    const std::string path = test::key_at(height, prefix, collection);
    keys.push_back(
        {path, data::encode_cbor(data::Object().set("$type", collection).set("text", path)).value()});
  };
  add(0, "a", "app.example.test");
  add(2, "b", "app.example.test");
  add(0, "c", "app.example.test");
  add(1, "a", "com.example.test");
  add(0, "b", "com.example.test");
  add(4, "c", "com.example.test");
  add(0, "d", "com.example.test");
  add(1, "e", "com.example.test");
  add(0, "f", "com.example.test");
  return keys;
}

std::vector<std::size_t> members_of(unsigned set) {
  std::vector<std::size_t> members;
  for (std::size_t i = 0; i < 32; ++i) {
    if ((set >> i & 1U) != 0) members.push_back(i);
  }
  return members;
}

Naive::Items items_of(const std::vector<Key>& keys, unsigned set) {
  Naive::Items items;
  for (const std::size_t i : members_of(set))
    items.emplace_back(keys[i].path, ipld::Cid::of(ipld::Codec::dag_cbor, keys[i].record));
  std::ranges::sort(items);
  return items;
}

test::RepoFixture signed_repo(const repo::Builder& builder) {
  return test::sign_repo(builder, {.did = test::hostile_did()});
}

}  // namespace

TEST_CASE("sets: every set of nine keys is one repository, verified, with the root of a second construction",
          "[verify]") {
  const std::vector<Key> keys = some_keys();
  std::mt19937 random(17);
  std::set<ipld::Cid> roots;
  for (unsigned set = 0; set < 1U << keys.size(); ++set) {
    INFO("set " << set);
    const ipld::Cid root = Naive::root_of(items_of(keys, set));
    CHECK(roots.insert(root).second);
    repo::Builder builder;
    // Others come and go again on the way.
    std::vector<std::size_t> coming(keys.size());
    for (std::size_t i = 0; i < coming.size(); ++i) coming[i] = i;
    std::ranges::shuffle(coming, random);
    for (const std::size_t i : coming) builder.put_raw(keys[i].path, keys[i].record);
    std::ranges::shuffle(coming, random);
    for (const std::size_t i : coming) {
      if ((set >> i & 1U) == 0) builder.remove(keys[i].path);
    }
    const test::RepoFixture repo = signed_repo(builder);
    CHECK(repo.data == root);
    verify::Options options;
    options.key = repo.key.public_key();
    for (const auto order : test::kBlockOrders) {
      const auto verdict =
          test::verify_car(repo.car(order), set % 16 == 0 ? test::hostile_log() : "", options).value();
      CHECK_FALSE(test::fails(verdict));
      CHECK(verdict.proof.commit->data == root);
      CHECK(verdict.proof.records == static_cast<unsigned>(std::popcount(set)));
      CHECK(verdict.proof.nodes + verdict.proof.records + 1 == repo.blocks.size());
      CHECK(verdict.extra_blocks == 0);
    }
  }
}

TEST_CASE("sets: every order of every set of six keys gives the one root", "[verify]") {
  const std::vector<Key> keys = some_keys();
  const auto key = test::test_key(crypto::Curve::k256);
  const auto did = syntax::Did::parse(test::hostile_did()).value();
  std::size_t orders = 0;
  for (unsigned set = 0; set < 1U << 6U; ++set) {
    const ipld::Cid root = Naive::root_of(items_of(keys, set));
    std::vector<std::size_t> members = members_of(set);
    std::optional<ipld::Cid> commit;
    do {
      repo::Builder builder;
      for (const std::size_t i : members) builder.put_raw(keys[i].path, keys[i].record);
      test::MemoryBlocks blocks;
      const auto built = builder.build(did, syntax::Tid::from(1'767'225'600'000'000, 7), key, blocks);
      REQUIRE(built);
      CHECK(built->data == root);
      if (!commit) commit = built->commit;
      CHECK(built->commit == *commit);
      ++orders;
    } while (std::ranges::next_permutation(members).found);
  }
  CHECK(orders == 1957);
}
