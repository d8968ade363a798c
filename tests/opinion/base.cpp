// Sound repositories of many shapes: none to some sixty records, several heights, both curves, keys and
// values at the edges of what the protocol allows.
#include "tests/opinion/draft.h"

#include <fmt/format.h>

#include <array>
#include <limits>

namespace atb::test {
namespace {

using data::Array;
using data::Object;
using data::Value;

constexpr std::array<std::int64_t, 14> kIntegers = {0,          23,
                                                    24,         255,
                                                    256,        65535,
                                                    65536,      4294967295,
                                                    4294967296, 9007199254740991,
                                                    -1,         -24,
                                                    -25,        -9007199254740991};

std::string odd_text(Dice& dice) {
  static const std::vector<std::string> kTexts = {"",
                                                  "a",
                                                  "plain",
                                                  "gr\u00fc\u00df",
                                                  "\u65e5\u672c",
                                                  "\U0001f469\u200d\U0001f4bb",
                                                  std::string("\0x", 2),
                                                  "\ufeffmarked",
                                                  "\uffff",
                                                  "e\u0301",
                                                  std::string(23, 'x'),
                                                  std::string(24, 'x'),
                                                  std::string(300, 'y')};
  return dice.pick(kTexts);
}

std::string odd_name(Dice& dice) {
  static const std::vector<std::string> kNames = {"a",      "b",      "aa",          "ab",        "longer",
                                                  "\u00fc", "\u65e5", "Z",           "",          "$x",
                                                  "10",     "9",      "constructor", "\U0001f98a"};
  return dice.pick(kNames);
}

Value odd_value(Dice& dice, std::size_t depth) {
  switch (dice.below(depth == 0 ? 7 : 9)) {
    case 0:
      return nullptr;
    case 1:
      return dice.one_in(2);
    case 2:
      return kIntegers.at(dice.below(kIntegers.size()));
    case 3:
      return odd_text(dice);
    case 4:
      return dice.bytes(dice.below(40));
    case 5:
      return ipld::Cid::of(dice.one_in(2) ? ipld::Codec::raw : ipld::Codec::dag_cbor, dice.bytes(4));
    case 6:
      return static_cast<std::int64_t>(dice.below(1U << 20U)) - (1 << 19);
    case 7: {
      Array array;
      for (std::size_t i = dice.below(4); i > 0; --i) array.push_back(odd_value(dice, depth - 1));
      return array;
    }
    default: {
      Object object;
      for (std::size_t i = dice.below(4); i > 0; --i) object.set(odd_name(dice), odd_value(dice, depth - 1));
      return object;
    }
  }
}

Object odd_record(Dice& dice) {
  Object record;
  record.set("$type", "com.example.odd.thing");
  for (std::size_t i = dice.below(8); i > 0; --i) record.set(odd_name(dice), odd_value(dice, 4));
  return record;
}

std::string odd_key(Dice& dice) {
  static const std::vector<std::string> kCollections = {"com.example.odd.thing",
                                                        "com.example.odd.thingLonger",
                                                        "app.bsky.feed.postgate",
                                                        "a-1.b2.c",
                                                        "com.example." + std::string(63, 'x'),
                                                        "io." + std::string(63, 'k') + ".name"};
  constexpr std::string_view kLetters = "-.0123456789:ABCXYZ_abcxyz~";
  if (dice.one_in(3)) {
    return key_at(static_cast<unsigned>(dice.between(1, 5)), fmt::format("k{}", dice.below(1000)),
                  dice.pick(kCollections));
  }
  std::string name = "r";  // so that it is neither "." nor ".."
  for (std::size_t i = dice.one_in(10) ? 511 : dice.below(20); i > 0; --i)
    name += kLetters[dice.below(kLetters.size())];
  return dice.pick(kCollections) + "/" + name;
}

}  // namespace

Base make_base(Dice& dice) {
  RepoOptions options;
  options.curve = dice.one_in(3) ? crypto::Curve::p256 : crypto::Curve::k256;
  options.seed = dice.between(1, 1'000'000);
  const PlcLog log(plc_state({plc_did_key(1)}, test_key(options.curve, options.seed).public_key().did_key(),
                             "opinion.test", "https://host.test"),
                   plc_key(1));
  options.did = log.did().str();
  // Most are small: what there is to find stands at the edges.
  options.records = dice.one_in(3) ? dice.below(40) : dice.below(8);
  repo::Builder builder;
  (void)put_records(builder, options);
  for (std::size_t i = dice.below(dice.one_in(4) ? 24 : 6); i > 0; --i) {
    const std::string key = odd_key(dice);
    if (const Status put = builder.put(path(key), odd_record(dice)); !put)
      throw std::runtime_error(key + ": " + put.error().message);
  }
  return {sign_repo(builder, options), log};
}

}  // namespace atb::test
