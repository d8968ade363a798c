#include "core/base/byte_source.h"

#include "tests/support/catch.h"

#include <numeric>

using namespace atb;

namespace {

Bytes counted(std::size_t size) {
  Bytes bytes(size);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
  return bytes;
}

// Gives one byte at a time, as a slow network may.
class Trickle final : public RandomAccess {
 public:
  explicit Trickle(Bytes bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t size() const override { return bytes_.size(); }
  Result<std::size_t> read_at(std::uint64_t offset, MutableByteView buffer) const override {
    return bytes_.read_at(offset, buffer.first(std::min<std::size_t>(buffer.size(), 1)));
  }

 private:
  MemoryBytes bytes_;
};

class Broken final : public ByteSource {
 public:
  Result<std::size_t> read(MutableByteView) override { return fail(ErrorKind::io, "file.read", "broken"); }
};

}  // namespace

TEST_CASE("bytes: a stream over memory or a file gives the same bytes", "[bytes]") {
  const Bytes bytes = counted(200'000);
  CHECK(read_all(*stream_of(ByteView(bytes)), bytes.size()).value() == bytes);
  const MemoryBytes memory(bytes);
  CHECK(read_all(*stream_of(memory), bytes.size()).value() == bytes);
  CHECK(memory.size() == bytes.size());
  const Trickle trickle(counted(300));
  CHECK(read_all(*stream_of(trickle), 300).value() == counted(300));
}

TEST_CASE("bytes: one byte past the limit is too large", "[bytes]") {
  const Bytes bytes = counted(100);
  CHECK(read_all(*stream_of(ByteView(bytes)), 100));
  const auto result = read_all(*stream_of(ByteView(bytes)), 99);
  REQUIRE_FALSE(result);
  CHECK(result.error().id == "input.too_large");
  CHECK(result.error().kind == ErrorKind::limit_exceeded);

  BytesSink sink(100);
  CHECK(sink.write(ByteView(bytes).first(60)));
  CHECK(sink.write(ByteView(bytes).subspan(60)));
  CHECK(sink.write({}));
  CHECK(sink.write(ByteView(bytes).first(1)).error().id == "input.too_large");
  CHECK(sink.bytes() == bytes);
}

TEST_CASE("bytes: reading exactly fills the buffer or says where the data ends", "[bytes]") {
  const Trickle trickle(counted(10));
  Bytes buffer(4);
  CHECK(read_exactly_at(trickle, 6, buffer));
  CHECK(buffer == Bytes{6, 7, 8, 9});
  const auto result = read_exactly_at(trickle, 7, buffer);
  REQUIRE_FALSE(result);
  CHECK(result.error().id == "input.cut");
  CHECK(result.error().offset == 10U);
  CHECK(read_exactly_at(trickle, ~std::uint64_t{0}, MutableByteView(buffer).first(1)).error().id ==
        "input.cut");
}

TEST_CASE("bytes: an error of the source is passed on", "[bytes]") {
  Broken broken;
  CHECK(read_all(broken, 10).error().id == "file.read");
}

TEST_CASE("bytes: equal compares length and content", "[bytes]") {
  CHECK(equal(Bytes{}, Bytes{}));
  CHECK(equal(Bytes{1, 2}, Bytes{1, 2}));
  CHECK_FALSE(equal(Bytes{1, 2}, Bytes{1}));
  CHECK_FALSE(equal(Bytes{1, 2}, Bytes{1, 3}));
}
