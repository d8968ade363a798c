#include "core/base/buffered_sink.h"

#include "tests/support/catch.h"

using namespace atb;

namespace {

// Counts the writes and keeps the bytes.
class Counting final : public ByteSink {
 public:
  Status write(ByteView bytes) override {
    ++writes;
    text += as_text(bytes);
    return {};
  }
  int writes = 0;
  std::string text;
};

}  // namespace

TEST_CASE("buffered sink: small writes become few, in order, and none is lost", "[base]") {
  Counting out;
  BufferedSink sink(out);
  std::string wanted;
  for (int i = 0; i < 100'000; ++i) {
    const std::string one = std::to_string(i);
    wanted += one;
    REQUIRE(sink.write(as_bytes(one)));
  }
  const std::string large(400'000, 'x');
  REQUIRE(sink.write(as_bytes(large)));
  wanted += large;
  REQUIRE(sink.write(as_bytes("end")));
  REQUIRE(sink.flush());
  CHECK(out.text == wanted + "end");
  CHECK(out.writes < 6);
}
