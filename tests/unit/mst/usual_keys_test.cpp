#include "core/mst/usual_keys.h"

#include "tests/support/catch.h"
#include "tests/support/tree_maker.h"

#include <string>
#include <vector>

namespace atb {
namespace {

const std::string kPlace = "com.example.a/";

// Keys of one height, ascending.
std::vector<std::string> keys_of(unsigned height, std::size_t count) {
  std::vector<std::string> keys;
  for (int number = 10'000; keys.size() < count; ++number) {
    const std::string key = kPlace + std::to_string(number);
    if (mst::key_height(key) == height) keys.push_back(key);
  }
  return keys;
}

// Entries as a canonical node has them; they look into `keys`.
std::vector<mst::Entry> entries_of(const std::vector<std::string>& keys) {
  std::vector<mst::Entry> entries;
  std::string_view before;
  for (const std::string& key : keys) {
    const std::size_t shared = mst::common_prefix(before, key);
    entries.emplace_back(shared, std::string_view(key).substr(shared), test::some_record(), std::nullopt);
    before = key;
  }
  return entries;
}

std::optional<unsigned> height_of(const std::vector<mst::Entry>& entries, mst::UsualKeys::Bound lower = {},
                                  mst::UsualKeys::Bound upper = {}, const Limits& limits = {}) {
  return mst::UsualKeys(limits).height(entries, lower, upper);
}

TEST_CASE("mst: keys with nothing wrong give their height, however many", "[mst]") {
  for (const unsigned height : {0U, 1U, 2U}) {
    for (const std::size_t count : {1U, 2U, 15U, 16U, 17U, 32U, 33U, 40U}) {
      const auto keys = keys_of(height, count);
      CHECK(height_of(entries_of(keys)) == height);
      CHECK(height_of(entries_of(keys), kPlace, kPlace + "zz") == height);
    }
  }
}

TEST_CASE("mst: the quick check lets no key out of its bounds pass", "[mst]") {
  const auto keys = keys_of(0, 20);
  const auto entries = entries_of(keys);
  CHECK_FALSE(height_of(entries, keys.front()));
  CHECK_FALSE(height_of(entries, keys[3]));
  CHECK_FALSE(height_of(entries, {}, keys.back()));
  CHECK_FALSE(height_of(entries, {}, keys[16]));
}

TEST_CASE("mst: the quick check lets no key of another height pass", "[mst]") {
  for (const std::size_t at : {0U, 7U, 15U, 16U, 19U}) {
    auto keys = keys_of(0, 20);
    const auto higher = keys_of(1, 1);
    keys.erase(keys.begin() + static_cast<std::ptrdiff_t>(at));
    keys.push_back(higher.front());
    std::ranges::sort(keys);
    CHECK_FALSE(height_of(entries_of(keys)));
  }
}

TEST_CASE("mst: the quick check lets no broken entry pass, wherever it stands", "[mst]") {
  const auto keys = keys_of(0, 20);
  const auto good = entries_of(keys);
  Limits limits;
  limits.mst_key_bytes = keys[0].size();
  CHECK(height_of(good, {}, {}, limits) == 0U);
  limits.mst_key_bytes = keys[0].size() - 1;
  CHECK_FALSE(height_of(good, {}, {}, limits));
  for (const std::size_t at : {1U, 15U, 16U, 17U, 19U}) {
    INFO("entry " << at);
    auto entries = good;
    entries[at].prefix_length = keys[at - 1].size() + 1;
    CHECK_FALSE(height_of(entries));

    entries = good;  // the same key again
    entries[at].prefix_length = keys[at - 1].size();
    entries[at].suffix = {};
    CHECK_FALSE(height_of(entries));

    entries = good;  // shares more than it claims
    entries[at].prefix_length = 0;
    entries[at].suffix = keys[at];
    CHECK_FALSE(height_of(entries));

    entries = good;  // before the one before
    entries[at].suffix = "!";
    CHECK_FALSE(height_of(entries));

    entries = good;  // no record key
    const std::string odd = std::string(entries[at].suffix) + " ";
    entries[at].suffix = odd;
    CHECK_FALSE(height_of(entries));

    entries = good;
    entries[at].value = ipld::Cid(ipld::Codec::raw, entries[at].value.digest());
    CHECK_FALSE(height_of(entries));
  }
  const std::vector<std::string> upper_case = {"Com.Example.a/x"};
  CHECK_FALSE(height_of(entries_of(upper_case)));
  CHECK_FALSE(height_of({}));
}

}  // namespace
}  // namespace atb
