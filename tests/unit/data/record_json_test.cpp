#include "core/data/record_json.h"

#include "core/data/cbor.h"
#include "core/data/json.h"
#include "tests/support/catch.h"

#include <limits>
#include <random>
#include <string>

namespace atb {
namespace {

using data::Array;
using data::Object;
using data::Value;

class Inventor {
 public:
  Object record() {
    Object object;
    object.set("$type", "com.example.thing");
    const std::size_t members = at_most(5);
    for (std::size_t i = 0; i < members; ++i) object.set("k" + std::to_string(i) + text(), value(0));
    return object;
  }

 private:
  std::size_t at_most(std::size_t limit) { return random_() % (limit + 1); }

  std::string text() {
    static const std::vector<std::string> pieces = {
        "plain ", "\"",     "\\",     "/",      "\n",
        "\x01",   "\x7f",   "ä",      "\u0085", "\u061c",
        "漢字",   "\u200e", "\u2028", "😀",     "0123456789abcdef"};
    std::string out;
    for (std::size_t i = at_most(6); i > 0; --i) out += pieces[random_() % pieces.size()];
    return out;
  }

  Value value(std::size_t depth) {
    switch (random_() % (depth > 4 ? 7 : 9)) {
      case 0:
        return nullptr;
      case 1:
        return at_most(1) == 0;
      case 2:
        return static_cast<std::int64_t>(random_());
      case 3:
        return at_most(1) == 0 ? std::numeric_limits<std::int64_t>::min()
                               : std::numeric_limits<std::int64_t>::max();
      case 4:
        return text();
      case 5: {
        Bytes bytes(at_most(9));
        for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random_());
        return bytes;
      }
      case 6:
        return ipld::Cid::of(at_most(1) == 0 ? ipld::Codec::raw : ipld::Codec::dag_cbor, as_bytes(text()));
      case 7: {
        Array array;
        for (std::size_t i = at_most(4); i > 0; --i) array.push_back(value(depth + 1));
        return array;
      }
      default: {
        Object object;
        for (std::size_t i = at_most(4); i > 0; --i) object.set(text() + std::to_string(i), value(depth + 1));
        return object;
      }
    }
  }

  std::mt19937_64 random_{5};
};

}  // namespace

TEST_CASE("data: a record's JSON without a tree is the JSON of its tree", "[data]") {
  Inventor inventor;
  std::size_t compared = 0;
  for (int round = 0; round < 5000; ++round) {
    const auto block = data::encode_cbor(inventor.record());
    REQUIRE(block);
    if (!data::scan_record(*block, {}).deviation.empty()) continue;
    const auto tree = data::decode_cbor(*block, {});
    REQUIRE(tree);
    std::string direct = "before ";
    data::append_record_json(direct, *block, {});
    REQUIRE(direct == "before " + data::to_json(*tree));
    ++compared;
  }
  CHECK(compared == 5000);
}

}  // namespace atb
