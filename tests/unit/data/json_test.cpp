#include "core/data/json.h"

#include "core/data/json_text.h"
#include "tests/support/catch.h"

#include <limits>

using atb::Bytes;
using atb::ErrorKind;
using atb::Limits;
using namespace atb::data;

namespace {

std::string failure(std::string_view text, Floats floats = Floats::refuse, const Limits& limits = {}) {
  const auto value = parse_json(text, limits, floats);
  if (value) return "";
  if (value.error().id != "json.too_large") CHECK(value.error().kind == ErrorKind::corrupt);
  CHECK_FALSE(value.error().message.empty());
  return value.error().id;
}

std::string again(std::string_view text, Floats floats = Floats::refuse) {
  const auto value = parse_json(text, Limits{}, floats);
  REQUIRE(value);
  return to_json(*value);
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

}  // namespace

TEST_CASE("json: reads each type, and writes it the same", "[json]") {
  for (const std::string_view text :
       {"null", "true", "false", "0", "-1", "9223372036854775807", "-9223372036854775808", "\"\"", "\"a\"",
        "[]", "{}", "[1,[2,{}],null]", R"({"b":1,"a":{"z":[true]}})",
        R"("gr)"
        "\xc3\xbc"
        R"(n")",
        R"("\"\\\b\f\n\r\t\u0000\u001f")"}) {
    CHECK(again(text) == text);
  }
  CHECK(again(" { \"a\" :\n1 } ") == R"({"a":1})");
  CHECK(again(R"("\u00fc\ud83d\ude00\/")") == "\"\xc3\xbc\xf0\x9f\x98\x80/\"");
  CHECK(again(R"({"$link":"x","$bytes":1})") == R"({"$link":"x","$bytes":1})");
}

TEST_CASE("json: what is not JSON", "[json]") {
  for (const std::string_view text : {"",
                                      " ",
                                      "{",
                                      "[",
                                      "\"",
                                      "nul",
                                      "True",
                                      "01",
                                      "-",
                                      "+1",
                                      "1.",
                                      ".5",
                                      "1e",
                                      "0x10",
                                      "NaN",
                                      "Infinity",
                                      "'a'",
                                      "[1,]",
                                      "{\"a\":1,}",
                                      "{\"a\"}",
                                      "{a:1}",
                                      "{1:1}",
                                      "[1 2]",
                                      "\"\n\"",
                                      R"("\x41")",
                                      R"("\u12")",
                                      "// c\n1",
                                      "/* c */ 1",
                                      "<html><body>502</body></html>",
                                      "]",
                                      "\xef\xbb\xbf{}"}) {
    CAPTURE(text);
    CHECK(failure(text) == "json.syntax");
  }
  CHECK(failure(std::string_view("1\0", 2)) == "json.syntax");
  CHECK(failure(std::string_view("{}\0{", 4)) == "json.syntax");
  CHECK(failure(std::string_view("\"\0\"", 3)) == "json.syntax");
  const auto value = parse_json("[1, x]", Limits{});
  REQUIRE_FALSE(value);
  CHECK(value.error().offset.has_value());
}

TEST_CASE("json: nothing may follow the value", "[json]") {
  CHECK(failure("{} ").empty());
  CHECK(failure("{}{}") == "json.syntax");
  CHECK(failure("1 2") == "json.syntax");
  CHECK(failure("null,") == "json.syntax");
  CHECK(failure("[]]") == "json.syntax");
}

TEST_CASE("json: a key that comes twice is refused, however it is written", "[json]") {
  CHECK(failure(R"({"a":1,"a":1})") == "json.duplicate_key");
  CHECK(failure(R"({"a":1,"b":2,"\u0061":3})") == "json.duplicate_key");
  CHECK(failure(R"([{"x":{"a":1,"a":2}}])") == "json.duplicate_key");
  CHECK(failure(R"({"a":{"a":1}})").empty());
}

TEST_CASE("json: a hundred thousand keys take no more than moments", "[json]") {
  std::string text = "{";
  for (int i = 0; i < 100'000; ++i) text += "\"key" + std::to_string(i) + "\":0,";
  text += "\"key0\":1}";
  CHECK(failure(text) == "json.duplicate_key");
}

TEST_CASE("json: integers beyond 64 bits with a sign are refused, not rounded", "[json]") {
  for (const Floats floats : {Floats::refuse, Floats::allow}) {
    CHECK(failure("9223372036854775807", floats).empty());
    CHECK(failure("9223372036854775808", floats) == "json.integer_range");
    CHECK(failure("18446744073709551616", floats) == "json.integer_range");
    CHECK(failure("-9223372036854775808", floats).empty());
    CHECK(failure("-9223372036854775809", floats) == "json.integer_range");
    CHECK(failure("[1" + std::string(400, '0') + "]", floats) != "");
  }
}

TEST_CASE("json: floats only where they are allowed", "[json]") {
  for (const std::string_view text : {"1.5", "1.0", "1e2", "-0.0", "1E-7"}) {
    CAPTURE(text);
    CHECK(failure(text) == "json.float");
    CHECK(failure(text, Floats::allow).empty());
  }
  CHECK(failure("1e999", Floats::refuse) == "json.float");
  CHECK(failure("1e999", Floats::allow) == "json.float");
}

TEST_CASE("json: doubles are written in the shortest form that reads back the same", "[json]") {
  for (const double number :
       {0.1, 1.0 / 3, 1e22, 5e-324, 1.7976931348623157e308, 123456789.0, -2.5, 1e15, 0.0}) {
    const std::string text = to_json(Value(number));
    CAPTURE(text);
    const auto value = parse_json(text, Limits{}, Floats::allow);
    REQUIRE(value);
    CHECK(*value == Value(number));
  }
  CHECK(to_json(Value(0.1)) == "0.1");
  CHECK(to_json(Value(123456789.0)) == "123456789.0");
  CHECK(to_json(Value(std::numeric_limits<double>::infinity())) == "null");
  CHECK(to_json(Value(std::numeric_limits<double>::quiet_NaN())) == "null");
}

TEST_CASE("json: nesting is taken at the limit and refused one past it", "[json]") {
  Limits limits;
  limits.json_depth = 10;
  CHECK(failure(nested(10), Floats::refuse, limits).empty());
  CHECK(failure(nested(11), Floats::refuse, limits) == "json.depth");
  CHECK(failure(R"({"a":)" + nested(9) + "}", Floats::refuse, limits).empty());
  CHECK(failure(R"({"a":)" + nested(10) + "}", Floats::refuse, limits) == "json.depth");
  CHECK(failure(std::string(1'000'000, '[')) == "json.depth");
}

TEST_CASE("json: size is taken at the limit and refused one past it", "[json]") {
  Limits limits;
  limits.json_bytes = 10;
  CHECK(failure("\"12345678\"", Floats::refuse, limits).empty());
  CHECK(failure("\"123456789\"", Floats::refuse, limits) == "json.too_large");
  CHECK(parse_json("\"123456789\"", limits).error().kind == ErrorKind::limit_exceeded);
}

TEST_CASE("json: invalid UTF-8 and lone surrogates are refused", "[json]") {
  for (const std::string_view text :
       {"\"\xff\"", "\"\xc3\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\xff"}) {
    CHECK(failure(text) == "json.utf8");
  }
  CHECK(failure(R"("\ud800")") == "json.syntax");
  CHECK(failure(R"("\ud800x")") == "json.syntax");
  CHECK(failure(R"("\udc00\ud800")") == "json.syntax");
  CHECK(failure(R"("\ud800\ud800")") == "json.syntax");
}

TEST_CASE("json: a character is escaped the same wherever it stands", "[json]") {
  const auto inner = [](std::string_view text) {
    std::string json;
    append_json_text(json, text);
    return json.substr(1, json.size() - 2);
  };
  const std::string around = "abcdefgh ~}]ijklmnopqrstuvwxyz !#ABCDE";
  for (unsigned byte = 0; byte < 256; ++byte) {
    const std::string one(1, static_cast<char>(byte));
    const std::string escaped = inner(one);
    const bool plain = byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
    REQUIRE((escaped == one) == plain);
    for (std::size_t size = 0; size <= around.size(); ++size) {
      for (std::size_t at = 0; at <= size; ++at) {
        const std::string before = around.substr(0, at);
        const std::string after = around.substr(at, size - at);
        REQUIRE(inner(before + one + after) == before + escaped + after);
        REQUIRE(inner(before + one + " " + one + after) == before + escaped + " " + escaped + after);
      }
    }
  }
}

TEST_CASE("json: what goes before and after a text stands outside of its quotes", "[json]") {
  for (const std::string& text : {std::string(), std::string("plain"), std::string("a\nb")}) {
    std::string bare;
    append_json_text(bare, text);
    std::string with = "x";
    append_json_text(with, text, ',', ':');
    CHECK(with == "x," + bare + ":");
    with = "x";
    append_json_text(with, text, ',');
    CHECK(with == "x," + bare);
  }
}

TEST_CASE("json: what could harm a terminal is escaped, and reads back the same", "[json]") {
  const std::string evil = std::string("\0\x1b[2J\x7f", 6) +
                           "\xc2\x9b"
                           "31m\xe2\x80\xae"
                           "abc\xe2\x81\xa6\xe2\x80\xa8\xd8\x9c";
  const std::string text = to_json(Value(evil));
  CHECK(text == R"("\u0000\u001b[2J\u007f\u009b31m\u202eabc\u2066\u2028\u061c")");
  CHECK(*parse_json(text, Limits{}) == Value(evil));
  const std::string key = to_json(Object().set("\x1b", 1));
  CHECK(key == R"({"\u001b":1})");
}

TEST_CASE("json: text that is not UTF-8 is written as JSON all the same", "[json]") {
  for (const std::string& bad : {std::string("\xff"), std::string("a\xc3"), std::string("\xed\xa0\x80"),
                                 std::string("\xf0\x9f\x98")}) {
    const std::string text = to_json(Value(bad));
    CHECK(parse_json(text, Limits{}));
    CHECK(text.find("\\ufffd") != std::string::npos);
  }
  CHECK(to_json(Value("\xff"
                      "a")) == R"("\ufffda")");
}

TEST_CASE("json: every character survives writing and reading", "[json]") {
  std::string all;
  for (char32_t code = 0; code < 0x3000; ++code) {
    if (code < 0x80) {
      all.push_back(static_cast<char>(code));
    } else if (code < 0x800) {
      all.push_back(static_cast<char>(0xc0U | code >> 6U));
      all.push_back(static_cast<char>(0x80U | (code & 0x3fU)));
    } else {
      all.push_back(static_cast<char>(0xe0U | code >> 12U));
      all.push_back(static_cast<char>(0x80U | (code >> 6U & 0x3fU)));
      all.push_back(static_cast<char>(0x80U | (code & 0x3fU)));
    }
  }
  CHECK(*parse_json(to_json(Value(all)), Limits{}) == Value(all));
}

TEST_CASE("json: the indented style", "[json]") {
  const Value value = Object()
                          .set("a", Array{Value(1), Value(Array{}), Value(Object{})})
                          .set("b", Bytes{1})
                          .set("c", Object().set("d", nullptr));
  CHECK(to_json(value, JsonStyle::indented) == R"({
  "a": [
    1,
    [],
    {}
  ],
  "b": {
    "$bytes": "AQ"
  },
  "c": {
    "d": null
  }
})");
}

TEST_CASE("data-model json: links and bytes, both ways", "[json]") {
  const auto cid = atb::ipld::Cid::of(atb::ipld::Codec::raw, Bytes{1});
  const Value value = Object().set("l", cid).set("b", Bytes{1, 2}).set("e", Bytes{});
  const std::string text = to_json(value);
  CHECK(text == R"({"l":{"$link":")" + cid.str() + R"("},"b":{"$bytes":"AQI"},"e":{"$bytes":""}})");
  CHECK(*from_data_model_json(*parse_json(text, Limits{})) == value);
}

TEST_CASE("data-model json: each rule has its id", "[json]") {
  const auto id = [](std::string_view text) {
    const auto value = from_data_model_json(*parse_json(text, Limits{}, Floats::allow));
    return value ? std::string() : value.error().id;
  };
  const std::string cid = atb::ipld::Cid::of(atb::ipld::Codec::raw, Bytes{1}).str();
  const std::string ref = R"("ref":{"$link":")" + cid + R"("})";
  CHECK(id("[]") == "data.top_level");
  CHECK(id("1") == "data.top_level");
  CHECK(id(R"({"a":{"$link":"x"}})") == "data.link");
  CHECK(id(R"({"a":{"$link":"zdj7WhuEjrB52m1BisYCtmjH1hSKa7yZ3jEZ9JcXaFRD51wVz"}})") == "data.link");
  CHECK(id(R"({"a":{"$bytes":"_w"}})") == "data.bytes");
  CHECK(id(R"({"a":{"$bytes":"AQI="}})").empty());
  CHECK(id(R"({"a":[{"$type":""}]})") == "data.type");
  CHECK(id(R"({"$type":"blob",)" + ref + R"(,"mimeType":"a/b","size":1})").empty());
  CHECK(id(R"({"$type":"blob",)" + ref + R"(,"mimeType":"a/b","size":1.0})").empty());
  CHECK(id(R"({"$type":"blob",)" + ref + R"(,"mimeType":"a/b"})") == "data.blob");
  CHECK(id(R"({"$type":"blob",)" + ref + R"(,"mimeType":1,"size":1})") == "data.blob");
  CHECK(id(R"({"$type":"blob","ref":")" + cid + R"(","mimeType":"a/b","size":1})") == "data.blob");
  CHECK(id(R"({"a":1.5})") == "data.float");
  CHECK(id(R"({"a":1e300})") == "data.float");
  CHECK(id(R"({"a":9007199254740992.0})").empty());
  CHECK(id(R"({"a":9007199254740994.0})") == "data.float");
}
