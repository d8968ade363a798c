// What arrives is parsed while it comes; what is no CAR is not received to its end.
#include "core/exporter/car_receiver.h"

#include "tests/support/catch.h"
#include "tests/support/error_id.h"
#include "tests/support/mem_fs.h"
#include "tests/support/repo_fixture.h"

#include <new>

using namespace atb;

namespace {

const Limits kLimits;

// As when the index of a spool has to grow and cannot.
class NoMemory final : public ByteSink {
 public:
  Status write(ByteView) override { throw std::bad_alloc(); }
};

}  // namespace

TEST_CASE("receiver: too little memory ends it with an error, not the program", "[exporter]") {
  test::MemFs fs;
  NoMemory full;
  const MemoryBytes nothing{Bytes{}};
  car::Spool spool(full, nothing, {}, 0);
  exporter::CarReceiver receiver(
      {.spool = spool, .limits = kLimits, .fs = fs, .progress = no_progress(), .room = {}});
  REQUIRE(receiver.begin({}));
  const Bytes car = test::make_repo({.records = 2000}).car();
  (void)receiver.write(car);
  CHECK(test::error_id(receiver.finish()) == "export.memory");
  CHECK(test::error_id(receiver.begin({})) == "export.memory");
}

TEST_CASE("receiver: what the spool holds in memory needs room on the disk too", "[exporter]") {
  test::MemFs fs;
  fs.set_free_space(20U << 20);
  auto file = fs.create("/spool").value();
  car::Spool spool(*file, *file);
  exporter::CarReceiver receiver({.spool = spool,
                                  .limits = kLimits,
                                  .fs = fs,
                                  .progress = no_progress(),
                                  .room = {.folder = "/", .copies = 1}});
  REQUIRE(receiver.begin({}));  // nothing says how much will come
  std::vector<test::NamedBlock> blocks;
  for (std::uint8_t byte = 0; byte < 10; ++byte) {
    const Bytes block(900'000, byte);
    blocks.emplace_back(ipld::Cid::of(ipld::Codec::raw, block), block);
  }
  const Bytes car = test::car_of(std::array{blocks.front().first}, blocks);
  Status status;
  std::size_t at = 0;
  for (; at < car.size() && status; at += 100'000)
    status = receiver.write(ByteView(car).subspan(at, std::min<std::size_t>(100'000, car.size() - at)));
  CHECK(test::error_id(status) == "export.no_space");
  CHECK(at > 4'000'000);
  CHECK(file->size() == 0);
}

TEST_CASE("receiver: once the parser has given up, more bytes are refused", "[exporter]") {
  test::MemFs fs;
  auto file = fs.create("/spool").value();
  car::Spool spool(*file, *file);
  exporter::CarReceiver receiver(
      {.spool = spool, .limits = kLimits, .fs = fs, .progress = no_progress(), .room = {}});
  REQUIRE(receiver.begin({}));
  const Bytes page(1U << 20, '<');
  Status status;
  // The parser sees the first bytes at once; what it leaves in the pipe is bounded.
  for (int i = 0; i < 64 && status; ++i) status = receiver.write(page);
  CHECK(test::error_id(status) == "export.body_refused");
  const auto received = receiver.finish();
  REQUIRE(received);
  CHECK(received->broken);
  CHECK_FALSE(received->root);
}
