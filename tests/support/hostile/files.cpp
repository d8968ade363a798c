// Files that are no CAR, or one that was cut, altered or padded; over a repository that is right.
#include "core/ipld/cbor_writer.h"
#include "tests/support/hostile/maker.h"

#include <algorithm>
#include <stdexcept>

namespace atb::test {
namespace {

Bytes varint(std::uint64_t value) {
  Bytes bytes;
  while (value >= 0x80) {
    bytes.push_back(static_cast<std::uint8_t>(value | 0x80));
    value >>= 7;
  }
  bytes.push_back(static_cast<std::uint8_t>(value));
  return bytes;
}

// Where the sections begin.
std::size_t header_bytes(const Bytes& car) { return 1U + car[0]; }

Bytes with_header(const Bytes& car, const Bytes& header) {
  return joined({varint(header.size()), header,
                 Bytes(car.begin() + static_cast<std::ptrdiff_t>(header_bytes(car)), car.end())});
}

Bytes with_after(const Bytes& car, const Bytes& more) { return joined({car, more}); }

Bytes section(const Bytes& cid, const Bytes& block) {
  return joined({varint(cid.size() + block.size()), cid, block});
}

std::size_t place_of(const Bytes& car, const Bytes& block) {
  const auto found = std::ranges::search(car, block);
  if (found.empty()) throw std::runtime_error("the block is not in the file");
  return static_cast<std::size_t>(found.begin() - car.begin());
}

class Files {
 public:
  void add(std::string name, std::vector<Expected> findings, std::function<Bytes(Bytes)> spoil,
           std::optional<RepoFixture> bad = {}) {
    all.push_back({.name = "file_" + std::move(name),
                   .findings = std::move(findings),
                   .bad = bad ? std::move(*bad) : small_repo(),
                   .twin = small_repo(),
                   .spoil = std::move(spoil)});
  }
  std::vector<HostileRepo> all;
};

void heads(Files& files) {
  const auto text = [&](const std::string& name, std::string_view content) {
    files.add(name, {damage("car.not_car")}, [content](const Bytes&) { return to_bytes(as_bytes(content)); });
  };
  text("a_web_page", "<!DOCTYPE html><html><body>Bad gateway</body></html>");
  text("a_json_error", R"({"error":"RepoNotFound","message":"Could not find repo"})");
  text("a_text", "This is just some words that somebody saved.");
  files.add("packed", {damage("car.not_car")},
            [](const Bytes& car) { return with_after(hex_of("1f 8b 08 00"), car); });
  files.add("empty", {damage("car.empty")}, [](const Bytes&) { return Bytes(); });
  files.add("of_zeros", {damage("car.not_car")}, [](const Bytes& car) { return Bytes(car.size(), 0); });
  files.add("of_ff", {damage("car.not_car")}, [](const Bytes& car) { return Bytes(car.size(), 0xff); });

  const RepoFixture repo = small_repo();
  const auto header = [&](const std::string& name, std::vector<Expected> findings, const Bytes& bytes) {
    files.add(name, std::move(findings), [bytes](const Bytes& car) { return with_header(car, bytes); });
  };
  const Bytes link = cbor_link(repo.commit);
  const Bytes roots = joined({cbor_text("roots"), hex_of("81"), link}),
              version = joined({cbor_text("version"), hex_of("01")});
  const auto with_version = [&](std::string_view digits) {
    return joined({hex_of("a2"), roots, cbor_text("version"), hex_of(digits)});
  };
  header("of_version_2", {damage("car.version")}, with_version("02"));
  header("of_version_2_63", {damage("car.header")}, with_version("1b 80 00 00 00 00 00 00 00"));
  header("version_not_minimal", {damage("car.header")}, with_version("18 01"));
  header("without_version", {damage("car.header")}, joined({hex_of("a1"), roots}));
  header("without_roots", {damage("car.roots")}, joined({hex_of("a1"), version}));
  header("of_no_root", {damage("car.roots")},
         joined({hex_of("a2"), cbor_text("roots"), hex_of("80"), version}));
  header("root_of_unknown_codec", {damage("car.roots")}, [&] {
    Bytes other = link;
    other[6] = 0x70;
    return joined({hex_of("a2"), cbor_text("roots"), hex_of("81"), other, version});
  }());
  header("claims_2_63_roots", {damage("car.header")},
         joined({hex_of("a2"), cbor_text("roots"), hex_of("9b 80 00 00 00 00 00 00 00"), link, version}));
  header("header_unsorted", {damage("car.header")}, joined({hex_of("a2"), version, roots}));
  header("header_with_another_field", {damage("car.header")},
         joined({hex_of("a3"), cbor_text("more"), hex_of("01"), roots, version}));
  header("header_with_bytes_after", {damage("car.header")}, joined({with_version("01"), hex_of("00")}));
  header("header_nested", {damage("car.roots")},
         joined({hex_of("a1"), cbor_text("roots"), Bytes(1000, 0x81), hex_of("80")}));
  header("of_two_roots", {info("car.extra_roots")},
         joined({hex_of("a2"), cbor_text("roots"), hex_of("82"), link, cbor_link(repo.data), version}));
  header("of_another_root", {damage("commit.missing")},
         joined({hex_of("a2"), cbor_text("roots"), hex_of("81"), cbor_link(some_record()), version}));
  header("of_the_tree_as_root", {damage("commit.field")},
         joined({hex_of("a2"), cbor_text("roots"), hex_of("81"), cbor_link(repo.data), version}));
  files.add("header_claims_2_63", {damage("car.header")},
            [](const Bytes& car) { return joined({varint(1ULL << 62), Bytes(car.begin() + 1, car.end())}); });
  files.add("header_length_of_ten_bytes", {damage("car.not_car")},
            [](const Bytes& car) { return joined({varint(1ULL << 63), Bytes(car.begin() + 1, car.end())}); });
  files.add("header_length_not_minimal", {damage("car.not_car")}, [](const Bytes& car) {
    return joined({Bytes{static_cast<std::uint8_t>(car[0] | 0x80), 0x00}, Bytes(car.begin() + 1, car.end())});
  });
}

void sections(Files& files) {
  const auto after = [&](const std::string& name, std::vector<Expected> findings, const Bytes& more) {
    files.add(name, std::move(findings), [more](const Bytes& car) { return with_after(car, more); });
  };
  const Bytes block = record_of("an older record");
  const ipld::Cid cid = ipld::Cid::of(ipld::Codec::dag_cbor, block);
  const auto name = [](const auto& bytes) { return Bytes(bytes.begin(), bytes.end()); };
  after("section_of_0", {damage("car.section")}, Bytes(1, 0));
  after("padded_with_zeros", {damage("car.section")}, Bytes(512, 0));
  after("section_too_short_for_a_cid", {damage("car.section")}, joined({varint(10), Bytes(10, 0xff)}));
  after("section_of_2_62", {damage("car.block_too_large")}, varint(1ULL << 62));
  after("section_of_2_63", {damage("car.section")}, varint(1ULL << 63));
  after("section_length_not_minimal", {damage("car.section")}, hex_of("ff 00"));
  after("section_length_without_end", {damage("car.section")}, Bytes(20, 0xff));
  after("section_longer_than_the_file", {damage("car.cut")},
        joined({varint(100), name(cid.bytes()), hex_of("a0")}));
  after("ends_in_a_length", {damage("car.cut")}, hex_of("80"));
  after("block_of_4_mib_and_one", {damage("car.block_too_large")},
        joined({varint(ipld::Cid::kBytes + Limits{}.block_bytes + 1), name(cid.bytes()),
                Bytes(Limits{}.block_bytes + 1, 0)}));
  after("web_page_after_it", {damage("car.section")},
        joined({Bytes{10}, to_bytes(as_bytes("<html></html>"))}));

  Bytes other = name(cid.bytes());
  other[1] = 0x70;
  after("cid_unknown_codec", {damage("car.unsupported_cid")}, section(other, block));
  other = name(cid.bytes());
  other[2] = 0x13;
  after("cid_unknown_hash", {damage("car.unsupported_cid")}, section(other, block));
  after("cid_of_version_0", {damage("car.unsupported_cid")},
        section(joined({hex_of("12 20"), Bytes(cid.digest().begin(), cid.digest().end())}), block));
  after("cid_of_2_62_bytes", {damage("car.unsupported_cid")},
        section(joined({hex_of("01 71 12"), varint(1ULL << 62)}), Bytes(60, 7)));
  after("wrong_hash_of_no_use", {damage("car.hash")}, section(name(cid.bytes()), record_of("another one")));

  after("extra_block", {info("car.extra_blocks")}, section(name(cid.bytes()), block));
  after("extra_raw_block", {info("car.extra_blocks")},
        section(name(ipld::Cid::of(ipld::Codec::raw, block).bytes()), block));
  files.add("block_twice", {info("car.duplicate_blocks")}, [](const Bytes& car) {
    const Bytes again = record_of(key_at(0, "e"));
    return with_after(
        car,
        section(Bytes(car.begin() + static_cast<std::ptrdiff_t>(place_of(car, again) - ipld::Cid::kBytes),
                      car.begin() + static_cast<std::ptrdiff_t>(place_of(car, again))),
                again));
  });
  files.add("all_of_it_twice", {info("car.duplicate_blocks")}, [](const Bytes& car) {
    return with_after(car, Bytes(car.begin() + static_cast<std::ptrdiff_t>(header_bytes(car)), car.end()));
  });
}

void bytes(Files& files) {
  const RepoFixture repo = small_repo();
  const auto flip = [&](const std::string& name, std::vector<Expected> findings, const Bytes& block) {
    files.add(name, std::move(findings), [block](Bytes car) {
      car[place_of(car, block) + block.size() / 2] ^= 0x20U;
      return car;
    });
  };
  // Depth-first: commit, root.
  flip("commit_altered", {damage("car.hash"), damage("commit.missing")}, repo.blocks[0].second);
  flip("root_altered", {damage("car.hash"), damage("mst.missing_node")}, repo.blocks[1].second);
  flip("record_altered", {damage("car.hash"), damage("mst.missing_record")}, record_of(key_at(0, "e")));
  files.add("cid_altered", {damage("car.hash"), damage("mst.missing_record")}, [](Bytes car) {
    car[place_of(car, record_of(key_at(0, "e"))) - 1] ^= 1U;
    return car;
  });
  files.add("cid_of_another_codec", {damage("mst.missing_record")}, [](Bytes car) {
    car[place_of(car, record_of(key_at(0, "e"))) - ipld::Cid::kBytes + 1] = 0x55;
    return car;
  });
  // The same words under the name of other ones: what a program that does not hash would take.
  files.add("names_exchanged", {damage("car.hash"), damage("mst.missing_record")}, [](Bytes car) {
    const auto first = static_cast<std::ptrdiff_t>(place_of(car, record_of(key_at(0, "e"))));
    const auto second = static_cast<std::ptrdiff_t>(place_of(car, record_of(key_at(0, "f"))));
    const auto bytes = static_cast<std::ptrdiff_t>(ipld::Cid::kBytes);
    std::swap_ranges(car.begin() + first - bytes, car.begin() + first, car.begin() + second - bytes);
    return car;
  });
  // A tree that leads back to itself can only be had with names that are wrong.
  MemoryBlocks blocks;
  const auto low = put_node(blocks, {}, {leaf(blocks, key_at(0, "a"))});
  const auto root = put_node(blocks, low, {leaf(blocks, key_at(1, "m"))});
  files.add(
      "node_that_leads_to_itself", {damage("car.hash"), damage("mst.missing_node")},
      [low](Bytes car) {
        MemoryBlocks made;
        Bytes buffer;
        const Bytes node =
            to_bytes(made.get(put_node(made, {}, {leaf(made, key_at(0, "a"))}), buffer).value());
        Bytes round = to_bytes(made.get(put_node(made, low, {leaf(made, key_at(0, "a"))}), buffer).value());
        const auto at = static_cast<std::ptrdiff_t>(place_of(car, node));
        const auto cid = static_cast<std::ptrdiff_t>(ipld::Cid::kBytes);
        const Bytes old(car.begin() + at - cid, car.begin() + at);
        // Its length stands before its name.
        const auto before = static_cast<std::ptrdiff_t>(varint(old.size() + node.size()).size());
        Bytes changed(car.begin(), car.begin() + at - cid - before);
        const Bytes again = section(old, round);
        changed.insert(changed.end(), again.begin(), again.end());
        changed.insert(changed.end(), car.begin() + at + static_cast<std::ptrdiff_t>(node.size()), car.end());
        return changed;
      },
      signed_tree(blocks, root));
  files.all.back().twin = signed_tree(blocks, root);
}

// The twin stands at the limit, the bad one is past it.
void limits(Files& files) {
  const RepoFixture repo = small_repo();
  const auto one_more = [&](const std::string& name, const std::string& id, std::size_t bytes) -> Limits& {
    files.add(name, {damage(id)}, [bytes](const Bytes& car) {
      const Bytes block(bytes, 0x80);
      const auto cid = ipld::Cid::of(ipld::Codec::dag_cbor, block).bytes();
      return with_after(car, section(Bytes(cid.begin(), cid.end()), block));
    });
    return files.all.back().limits.emplace();
  };
  one_more("too_many_blocks", "car.too_large", 1).repo_blocks = repo.blocks.size();
  one_more("too_many_bytes", "car.too_large", 1).repo_bytes = repo.car().size();
  std::size_t largest = 0;
  for (const auto& [cid, block] : repo.blocks) largest = std::max(largest, block.size());
  one_more("too_large_a_block", "car.block_too_large", largest + 1).block_bytes = largest;

  const Bytes roots =
      joined({cbor_text("roots"), hex_of("82"), cbor_link(repo.commit), cbor_link(repo.commit)});
  const Bytes header = joined({hex_of("a2"), roots, cbor_text("version"), hex_of("01")});
  const auto with_two_roots = [header](const Bytes& car) { return with_header(car, header); };
  files.add("too_many_roots", {damage("car.roots")}, with_two_roots);
  files.all.back().limits.emplace().car_roots = 1;
  files.add("too_long_a_header", {damage("car.header")}, with_two_roots);
  files.all.back().limits.emplace().car_header_bytes = repo.car().front();
}

}  // namespace

std::vector<HostileRepo> hostile_files() {
  Files files;
  for (auto group : {heads, sections, bytes, limits}) group(files);
  return std::move(files.all);
}

}  // namespace atb::test
