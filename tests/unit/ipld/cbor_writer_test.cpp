#include "core/ipld/cbor_writer.h"

#include "core/ipld/cbor_reader.h"
#include "tests/support/catch.h"
#include "tests/unit/ipld/bytes_of.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

using atb::Bytes;
using atb::ipld::CborWriter;
using atb::ipld::key_less;
using atb::test::hex;

namespace {

Bytes written(std::int64_t number) {
  CborWriter writer;
  writer.integer(number);
  return writer.take();
}

// Does `call` end the program? Runs it in a child.
template <class Call>
bool aborts(Call call) {
  const pid_t child = fork();
  if (child == 0) {
    if (std::freopen("/dev/null", "w", stderr) == nullptr) _exit(1);
    (void)std::signal(SIGABRT, SIG_DFL);
    call();
    _exit(0);
  }
  int status = 0;
  (void)waitpid(child, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

}  // namespace

TEST_CASE("cbor writer: integers take their shortest form", "[cbor]") {
  const std::pair<std::int64_t, std::string_view> cases[] = {
      {0, "00"},
      {23, "17"},
      {24, "1818"},
      {255, "18ff"},
      {256, "190100"},
      {65535, "19ffff"},
      {65536, "1a00010000"},
      {4294967295, "1affffffff"},
      {-1, "20"},
      {-24, "37"},
      {-25, "3818"},
      {4294967296, "1b0000000100000000"},
      {-256, "38ff"},
      {-257, "390100"},
      {INT64_MAX, "1b7fffffffffffffff"},
      {INT64_MIN, "3b7fffffffffffffff"},
  };
  for (const auto& [number, digits] : cases) {
    CAPTURE(number);
    CHECK(written(number) == hex(digits));
  }
}

TEST_CASE("cbor writer: every integer near a power of two is read back, strictly", "[cbor]") {
  for (unsigned bit = 0; bit < 63; ++bit) {
    for (std::int64_t off = -2; off <= 2; ++off) {
      const std::int64_t number = static_cast<std::int64_t>(std::uint64_t{1} << bit) + off;
      for (const std::int64_t value : {number, -1 - number}) {
        const Bytes bytes = written(value);
        REQUIRE(atb::ipld::check_cbor(bytes, {}));
        REQUIRE(atb::ipld::CborReader(bytes).integer() == value);
      }
    }
  }
}

TEST_CASE("cbor writer: keys sort by length, then by bytes", "[cbor]") {
  CHECK(key_less("", "a"));
  CHECK(key_less("b", "aa"));
  CHECK(key_less("aa", "ab"));
  CHECK(key_less("a", "\xff"));
  CHECK_FALSE(key_less("a", "a"));
  CHECK_FALSE(key_less("aa", "b"));
}

TEST_CASE("cbor writer: a map in order passes, also around nested items", "[cbor]") {
  CborWriter writer;
  writer.map(2);
  writer.key("b");
  writer.map(1);
  writer.key("z");
  writer.array(0);
  writer.key("aa");
  writer.map(0);
  CHECK(writer.written() == hex("a2 6162 a1 617a 80 626161 a0"));
  CHECK(atb::ipld::check_cbor(writer.take(), {}));
  writer.boolean(false);  // as new
  CHECK(writer.take() == hex("f4"));
}

TEST_CASE("cbor writer: our own bugs end the program", "[cbor]") {
  CHECK_FALSE(aborts([] { written(1); }));
  CHECK(aborts([] {
    CborWriter writer;
    writer.map(2);
    writer.key("b");
    writer.null();
    writer.key("a");
  }));
  CHECK(aborts([] {
    CborWriter writer;
    writer.map(2);
    writer.key("a");
    writer.null();
    writer.key("a");
  }));
  CHECK(aborts([] {
    CborWriter writer;
    writer.map(1);
    writer.integer(1);
  }));
  CHECK(aborts([] {
    CborWriter writer;
    writer.array(2);
    writer.null();
    (void)writer.take();
  }));
}
