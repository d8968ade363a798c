// Records that hash right and lie in their place, and are not what the data model allows, or only just.
#include "tests/opinion/changes.h"

namespace atb::test {
namespace {

// {"a": <item>}
Bytes map_of(std::string_view item) { return joined({hex_of("a1 61 61"), hex_of(item)}); }

// Puts `block` in place of a record.
Change record(std::string what, Expect expect, Bytes block) {
  return {"record: " + what, expect, [block](Subject& subject, Dice& dice) -> std::optional<Bytes> {
            Draft& draft = subject.draft;
            if (draft.records.empty()) return std::nullopt;
            draft.replace(dice.pick(draft.records), block);
            return file_of(draft.seal(), dice);
          }};
}
Change told(std::string what, Bytes block) { return record(std::move(what), Expect::told, std::move(block)); }
Change clean(std::string what, Bytes block) {
  return record(std::move(what), Expect::clean, std::move(block));
}

Bytes nested(std::size_t depth) {  // counting the map
  return joined({hex_of("a1 61 61"), Bytes(depth - 2, 0x81), {0x80}});
}

Bytes link_with(std::string_view head, std::size_t digest) {
  Bytes content = joined({hex_of(head), Bytes(digest, 7)});
  return joined({hex_of("a1 61 61 d8 2a"), cbor_bytes(content)});
}

void add_numbers(std::vector<Change>& all) {
  all.push_back(told("float of 8 bytes", map_of("fb 3ff8000000000000")));
  all.push_back(told("float of 8 bytes, a whole number", map_of("fb 3ff0000000000000")));
  all.push_back(told("float of 8 bytes, minus zero", map_of("fb 8000000000000000")));
  all.push_back(told("float of 8 bytes, not a number", map_of("fb 7ff8000000000000")));
  all.push_back(told("float of 8 bytes, infinity", map_of("fb 7ff0000000000000")));
  all.push_back(told("float of 4 bytes", map_of("fa 3fc00000")));
  all.push_back(told("float of 2 bytes", map_of("f9 3e00")));
  all.push_back(told("integer in 1 byte too many", map_of("18 17")));
  all.push_back(told("integer in 2 bytes, 1 would do", map_of("19 0001")));
  all.push_back(told("integer in 4 bytes, 2 would do", map_of("1a 00000100")));
  all.push_back(told("integer in 8 bytes, 4 would do", map_of("1b 0000000000000100")));
  all.push_back(told("negative integer in 1 byte too many", map_of("38 00")));
  all.push_back(told("integer of 2^63", map_of("1b 8000000000000000")));
  all.push_back(told("integer of 2^64 - 1", map_of("1b ffffffffffffffff")));
  all.push_back(told("integer of -2^63 - 1", map_of("3b 8000000000000000")));
  all.push_back(clean("integer of 2^53", map_of("1b 0020000000000000")));
  all.push_back(clean("integer of 2^63 - 1", map_of("1b 7fffffffffffffff")));
  all.push_back(clean("integer of -2^53", map_of("3b 001fffffffffffff")));
  all.push_back(clean("integer of -2^63", map_of("3b 7fffffffffffffff")));
  all.push_back(told("big number (tag 2)", map_of("c2 49 010000000000000000")));
}

void add_text(std::vector<Change>& all) {
  all.push_back(told("text that is not UTF-8", map_of("62 c328")));
  all.push_back(told("text with half a surrogate pair", map_of("63 eda080")));
  all.push_back(told("text in overlong UTF-8", map_of("62 c080")));
  all.push_back(told("text beyond Unicode", map_of("64 f4908080")));
  all.push_back(
      told("long text that is not UTF-8", joined({hex_of("a1 61 61 78 64"), Bytes(99, 'x'), {0xc3}})));
  all.push_back(told("text with a length in too many bytes", map_of("78 01 61")));
  all.push_back(told("bytes with a length in too many bytes", map_of("58 01 61")));
  all.push_back(told("text in pieces", map_of("7f 61 61 61 62 ff")));
  all.push_back(told("bytes in pieces", map_of("5f 41 61 ff")));
  all.push_back(clean("text with a zero byte", map_of("62 0061")));
  all.push_back(clean("text of a byte order mark", map_of("63 efbbbf")));
  all.push_back(clean("text of a noncharacter", map_of("63 efbfbf")));
}

void add_maps(std::vector<Change>& all) {
  all.push_back(told("keys in another order", hex_of("a2 61 62 01 61 61 02")));
  all.push_back(told("keys by the alphabet, not by length", hex_of("a2 62 6161 01 61 62 02")));
  all.push_back(told("a key twice", hex_of("a2 61 61 01 61 61 02")));
  all.push_back(told("a key twice, not one after the other", hex_of("a3 61 61 01 61 62 02 61 61 03")));
  all.push_back(told("a key that is a number", hex_of("a1 01 02")));
  all.push_back(told("a key that is bytes", hex_of("a1 41 61 02")));
  all.push_back(told("a key that is not UTF-8", hex_of("a1 62 c328 02")));
  all.push_back(told("a key with a length in too many bytes", hex_of("a1 78 01 61 02")));
  all.push_back(told("map with a count in too many bytes", hex_of("b8 01 61 61 02")));
  all.push_back(told("array with a count in too many bytes", map_of("98 01 02")));
  all.push_back(told("map without a count", hex_of("bf 61 61 01 ff")));
  all.push_back(told("array without a count", map_of("9f 01 ff")));
  all.push_back(clean("keys ordered as bytes, not as UTF-16", hex_of("a2 64 efbfbf61 01 64 f0908080 02")));
  all.push_back(
      clean("a key named __proto__", joined({{0xa1}, cbor_text("__proto__"), hex_of("a1 61 61 01")})));
  all.push_back(clean("an empty key", hex_of("a1 60 01")));
  all.push_back(clean("a map of nothing", hex_of("a0")));
  all.push_back(told("nothing at all", {}));
  all.push_back(told("an array at the top", hex_of("81 01")));
  all.push_back(told("a number at the top", hex_of("01")));
  all.push_back(told("a text at the top", hex_of("61 61")));
  all.push_back(told("null at the top", hex_of("f6")));
  all.push_back(told("a link at the top", cbor_link(ipld::Cid::of(ipld::Codec::raw, {}))));
  all.push_back(told("bytes after the end", hex_of("a1 61 61 01 00")));
}

void add_structure(std::vector<Change>& all) {
  all.push_back(told("tag 0", map_of("c0 61 61")));
  all.push_back(
      told("tag 42 in too many bytes", joined({hex_of("a1 61 61 d9 002a"), cbor_bytes(Bytes(37, 0))})));
  all.push_back(told("tag 42 around text", map_of("d8 2a 61 61")));
  all.push_back(told("link without its zero byte", link_with("01 01 71 12 20", 32)));
  all.push_back(told("link of version 0", link_with("00 12 20", 32)));
  all.push_back(told("link with SHA-512", link_with("00 01 71 13 40", 64)));
  all.push_back(told("link with another codec", link_with("00 01 70 12 20", 32)));
  all.push_back(told("link with a digest cut short", link_with("00 01 71 12 14", 20)));
  all.push_back(told("link with a byte too many", link_with("00 01 71 12 20", 33)));
  all.push_back(told("link that is empty", map_of("d8 2a 40")));
  all.push_back(clean("link to raw bytes", link_with("00 01 55 12 20", 32)));
  all.push_back(told("undefined", map_of("f7")));
  all.push_back(told("a simple value", map_of("e0")));
  all.push_back(told("a simple value in 2 bytes", map_of("f8 ff")));
  all.push_back(told("true in 2 bytes", map_of("f8 15")));
  all.push_back(told("a break where none may be", map_of("ff")));
  all.push_back(told("a reserved head", map_of("1c")));
  all.push_back(told("cut in a text", map_of("63 6161")));
  all.push_back(told("an array that claims 2^63 - 1 items", map_of("9b 7fffffffffffffff")));
  all.push_back(told("a text that claims 2^63 bytes", map_of("7b 8000000000000000")));
  all.push_back(told("no CBOR at all", to_bytes(as_bytes("<!doctype html>"))));
  all.push_back(clean("128 levels", nested(128)));
  all.push_back(told("129 levels", nested(129)));
  all.push_back(told("100000 levels", nested(100'000)));
}

}  // namespace

std::vector<Change> changes_of_records() {
  std::vector<Change> all;
  add_numbers(all);
  add_text(all);
  add_maps(all);
  add_structure(all);
  all.push_back({"record: spoilt", Expect::any, [](Subject& subject, Dice& dice) -> std::optional<Bytes> {
                   Draft& draft = subject.draft;
                   if (draft.records.empty()) return std::nullopt;
                   for (std::size_t times = dice.between(1, 2); times > 0; --times) {
                     const std::size_t at = dice.pick(draft.records);
                     Bytes block = draft.blocks[at].second;
                     spoil(block, dice);
                     draft.replace(at, std::move(block));
                   }
                   return file_of(draft.seal(), dice);
                 }});
  all.back().times = 8;
  all.push_back(
      {"record: a node of the tree", Expect::clean, [](Subject& subject, Dice& dice) -> std::optional<Bytes> {
         Draft& draft = subject.draft;
         if (draft.records.empty()) return std::nullopt;
         const Bytes node = close_node({});
         draft.replace(dice.pick(draft.records), node);
         return file_of(draft.seal(), dice);
       }});
  return all;
}

}  // namespace atb::test
