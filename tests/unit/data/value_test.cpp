#include "core/data/value.h"

#include "tests/support/catch.h"

using atb::data::Array;
using atb::data::Object;
using atb::data::Value;

TEST_CASE("object: keeps the order of its keys, replaces, removes", "[data]") {
  Object object;
  CHECK(object.empty());
  object.set("b", 1).set("a", 2).set("b", "new");
  REQUIRE(object.entries().size() == 2);
  CHECK(object.entries()[0].first == "b");
  CHECK(*object.find("b")->text() == "new");
  CHECK(object.find("c") == nullptr);
  object.remove("c");
  object.remove("b");
  CHECK(object.entries().size() == 1);
}

TEST_CASE("object: equal whatever the order, down to the leaves", "[data]") {
  const Object a = Object().set("x", Object().set("p", 1).set("q", Array{Value(), Value(true)})).set("y", 2);
  const Object b = Object().set("y", 2).set("x", Object().set("q", Array{Value(), Value(true)}).set("p", 1));
  CHECK(a == b);
  Object c = b;
  c.set("y", 3);
  CHECK_FALSE(a == c);
  c.set("y", 2).set("z", 1);
  CHECK_FALSE(a == c);
  CHECK_FALSE(Value(1) == Value("1"));
  CHECK_FALSE(Value(0) == Value(false));
  CHECK(Value(nullptr) == Value());
}

TEST_CASE("object: of() takes entries as they are, unless a key comes twice", "[data]") {
  CHECK(Object::of({}).has_value());
  CHECK(Object::of({{"b", 1}, {"a", 2}})->entries()[0].first == "b");
  CHECK_FALSE(Object::of({{"b", 1}, {"a", 2}, {"b", 3}}).has_value());
}

TEST_CASE("value: required and optional members say what is wrong with them", "[data]") {
  const Value document = Object().set("t", "text").set("n", 7).set("b", true).set("nothing", nullptr);
  CHECK(require_text(document, "t") == "text");
  CHECK(require_integer(document, "n") == 7);
  CHECK(require_boolean(document, "b") == true);
  CHECK(require_text(document, "missing").error().id == "json.missing");
  CHECK(require_text(Value(1), "t").error().id == "json.missing");
  CHECK(require_text(document, "n").error().id == "json.type");
  CHECK(require_integer(document, "t").error().id == "json.type");
  CHECK(require_boolean(document, "t").error().id == "json.type");
  CHECK(require_text(document, "n").error().message.find("\"n\"") != std::string::npos);
  CHECK(optional_text(document, "t").value() == "text");
  CHECK_FALSE(optional_text(document, "missing").value().has_value());
  CHECK_FALSE(optional_text(document, "nothing").value().has_value());
  CHECK(optional_text(document, "n").error().id == "json.type");
  CHECK(text_or(document, "t", "else") == "text");
  CHECK(text_or(document, "n", "else") == "else");
  CHECK(text_or(document, "missing", "else") == "else");
}

TEST_CASE("value: wiped, nothing of it is left", "[data]") {
  Value value(Object().set("inner", Object().set("secret", "hunter2")).set("list", Array{Value("x")}));
  const Value kept = value;
  value.wipe();
  CHECK(value.is_null());
  CHECK(*kept.find("inner")->find("secret")->text() == "hunter2");
}
