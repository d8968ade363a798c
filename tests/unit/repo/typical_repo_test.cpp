// The invented repositories of the bench: that their orders are those of real servers.
#include "tests/support/typical_repo.h"

#include "core/car/reader.h"
#include "core/mst/builder.h"
#include "tests/support/catch.h"
#include "tests/support/memory_blocks.h"
#include "tests/support/temp_folder.h"
#include "tests/support/typical_records.h"

#include <algorithm>
#include <map>
#include <set>

using namespace atb;
using namespace atb::test;

namespace {

const RepoOptions kOptions{.records = 240, .seed = 3};

// The blocks of the CAR, in their order.
std::vector<ipld::Cid> order_of(BlockOrder order) {
  const TempFolder folder;
  BytesSink out(std::size_t{1} << 30);
  write_typical_repo(kOptions, order, folder.path() + "/typical.car", out);
  const auto source = stream_of(ByteView(out.bytes()));
  auto reader = car::Reader::open(*source, Limits{});
  REQUIRE(reader);
  std::vector<ipld::Cid> cids;
  while (true) {
    auto section = reader->next();
    REQUIRE(section);
    if (!*section) return cids;
    REQUIRE((*section)->state == car::Section::State::good);
    cids.push_back(*(*section)->cid);
  }
}

// Grows the repository as a server does, record by record as time goes, and notes when each block came to be.
std::map<ipld::Cid, std::int64_t> born() {
  std::vector<TypicalRecord> records;
  TypicalRecords stream(kOptions.records, kOptions.seed, kOptions.rev_us);
  for (TypicalRecord record; stream.next(record);) records.push_back(record);
  std::ranges::sort(records, {}, &TypicalRecord::time_us);

  std::map<ipld::Cid, std::int64_t> revs;
  std::map<std::string, ipld::Cid> tree;
  for (const TypicalRecord& record : records) {
    const auto cid = ipld::Cid::of(ipld::Codec::dag_cbor, record.block);
    revs.emplace(cid, record.time_us);
    tree.emplace(record.key, cid);
    MemoryBlocks nodes;
    mst::Builder builder(nodes);
    for (const auto& [key, value] : tree) REQUIRE(builder.add(key, value));
    REQUIRE(builder.finish());
    for (const auto& [node, block] : std::move(nodes).take()) revs.emplace(node, record.time_us);
  }
  return revs;
}

}  // namespace

TEST_CASE("typical repositories: the reference server's order is newest revision first, then by CID",
          "[repo]") {
  const auto revs = born();
  const std::vector<ipld::Cid> cids = order_of(BlockOrder::reference_server);
  REQUIRE(cids.size() > kOptions.records);
  const auto place = [&revs](const ipld::Cid& cid) { return std::pair(revs.at(cid), cid.str()); };
  for (std::size_t i = 2; i < cids.size(); ++i) {  // the first is the commit
    INFO(i);
    CHECK(place(cids[i - 1]) > place(cids[i]));
  }
}

TEST_CASE("typical repositories: every order has the same blocks, the commit first but where it is shuffled",
          "[repo]") {
  const auto straight = order_of(BlockOrder::depth_first);
  const std::set<ipld::Cid> all(straight.begin(), straight.end());
  CHECK(all.size() == straight.size());
  for (const BlockOrder order : {BlockOrder::reference_server, BlockOrder::shuffled}) {
    const auto cids = order_of(order);
    CHECK(cids != straight);
    CHECK((cids.front() == straight.front()) == (order == BlockOrder::reference_server));
    CHECK(std::set<ipld::Cid>(cids.begin(), cids.end()) == all);
  }
}
