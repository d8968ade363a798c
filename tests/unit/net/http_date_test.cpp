#include "core/net/http_date.h"

#include "tests/support/catch.h"

using atb::net::parse_http_date;

TEST_CASE("http date: the one form that may be sent is read, and nothing else", "[net]") {
  CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == 784111777);
  CHECK(parse_http_date(" Sun, 06 Nov 1994 08:49:37 GMT ") == 784111777);
  for (const char* text : {"", "Sun, 06 Nov 1994 08:49:37 CET", "Sunday, 06-Nov-94 08:49:37 GMT",
                           "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT"}) {
    INFO(text);
    CHECK_FALSE(parse_http_date(text));
  }
}
