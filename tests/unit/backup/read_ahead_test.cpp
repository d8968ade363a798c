#include "core/backup/read_ahead.h"

#include "tests/support/bad_disk.h"
#include "tests/support/catch.h"
#include "tests/unit/backup/long_car.h"

namespace atb {

TEST_CASE("backup: reading ahead hands out what reading does, in order, to the end", "[read_ahead]") {
  for (const std::size_t count : {0U, 1U, 300U, 5000U}) {
    const auto blocks = test::long_blocks(count);
    const MemoryBytes file(test::long_car(blocks));
    const auto batches = backup::read_ahead(file, {});
    REQUIRE(batches);
    CHECK((*batches)->header().roots.size() == 1);
    std::size_t seen = 0;
    while (true) {
      const car::SectionBatch& batch = *(*batches)->next();
      for (const car::Section& section : batch.sections) {
        REQUIRE(seen < count);
        CHECK(section.state == car::Section::State::good);
        CHECK(section.cid == blocks[seen].first);
        CHECK(equal(section.block, blocks[seen].second));
        ++seen;
      }
      REQUIRE_FALSE(batch.failure);
      if (batch.ended) break;
    }
    CHECK(seen == count);
  }
}

TEST_CASE("backup: reading ahead ends with the disk's own error, and can be left at any moment",
          "[read_ahead]") {
  const Bytes bytes = test::long_car(test::long_blocks(6000));
  const test::BadDisk disk(bytes, bytes.size() / 2);
  const auto batches = backup::read_ahead(disk, {});
  REQUIRE(batches);
  const car::SectionBatch* batch = (*batches)->next();
  while (!batch->failure && !batch->ended) batch = (*batches)->next();
  REQUIRE(batch->failure);
  CHECK(batch->failure->id == "test.disk");

  const MemoryBytes file(bytes);
  for (int takes = 0; takes < 8; ++takes) {
    const auto left = backup::read_ahead(file, {});
    REQUIRE(left);
    for (int i = 0; i < takes; ++i) static_cast<void>((*left)->next());
  }
}

}  // namespace atb
