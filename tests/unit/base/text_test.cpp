#include "core/base/text.h"

#include "tests/support/catch.h"

#include <random>

using namespace atb;

namespace {

std::string utf8(char32_t code) {
  const auto n = static_cast<std::uint32_t>(code);
  const auto tail = [](std::uint32_t bits) { return static_cast<char>(0x80U | (bits & 0x3fU)); };
  if (n < 0x80) return {static_cast<char>(n)};
  if (n < 0x800) return {static_cast<char>(0xc0U | n >> 6U), tail(n)};
  if (n < 0x10000) return {static_cast<char>(0xe0U | n >> 12U), tail(n >> 6U), tail(n)};
  return {static_cast<char>(0xf0U | n >> 18U), tail(n >> 12U), tail(n >> 6U), tail(n)};
}

std::string random_bytes(std::mt19937& random, std::size_t length) {
  std::string text;
  // Half of them from the leads and tails that make UTF-8 interesting.
  constexpr std::string_view kInteresting = "\x1b\xc2\x9b\xe2\x80\xae\xf0\x9f\x98\x80\xed\xa0\xff\xc0[";
  for (std::size_t i = 0; i < length; ++i) {
    text += random() % 2 == 0 ? static_cast<char>(random() & 0xffU)
                              : kInteresting[random() % kInteresting.size()];
  }
  return text;
}

}  // namespace

TEST_CASE("text: plain text in any script passes through printable() unchanged", "[text]") {
  for (const std::string_view text :
       {"", "plain", "naïve café", "日本語", "Ελληνικά", "😀 🇩🇪", "back\\slash", "a\u0301"}) {
    CHECK(printable(text) == text);
  }
}

TEST_CASE("text: control characters become visible escapes", "[text]") {
  CHECK(printable("\x1b[31mred\x07") == "\\x1b[31mred\\x07");
  CHECK(printable("a\nb\tc\r") == "a\\x0ab\\x09c\\x0d");
  CHECK(printable(std::string_view("\0", 1)) == "\\x00");
  CHECK(printable("\x7f") == "\\x7f");
  CHECK(printable("\u009b31m") == "\\u009b31m");
}

TEST_CASE("text: every character that reorders, hides or breaks a line is escaped", "[text]") {
  const std::pair<char32_t, char32_t> ranges[] = {{0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},
                                                  {0x61c, 0x61c},   {0x200b, 0x200f}, {0x2028, 0x202e},
                                                  {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xe0000, 0xe007f}};
  for (const auto& [first, last] : ranges) {
    for (char32_t code = first; code <= last; ++code) {
      const std::string shown = printable(utf8(code));
      CAPTURE(static_cast<std::uint32_t>(code), shown);
      CHECK(shown.starts_with("\\"));
      CHECK(shown.find(utf8(code)) == std::string::npos);
    }
  }
  CHECK(printable("\u202e") == "\\u202e");
  CHECK(printable("\U000e0041") == "\\U000e0041");
  // Their neighbours are ordinary.
  for (const char32_t code :
       {0x20U, 0x7eU, 0xa0U, 0xacU, 0xaeU, 0x2010U, 0x2027U, 0x202fU, 0x2070U, 0xdffffU}) {
    CHECK(printable(utf8(code)) == utf8(code));
  }
}

TEST_CASE("text: bytes that are not UTF-8 are shown one by one", "[text]") {
  CHECK(printable("\xff") == "\\xff");
  CHECK(printable("a\xc3") == "a\\xc3");                           // cut short
  CHECK(printable("\xc0\xaf") == "\\xc0\\xaf");                    // overlong
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");           // surrogate
  CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // past the last character
  CHECK(printable("\xe2\x82z") == "\\xe2\\x82z");
}

TEST_CASE("text: long text is cut at a whole character, the sign included in the limit", "[text]") {
  CHECK(printable("12345", 5) == "12345");
  CHECK(printable("123456", 5) == "12…");
  CHECK(printable("1ä345", 5) == "1…");
  CHECK(printable("1\x1b"
                  "23",
                  5) == "1…");
  CHECK(printable("123", 2).empty());
  CHECK(printable("123456", 3) == "…");
  CHECK(printable("", 0).empty());
}

TEST_CASE("text: whatever comes in, printable() gives short valid UTF-8 without control characters",
          "[text]") {
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    const std::string text = random_bytes(random, random() % 40);
    const std::size_t limit = random() % 60;
    const std::string shown = printable(text, limit);
    REQUIRE(shown.size() <= limit);
    REQUIRE(valid_utf8(shown));
    for (const char c : shown) REQUIRE((static_cast<unsigned char>(c) >= 0x20 && c != 0x7f));
    // Nothing is left to escape.
    REQUIRE(printable(shown) == shown);
  }
}

TEST_CASE("text: UTF-8 is judged strictly", "[text]") {
  for (const char32_t code :
       {0x0U, 0x7fU, 0x80U, 0x7ffU, 0x800U, 0xd7ffU, 0xe000U, 0xffffU, 0x10000U, 0x10ffffU}) {
    CHECK(valid_utf8(utf8(code)));
  }
  for (const std::string_view text : {"\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xed\xbf\xbf",
                                      "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xe2\x82", "\xfe"}) {
    CHECK_FALSE(valid_utf8(text));
  }
}

TEST_CASE("text: as many strings are UTF-8 as the standard counts", "[text]") {
  const auto count = [](unsigned first, unsigned last, std::size_t size) {
    const std::string ends("\x00\x7f\x80\xbf\xc0\xff", 6);
    std::size_t valid = 0;
    for (unsigned lead = first; lead <= last; ++lead) {
      for (unsigned second = 0; second < 256; ++second) {
        for (const char third : ends) {
          for (const char fourth : size == 3 ? ends.substr(0, 1) : ends) {
            const char text[] = {static_cast<char>(lead), static_cast<char>(second), third, fourth};
            if (valid_utf8({text, size})) ++valid;
          }
        }
      }
    }
    return valid;
  };
  // Three bytes: 960 beginnings of a character of three, and two ends of it in our sample; 1920 characters of
  // two and two of one. Four bytes: 256 beginnings of a character of four, four ends.
  CHECK(count(0x80, 0xef, 3) == 960 * 2 + 1920 * 2);
  CHECK(count(0xf0, 0xff, 3) == 0);
  CHECK(count(0xf0, 0xff, 4) == 256 * 4);
  // ASCII is read eight bytes at a time: a stray byte is found wherever it stands.
  for (std::size_t size = 1; size < 40; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      std::string text(size, 'a');
      REQUIRE(valid_utf8(text));
      text[at] = '\xbf';
      REQUIRE_FALSE(valid_utf8(text));
      if (at + 1 < size) text.replace(at, 2, "\xc3\xbc");
      REQUIRE(valid_utf8(text) == (at + 1 < size));
    }
  }
}

TEST_CASE("text: trim, split and lower", "[text]") {
  CHECK(trim(" \t a b\r\n") == "a b");
  CHECK(trim(" \n ").empty());
  CHECK(split("a,,b", ',') == std::vector<std::string_view>{"a", "", "b"});
  CHECK(split("", ',') == std::vector<std::string_view>{""});
  CHECK(split(",", ',') == std::vector<std::string_view>{"", ""});
  CHECK(lower_ascii("AbZ[\xc3\x84") == "abz[\xc3\x84");
}

TEST_CASE("text: decimal numbers have one form and no overflow", "[text]") {
  CHECK(parse_decimal("0") == 0U);
  CHECK(parse_decimal("18446744073709551615") == 18446744073709551615U);
  for (const std::string_view text :
       {"", "-1", "+1", "00", "01", " 1", "1 ", "1a", "18446744073709551616", "99999999999999999999999"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_decimal(text));
  }
}

TEST_CASE("text: sizes are shown in decimal units and never as 1000 of one", "[text]") {
  CHECK(human_bytes(0) == "0 bytes");
  CHECK(human_bytes(1) == "1 byte");
  CHECK(human_bytes(999) == "999 bytes");
  CHECK(human_bytes(1000) == "1.0 kB");
  CHECK(human_bytes(1949) == "1.9 kB");
  CHECK(human_bytes(9949) == "9.9 kB");
  CHECK(human_bytes(9950) == "10 kB");
  CHECK(human_bytes(834'000) == "834 kB");
  CHECK(human_bytes(999'499) == "999 kB");
  CHECK(human_bytes(999'500) == "1.0 MB");
  CHECK(human_bytes(1'234'567'890) == "1.2 GB");
  CHECK(human_bytes(18446744073709551615U) == "18 EB");
}
