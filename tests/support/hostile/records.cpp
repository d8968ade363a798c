// Records that break the protocol's data model, and hash right: authentic, told, never hidden, no failure.
// The twin has a record that says the same in the right way, as far as that can be said.
#include "tests/support/hostile/maker.h"

namespace atb::test {
namespace {

constexpr std::string_view kKey = "com.example.odd/one";
constexpr std::size_t kMillion = 1'000'000;

class Records {
 public:
  void add(std::string name, std::string id, Bytes bad, Bytes twin = hex_of("a1 61 61 01")) {
    all.push_back({.name = "record_" + std::move(name),
                   .findings = {info(std::move(id))},
                   .bad = canonical(among_others(std::move(bad))),
                   .twin = canonical(among_others(std::move(twin)))});
  }
  // A map {"a": …} of these hex digits.
  void member(std::string name, std::string id, std::string_view bad, std::string_view twin = "01") {
    const Bytes head = hex_of("a1 61 61");
    add(std::move(name), std::move(id), joined({head, hex_of(bad)}), joined({head, hex_of(twin)}));
  }
  std::vector<HostileRepo> all;

 private:
  static NamedRecords among_others(Bytes odd) {
    NamedRecords records{{std::string(kKey), std::move(odd)}};
    for (const char* key : {"com.example.test/a", "com.example.test/b", "app.example.test/c"})
      records.emplace_back(key, record_of(key));
    return records;
  }
};

void numbers(Records& records) {
  records.member("int_not_minimal_1", "cbor.non_minimal_int", "18 17", "17");
  records.member("int_not_minimal_2", "cbor.non_minimal_int", "19 00 18", "18 18");
  records.member("int_not_minimal_4", "cbor.non_minimal_int", "1a 00 00 00 01");
  records.member("int_not_minimal_8", "cbor.non_minimal_int", "1b 00 00 00 00 00 00 00 01");
  records.member("negative_not_minimal", "cbor.non_minimal_int", "38 00", "20");
  records.member("length_not_minimal", "cbor.non_minimal_int", "78 01 61", "61 61");
  records.member("list_length_not_minimal", "cbor.non_minimal_int", "98 01 00", "81 00");
  records.member("bytes_length_not_minimal", "cbor.non_minimal_int", "58 01 00", "41 00");
  records.add("map_length_not_minimal", "cbor.non_minimal_int", hex_of("b8 01 61 61 01"));
  records.add("key_length_not_minimal", "cbor.non_minimal_int", hex_of("a1 78 01 61 01"));
  records.member("int_beyond_63_bits", "cbor.integer_range", "1b 80 00 00 00 00 00 00 00",
                 "1b 7f ff ff ff ff ff ff ff");
  records.member("negative_beyond_63_bits", "cbor.integer_range", "3b 80 00 00 00 00 00 00 00",
                 "3b 7f ff ff ff ff ff ff ff");
  records.member("float", "cbor.float", "fb 3f f8 00 00 00 00 00 00");
  records.member("float_whole", "cbor.float", "fb 3f f0 00 00 00 00 00 00");
  records.member("float_half", "cbor.float", "f9 3c 00");
  records.member("float_nan", "cbor.float", "fb 7f f8 00 00 00 00 00 00");
  records.member("float_infinite", "cbor.float", "fb 7f f0 00 00 00 00 00 00");
}

void maps(Records& records) {
  records.add("key_twice", "cbor.duplicate_key", hex_of("a2 61 61 01 61 61 02"));
  records.add("type_twice", "cbor.duplicate_key",
              joined({Bytes{0xa2}, cbor_text("$type"), cbor_text("com.example.a"), cbor_text("$type"),
                      cbor_text("com.example.b")}));
  records.add("keys_unsorted", "cbor.key_order", hex_of("a2 61 62 01 61 61 02"),
              hex_of("a2 61 61 02 61 62 01"));
  records.add("keys_sorted_as_text", "cbor.key_order", hex_of("a2 62 61 61 01 61 62 02"),
              hex_of("a2 61 62 02 62 61 61 01"));
  records.add("inner_keys_unsorted", "cbor.key_order", hex_of("a1 61 61 a2 61 62 01 61 61 02"),
              hex_of("a1 61 61 a2 61 61 02 61 62 01"));
  records.add("key_a_number", "cbor.key_type", hex_of("a1 01 01"));
  records.add("key_bytes", "cbor.key_type", hex_of("a1 41 61 01"));
  records.add("top_level_list", "data.top_level", hex_of("80"));
  records.add("top_level_text", "data.top_level", hex_of("61 61"));
  records.add("top_level_null", "data.top_level", hex_of("f6"));
}

void lengths(Records& records) {
  records.member("indefinite_list", "cbor.indefinite", "9f 01 ff", "81 01");
  records.member("indefinite_map", "cbor.indefinite", "bf 61 61 01 ff", "a1 61 61 01");
  records.member("indefinite_text", "cbor.indefinite", "7f 61 61 ff", "61 61");
  records.member("indefinite_bytes", "cbor.indefinite", "5f 41 61 ff", "41 61");
  records.add("indefinite_itself", "cbor.indefinite", hex_of("bf 61 61 01 ff"));
  records.member("text_of_2_63", "cbor.cut", "7b 80 00 00 00 00 00 00 00");
  records.member("bytes_of_2_63", "cbor.cut", "5b 80 00 00 00 00 00 00 00");
  records.member("bytes_of_2_64", "cbor.cut", "5b ff ff ff ff ff ff ff ff");
  records.member("list_of_2_63", "cbor.cut", "9b 80 00 00 00 00 00 00 00");
  records.member("map_of_2_63", "cbor.cut", "bb 80 00 00 00 00 00 00 00");
  records.member("map_of_2_64", "cbor.cut", "bb ff ff ff ff ff ff ff ff");
  records.member("text_one_too_long", "cbor.cut", "62 61", "61 61");
  records.add("empty", "cbor.cut", Bytes());
  records.add("cut", "cbor.cut", hex_of("a1 61"));
  records.add("with_bytes_after", "cbor.trailing", hex_of("a1 61 61 01 00"));
  records.add("twice_in_one_block", "cbor.trailing", hex_of("a1 61 61 01 a1 61 61 01"));
}

void kinds(Records& records) {
  records.member("tag_date", "cbor.tag", "c1 01");
  records.member("tag_bignum", "cbor.tag", "c2 41 01");
  records.member("tag_self_described", "cbor.tag", "d9 d9 f7 01");
  records.add("tag_around_it", "cbor.tag", hex_of("d9 d9 f7 a1 61 61 01"));
  records.member("undefined", "cbor.simple", "f7", "f6");
  records.member("simple_value", "cbor.simple", "f8 ff");
  records.member("text_not_utf8", "cbor.utf8", "62 c3 28", "62 c3 a9");
  records.member("text_overlong", "cbor.utf8", "62 c0 80", "61 00");
  records.member("text_surrogate", "cbor.utf8", "63 ed a0 80", "63 ed 9f bf");
  records.member("text_beyond_unicode", "cbor.utf8", "64 f4 90 80 80", "64 f4 8f bf bf");
  records.add("key_not_utf8", "cbor.utf8", hex_of("a1 61 ff 01"));
  records.member("reserved_length", "cbor.malformed", "1c");
  records.add("no_cbor", "cbor.malformed", hex_of("ff"));

  const Bytes link = cbor_link(some_record());
  const auto with = [&](std::size_t at, std::uint8_t byte) {
    Bytes other = link;
    other[at] = byte;
    return joined({hex_of("a1 61 61"), other});
  };
  const Bytes right = joined({hex_of("a1 61 61"), link});
  // d8 2a 58 25 00 01 71 12 20 …
  records.add("link_unknown_codec", "cbor.link", with(6, 0x70), right);
  records.add("link_unknown_hash", "cbor.link", with(7, 0x13), right);
  records.add("link_of_version_0", "cbor.link", with(5, 0x00), right);
  records.add("link_without_prefix", "cbor.link", with(4, 0x01), right);
  records.member("link_of_a_text", "cbor.link", "d8 2a 61 61");
  records.member("link_empty", "cbor.link", "d8 2a 40");
}

void nesting(Records& records) {
  const auto lists = [](std::size_t depth) {
    return joined({hex_of("a1 61 61"), Bytes(depth, 0x81), hex_of("80")});
  };
  // The map itself and the innermost list are two levels.
  const std::size_t limit = Limits{}.cbor_depth;
  records.add("nested_one_too_deep", "cbor.depth", lists(limit - 1), lists(limit - 2));
  records.add("nested_a_million", "cbor.depth", lists(kMillion));
  Bytes maps;
  for (std::size_t i = 0; i < kMillion; ++i) maps.insert(maps.end(), {0xa1, 0x61, 0x61});
  records.add("nested_a_million_maps", "cbor.depth", joined({maps, hex_of("a0")}));
  records.add("nested_a_million_tags", "cbor.tag",
              joined({hex_of("a1 61 61"), Bytes(kMillion, 0xc1), hex_of("01")}));
  records.add("nested_a_million_indefinite", "cbor.depth",
              joined({hex_of("a1 61 61"), Bytes(kMillion, 0x9f)}));
}

}  // namespace

std::vector<HostileRepo> hostile_records() {
  Records records;
  for (auto group : {numbers, maps, lengths, kinds, nesting}) group(records);
  return std::move(records.all);
}

}  // namespace atb::test
