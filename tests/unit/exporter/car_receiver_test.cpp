// What arrives is parsed while it comes; what is no CAR is not received to its end.
#include "core/exporter/car_receiver.h"

#include "tests/support/catch.h"
#include "tests/support/error_id.h"
#include "tests/support/mem_fs.h"

using namespace atb;

TEST_CASE("receiver: once the parser has given up, more bytes are refused", "[exporter]") {
  test::MemFs fs;
  auto file = fs.create("/spool").value();
  car::Spool spool(*file, *file);
  exporter::CarReceiver receiver(
      {.spool = spool, .limits = Limits{}, .fs = fs, .progress = no_progress(), .room = {}});
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
