#include "core/syntax/datetime.h"
#include "core/syntax/tid.h"
#include "tests/support/catch.h"

#include <random>

using namespace atb;
using namespace atb::syntax;

namespace {

std::int64_t us(std::string_view text) { return Datetime::parse(text).value().unix_us(); }

std::string id_of(std::string_view text) {
  const auto result = Datetime::parse(text);
  return result ? "" : result.error().id;
}

}  // namespace

TEST_CASE("datetime: gives the moment, offset and fraction counted in", "[syntax]") {
  CHECK(us("1970-01-01T00:00:00Z") == 0);
  CHECK(us("1970-01-01T00:00:00.1Z") == 100'000);
  CHECK(us("1970-01-01T00:00:00.0000019Z") == 1);
  CHECK(us("1970-01-01T01:00:00+01:00") == 0);
  CHECK(us("1969-12-31T16:15:00.000001-07:45") == 1);
  CHECK(us("2000-02-29T12:34:56.123456Z") == 951'827'696'123'456);
  CHECK(us("1969-12-31T23:59:59.999999Z") == -1);
  CHECK(us("0000-01-01T00:00:00Z") == -62'167'219'200'000'000);
  CHECK(us("9999-12-31T23:59:59Z") == 253'402'300'799'000'000);
  CHECK(Datetime::parse("1985-04-12T23:20:50.10Z").value().str() == "1985-04-12T23:20:50.10Z");
}

TEST_CASE("datetime: moments that do not exist are told from bad syntax", "[syntax]") {
  for (const auto* text :
       {"2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2023-04-31T00:00:00Z", "2023-00-01T00:00:00Z",
        "2023-13-01T00:00:00Z", "2023-01-00T00:00:00Z", "2023-01-01T24:00:00Z", "2023-01-01T00:60:00Z",
        "2016-12-31T23:59:60Z", "2023-01-01T00:00:00+24:00", "2023-01-01T00:00:00+00:60",
        "0000-01-01T00:00:00+00:01"}) {
    CAPTURE(text);
    CHECK(id_of(text) == "datetime.value");
  }
  for (const auto* text : {"", "2023", "2023-01-01T00:00:00", "2023-01-01T00:00:00-00:00",
                           "2023-01-01T00:00:00.Z", "2023-01-01T00:00:00,1Z", "2023-01-01T00:00:00Z ",
                           "2023-01-01T00:00:00ZZ", "+023-01-01T00:00:00Z", "2023-01-01T00:00:0/Z"}) {
    CAPTURE(text);
    CHECK(id_of(text) == "datetime.syntax");
  }
}

TEST_CASE("datetime: twenty digits of fraction and no more", "[syntax]") {
  const std::string start = "2023-01-01T00:00:00.";
  CHECK(Datetime::parse(start + std::string(20, '9') + "Z"));
  CHECK(id_of(start + std::string(21, '9') + "Z") == "datetime.syntax");
  CHECK(id_of(start + std::string(5000, '9') + "Z") == "datetime.syntax");
}

TEST_CASE("tid: text and numbers are two forms of one value, in the same order", "[syntax]") {
  CHECK(Tid::from(0, 0).str() == "2222222222222");
  CHECK(Tid::parse("2222222222222").value().unix_us() == 0);
  const Tid last = Tid::parse("jzzzzzzzzzzzz").value();
  CHECK(last.clock_id() == 1023);
  CHECK(last.unix_us() == (std::int64_t{1} << 54) - 1);
  CHECK(Tid::from(last.unix_us() + 1, 1023) == last);
  CHECK(Tid::from(-1, 0) == Tid::from(0, 0));

  std::mt19937_64 random(5);
  for (int round = 0; round < 2000; ++round) {
    const auto time = static_cast<std::int64_t>(random() >> (10 + random() % 54));
    const auto clock_id = static_cast<unsigned>(random() % 1024);
    const Tid tid = Tid::from(time, clock_id);
    REQUIRE(tid.unix_us() == time);
    REQUIRE(tid.clock_id() == clock_id);
    REQUIRE(tid.str().size() == 13);
    REQUIRE(Tid::parse(tid.str()).value() == tid);
    const Tid other = Tid::from(static_cast<std::int64_t>(random() >> 10), 0);
    REQUIRE((tid < other) == (tid.str() < other.str()));
  }
}

TEST_CASE("tid: other lengths, letters and a high first bit are refused", "[syntax]") {
  for (const auto* text : {"", "222222222222", "22222222222222", "k222222222222", "2222222222221",
                           "2222222222228", "222222222222A", "222222222222\xff", "222222-222222"}) {
    CAPTURE(text);
    CHECK(Tid::parse(text).error().id == "tid.syntax");
  }
}

TEST_CASE("tid: the next one always comes after, even when the clock went back", "[syntax]") {
  CHECK(next_tid(nullptr, 1000, 7) == Tid::from(1000, 7));
  const Tid previous = Tid::from(5000, 900);
  CHECK(next_tid(&previous, 6000, 7) == Tid::from(6000, 7));
  CHECK(next_tid(&previous, 5000, 7) == Tid::from(5001, 7));
  CHECK(next_tid(&previous, 10, 7) == Tid::from(5001, 7));
}
