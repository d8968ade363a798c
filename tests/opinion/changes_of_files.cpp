// Files of blocks that are not what a CAR is, lack something, or hold more than they need.
#include "core/base/cursor.h"
#include "core/data/cbor.h"
#include "tests/opinion/changes.h"

#include <algorithm>

namespace atb::test {
namespace {

using Made = std::optional<Bytes>;

Bytes varint(std::uint64_t value) {
  Bytes bytes;
  append_varint(bytes, value);
  return bytes;
}

Bytes section(const Bytes& cid, const Bytes& block) {
  return joined({varint(cid.size() + block.size()), cid, block});
}

Bytes bytes_of(const ipld::Cid& cid) {
  const auto bytes = cid.bytes();
  return {bytes.begin(), bytes.end()};
}

// Alters the blocks of a signed repository.
Change blocks(std::string what, Expect expect, std::function<bool(Sealed&, const Draft&, Dice&)> change) {
  return {"file: " + what, expect, [change](Subject& subject, Dice& dice) -> Made {
            Sealed sealed = subject.draft.seal();
            if (!change(sealed, subject.draft, dice)) return std::nullopt;
            return file_of(std::move(sealed), dice);
          }};
}

// Alters the bytes of the file.
Change file(std::string what, Expect expect, std::function<Bytes(Bytes, Dice&)> change) {
  return {"file: " + what, expect, [change](Subject& subject, Dice& dice) -> Made {
            return change(file_of(subject.draft.seal(), dice), dice);
          }};
}

std::size_t header_size(const Bytes& file) { return 1U + file.front(); }  // it is short: one byte of length

// The offset of the section after `count` others.
std::size_t section_at(const Bytes& file, std::size_t count) {
  std::size_t at = header_size(file);
  for (; count > 0; --count) {
    std::uint64_t length = 0;
    for (unsigned shift = 0;; shift += 7) {
      const std::uint8_t byte = file[at++];
      length |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) break;
    }
    at += static_cast<std::size_t>(length);
  }
  return at;
}

std::size_t sections(const Bytes& file) {
  std::size_t count = 0;
  while (section_at(file, count) < file.size()) ++count;
  return count;
}

Bytes with_inserted(Bytes file, std::size_t at, const Bytes& what) {
  file.insert(file.begin() + static_cast<std::ptrdiff_t>(at), what.begin(), what.end());
  return file;
}

// Between two blocks.
Bytes with_section(Bytes file, Dice& dice, const Bytes& what) {
  const std::size_t at = section_at(file, dice.below(sections(file) + 1));
  return with_inserted(std::move(file), at, what);
}

Bytes with_header(const Bytes& file, const Bytes& header) {
  return joined({varint(header.size()), header,
                 Bytes(file.begin() + static_cast<std::ptrdiff_t>(header_size(file)), file.end())});
}

void drop(Sealed& sealed, const ipld::Cid& gone) {
  std::erase_if(sealed.blocks, [&](const NamedBlock& block) { return block.first == gone; });
}

void add_missing(std::vector<Change>& all) {
  all.push_back(blocks("without a record", Expect::fails, [](Sealed& sealed, const Draft& draft, Dice& dice) {
    if (draft.records.empty()) return false;
    drop(sealed, draft.blocks[dice.pick(draft.records)].first);
    return true;
  }));
  all.push_back(blocks("without a node", Expect::fails, [](Sealed& sealed, const Draft& draft, Dice& dice) {
    drop(sealed, draft.blocks[dice.pick(draft.nodes).block].first);
    return true;
  }));
  all.push_back(blocks("without its commit", Expect::fails, [](Sealed& sealed, const Draft&, Dice&) {
    sealed.blocks.erase(sealed.blocks.begin());
    return true;
  }));
  all.push_back(blocks("without any block", Expect::fails, [](Sealed& sealed, const Draft&, Dice&) {
    sealed.blocks.clear();
    return true;
  }));
  all.push_back(blocks("a block that does not hash to its name", Expect::fails,
                       [](Sealed& sealed, const Draft&, Dice& dice) {
                         Bytes& block = sealed.blocks[dice.below(sealed.blocks.size())].second;
                         const Bytes before = block;
                         while (block == before) spoil(block, dice);
                         return true;
                       }));
  all.push_back(blocks("a record under another's name", Expect::fails,
                       [](Sealed& sealed, const Draft& draft, Dice& dice) {
                         if (draft.records.size() < 2) return false;
                         // The commit stands before them.
                         const std::size_t a = draft.records[0] + 1;
                         const std::size_t b = draft.records[1 + dice.below(draft.records.size() - 1)] + 1;
                         std::swap(sealed.blocks[a].second, sealed.blocks[b].second);
                         return true;
                       }));
  all.push_back(file("cut anywhere", Expect::fails, [](Bytes made, Dice& dice) {
    made.resize(dice.below(made.size()));
    return made;
  }));
  all.back().times = 3;
  all.push_back(file("cut between blocks", Expect::fails, [](Bytes made, Dice& dice) {
    made.resize(section_at(made, dice.below(sections(made))));
    return made;
  }));
  all.push_back(file("a bit turned", Expect::fails, [](Bytes made, Dice& dice) {
    made[dice.below(made.size())] ^= static_cast<std::uint8_t>(1U << dice.below(8));
    return made;
  }));
  all.back().times = 3;
}

void add_more(std::vector<Change>& all) {
  const auto extra = [](std::string what, Expect expect, const Bytes& cid, const Bytes& block) {
    return file("another block, " + what, expect, [cid, block](Bytes made, Dice& dice) {
      return with_section(std::move(made), dice, section(cid, block));
    });
  };
  const Bytes words = to_bytes(as_bytes("some words"));
  const Bytes digest = to_bytes(ipld::Cid::of(ipld::Codec::raw, words).digest());
  const Bytes map = hex_of("a1 61 61 01");
  all.push_back(extra("a record", Expect::told, bytes_of(ipld::Cid::of(ipld::Codec::dag_cbor, map)), map));
  all.push_back(extra("raw", Expect::told, bytes_of(ipld::Cid::of(ipld::Codec::raw, words)), words));
  all.push_back(extra("no CBOR", Expect::told, bytes_of(ipld::Cid::of(ipld::Codec::dag_cbor, words)), words));
  all.push_back(extra("without bytes", Expect::told, bytes_of(ipld::Cid::of(ipld::Codec::raw, {})), {}));
  all.push_back(extra("that does not hash to its name", Expect::fails,
                      bytes_of(ipld::Cid::of(ipld::Codec::dag_cbor, words)), map));
  all.push_back(extra("of version 0", Expect::fails, joined({hex_of("12 20"), digest}), words));
  all.push_back(extra("of another codec", Expect::fails, joined({hex_of("01 70 12 20"), digest}), words));
  all.push_back(extra("with SHA-512", Expect::fails,
                      joined({hex_of("01 55 13 40"),
                              hex_of("8d5704c8735dd263b69b5ac00d34138f9e412f1a57e673fcfbd8fd89df501513"
                                     "bd9124c2cc34abeedbe01e4427bc7adc7924bd3dc04c352d829e38b3befcdd3f")}),
                      words));
  all.push_back(
      extra("with its own bytes for a hash", Expect::fails, joined({hex_of("01 55 00 0a"), words}), words));
  all.push_back(extra("with its version in too many bytes", Expect::fails,
                      joined({hex_of("8100 55 12 20"), digest}), words));
  all.push_back(extra("a name cut short", Expect::fails, joined({hex_of("01 55 12 20"), Bytes(10, 7)}), {}));
  all.push_back({"file: a block twice", Expect::told, [](Subject& subject, Dice& dice) -> Made {
                   const Sealed sealed = subject.draft.seal();
                   const auto& [cid, block] = sealed.blocks[dice.below(sealed.blocks.size())];
                   const Bytes twin = section(bytes_of(cid), block);
                   return with_section(file_of(sealed, dice), dice, twin);
                 }});
  all.push_back(blocks("a record named as raw bytes", Expect::fails,
                       [](Sealed& sealed, const Draft& draft, Dice& dice) {
                         if (draft.records.empty()) return false;
                         auto& [cid, block] = sealed.blocks[dice.pick(draft.records) + 1];
                         cid = ipld::Cid::of(ipld::Codec::raw, block);
                         return true;
                       }));
}

void add_lengths(std::vector<Change>& all) {
  all.push_back(file("a length in too many bytes", Expect::fails, [](Bytes made, Dice& dice) {
    const std::size_t at = section_at(made, dice.below(sections(made)));
    std::size_t end = at;
    while (made[end] >= 0x80) ++end;
    made[end] |= 0x80U;
    return with_inserted(std::move(made), end + 1, {0});
  }));
  all.push_back(file("a length of ten bytes", Expect::fails, [](Bytes made, Dice& dice) {
    return with_section(std::move(made), dice, hex_of("ffffffffffffffffff7f"));
  }));
  all.push_back(file("a length of 2^62", Expect::fails, [](Bytes made, Dice& dice) {
    return with_section(std::move(made), dice, varint(1ULL << 62U));
  }));
  all.push_back(file("a block that claims a gigabyte", Expect::fails, [](Bytes made, Dice& dice) {
    return with_section(std::move(made), dice, varint(1U << 30U));
  }));
  all.push_back(file("a length of zero", Expect::fails,
                     [](Bytes made, Dice& dice) { return with_section(std::move(made), dice, {0}); }));
  all.push_back(file("a length too short for a name", Expect::fails, [](Bytes made, Dice& dice) {
    return with_section(std::move(made), dice, joined({{5}, Bytes(5, 1)}));
  }));
  all.push_back(
      file("a zero byte at the end", Expect::fails, [](Bytes made, Dice&) { return joined({made, {0}}); }));
  all.push_back(file("half a length at the end", Expect::fails,
                     [](Bytes made, Dice&) { return joined({made, {0x80}}); }));
  all.push_back(file("words at the end", Expect::fails,
                     [](Bytes made, Dice&) { return joined({made, to_bytes(as_bytes("and so on"))}); }));
}

void add_headers(std::vector<Change>& all) {
  const auto roots = [](std::string what, Expect expect, std::function<void(Sealed&, const Draft&)> change) {
    return blocks(std::move(what), expect, [change](Sealed& sealed, const Draft& draft, Dice&) {
      change(sealed, draft);
      return true;
    });
  };
  const ipld::Cid nowhere = ipld::Cid::of(ipld::Codec::dag_cbor, as_bytes("nowhere"));
  all.push_back(roots("two roots, the commit first", Expect::told,
                      [nowhere](Sealed& sealed, const Draft&) { sealed.roots.push_back(nowhere); }));
  all.push_back(roots("two roots, the commit last", Expect::fails, [nowhere](Sealed& sealed, const Draft&) {
    sealed.roots.insert(sealed.roots.begin(), nowhere);
  }));
  all.push_back(roots("no root", Expect::fails, [](Sealed& sealed, const Draft&) { sealed.roots.clear(); }));
  all.push_back(roots("the root is the tree", Expect::fails,
                      [](Sealed& sealed, const Draft& draft) { sealed.roots = {draft.root()}; }));
  all.push_back(roots("the root is nowhere", Expect::fails,
                      [nowhere](Sealed& sealed, const Draft&) { sealed.roots = {nowhere}; }));
  all.push_back(roots("the root is raw bytes", Expect::fails, [](Sealed& sealed, const Draft&) {
    sealed.roots = {ipld::Cid(ipld::Codec::raw, sealed.roots.front().digest())};
  }));
  const auto header = [](std::string what, Expect expect, std::function<Bytes(const Bytes&)> change) {
    return file("head " + what, expect, [change](Bytes made, Dice&) {
      // a2 65 "roots" 81 <link> 67 "version" 01
      const Bytes link(made.begin() + 9, made.begin() + static_cast<std::ptrdiff_t>(header_size(made)) - 9);
      return with_header(made, change(link));
    });
  };
  const Bytes name_roots = cbor_text("roots");
  const Bytes name_version = cbor_text("version");
  all.push_back(header("of version 2", Expect::fails, [=](const Bytes& link) {
    return joined({{0xa2}, name_roots, {0x81}, link, name_version, {2}});
  }));
  all.push_back(header("without a version", Expect::fails,
                       [=](const Bytes& link) { return joined({{0xa1}, name_roots, {0x81}, link}); }));
  all.push_back(header("without roots", Expect::fails,
                       [=](const Bytes&) { return joined({{0xa1}, name_version, {1}}); }));
  all.push_back(header("with another field", Expect::any, [=](const Bytes& link) {
    return joined({{0xa3}, cbor_text("more"), {1}, name_roots, {0x81}, link, name_version, {1}});
  }));
  all.push_back(header("with its fields in another order", Expect::any, [=](const Bytes& link) {
    return joined({{0xa2}, name_version, {1}, name_roots, {0x81}, link});
  }));
  all.push_back(header("with a version in too many bytes", Expect::any, [=](const Bytes& link) {
    return joined({{0xa2}, name_roots, {0x81}, link, name_version, {0x18, 1}});
  }));
  all.push_back(header("with a root that is a text", Expect::fails, [=](const Bytes&) {
    return joined({{0xa2}, name_roots, {0x81}, cbor_text("bafy"), name_version, {1}});
  }));
  all.push_back(header("with bytes after its end", Expect::any, [=](const Bytes& link) {
    return joined({{0xa2}, name_roots, {0x81}, link, name_version, {1}, {0}});
  }));
  all.push_back(header("of nothing", Expect::fails, [](const Bytes&) { return Bytes(); }));
  all.push_back(file("head with a length in too many bytes", Expect::fails, [](Bytes made, Dice&) {
    made.front() |= 0x80U;
    return with_inserted(std::move(made), 1, {0});
  }));
  all.push_back(file("nothing at all", Expect::fails, [](Bytes, Dice&) { return Bytes(); }));
  all.push_back(file("a web page", Expect::fails, [](Bytes, Dice&) {
    return to_bytes(as_bytes("<!doctype html><title>502 Bad Gateway</title>"));
  }));
}

}  // namespace

std::vector<Change> changes_of_files() {
  std::vector<Change> all;
  add_missing(all);
  add_more(all);
  add_lengths(all);
  add_headers(all);
  return all;
}

}  // namespace atb::test
