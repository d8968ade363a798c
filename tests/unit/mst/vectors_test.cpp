#include "tests/support/vectors.h"

#include "core/data/json.h"
#include "core/mst/builder.h"
#include "core/mst/node.h"
#include "tests/support/catch.h"
#include "tests/support/memory_blocks.h"

#include <algorithm>
#include <set>
#include <string>

namespace atb {
namespace {

data::Array read_list(const std::filesystem::path& file) {
  const auto parsed = data::parse_json(test::read_vector(file), {});
  REQUIRE(parsed);
  REQUIRE(parsed->array() != nullptr);
  return *parsed->array();
}

std::set<std::string> text_set(const data::Value& object, std::string_view key) {
  const data::Value* list = object.find(key);
  REQUIRE(list != nullptr);
  REQUIRE(list->array() != nullptr);
  std::set<std::string> out;
  for (const data::Value& item : *list->array()) out.insert(*item.text());
  return out;
}

std::string root_of(const std::set<std::string>& keys, const ipld::Cid& value, test::MemoryBlocks& blocks) {
  mst::Builder builder(blocks);
  for (const std::string& key : keys) REQUIRE(builder.add(key, value));
  const auto root = builder.finish();
  REQUIRE(root);
  return root->str();
}

TEST_CASE("mst: common prefixes of the public vectors", "[mst][vector]") {
  const auto folder = test::vectors("interop/mst");
  if (!folder) return;
  int count = 0;
  for (const data::Value& item : read_list(*folder / "common_prefix.json")) {
    const auto left = data::require_text(item, "left");
    const auto right = data::require_text(item, "right");
    const auto length = data::require_integer(item, "len");
    REQUIRE((left && right && length));
    INFO(*left << " | " << *right);
    CHECK(static_cast<std::int64_t>(mst::common_prefix(*left, *right)) == *length);
    ++count;
  }
  CHECK(count > 0);
}

TEST_CASE("mst: key heights of the public vectors", "[mst][vector]") {
  const auto folder = test::vectors("interop/mst");
  if (!folder) return;
  int count = 0;
  for (const data::Value& item : read_list(*folder / "key_heights.json")) {
    const auto key = data::require_text(item, "key");
    const auto height = data::require_integer(item, "height");
    REQUIRE((key && height));
    INFO(*key);
    CHECK(mst::key_height(*key) == static_cast<unsigned>(*height));
    ++count;
  }
  CHECK(count > 0);
}

TEST_CASE("mst: the example keys name their own heights", "[mst][vector]") {
  const auto folder = test::vectors("interop/mst");
  if (!folder) return;
  int count = 0;
  for (const std::string& key : test::read_vector_lines(*folder / "example_keys.txt")) {
    INFO(key);
    CHECK(mst::key_height(key) == static_cast<unsigned>(key[1] - '0'));
    ++count;
  }
  CHECK(count > 0);
}

TEST_CASE("mst: roots before and after the commits of the public proofs", "[mst][vector]") {
  const auto folder = test::vectors("interop/firehose");
  if (!folder) return;
  int count = 0;
  for (const data::Value& item : read_list(*folder / "commit-proof-fixtures.json")) {
    INFO(data::text_or(item, "comment", "?"));
    const auto value = ipld::Cid::parse(data::text_or(item, "leafValue", ""));
    REQUIRE(value);
    auto keys = text_set(item, "keys");
    test::MemoryBlocks before;
    CHECK(root_of(keys, *value, before) == data::text_or(item, "rootBeforeCommit", ""));

    const auto adds = text_set(item, "adds");
    for (const std::string& key : text_set(item, "dels")) CHECK(keys.erase(key) == 1);
    keys.insert(adds.begin(), adds.end());
    test::MemoryBlocks after;
    CHECK(root_of(keys, *value, after) == data::text_or(item, "rootAfterCommit", ""));
    for (const std::string& text : text_set(item, "blocksInProof")) {
      const auto cid = ipld::Cid::parse(text);
      REQUIRE(cid);
      CHECK(after.has(*cid));
    }
    ++count;
  }
  CHECK(count > 0);
}

}  // namespace
}  // namespace atb
