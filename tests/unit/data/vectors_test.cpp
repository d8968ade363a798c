// The public vectors of the data model.
#include "tests/support/vectors.h"

#include "core/base/encoding.h"
#include "core/data/cbor.h"
#include "core/data/json.h"
#include "tests/support/catch.h"

using atb::Limits;
using atb::data::Array;
using atb::data::Floats;
using atb::data::Value;

namespace {

Array load(const std::filesystem::path& file) {
  const auto value = atb::data::parse_json(atb::test::read_vector(file), Limits{}, Floats::allow);
  REQUIRE(value);
  REQUIRE(value->array() != nullptr);
  CHECK_FALSE(value->array()->empty());
  return *value->array();
}

}  // namespace

TEST_CASE("data vectors: JSON to CBOR to CID, and back", "[data][vectors]") {
  const auto folder = atb::test::vectors("interop/data-model");
  if (!folder) return;
  for (const Value& vector : load(*folder / "data-model-fixtures.json")) {
    const auto cbor = atb::base64_decode(*require_text(vector, "cbor_base64"));
    REQUIRE(cbor);
    const auto value = atb::data::from_data_model_json(*vector.find("json"));
    REQUIRE(value);
    CHECK(atb::data::encode_cbor(*value) == *cbor);
    CHECK(atb::ipld::Cid::of(atb::ipld::Codec::dag_cbor, *cbor).str() == *require_text(vector, "cid"));

    const auto decoded = atb::data::decode_cbor(*cbor, Limits{});
    REQUIRE(decoded);
    CHECK(*decoded == *value);
    CHECK(*atb::data::parse_json(to_json(*decoded), Limits{}) == *vector.find("json"));
    CHECK(*atb::data::parse_json(to_json(*decoded, atb::data::JsonStyle::indented), Limits{}) ==
          *vector.find("json"));
    CHECK(atb::data::scan_record(*cbor, Limits{}).deviation.empty());
  }
}

TEST_CASE("data vectors: valid documents are taken, and survive CBOR", "[data][vectors]") {
  const auto folder = atb::test::vectors("interop/data-model");
  if (!folder) return;
  for (const Value& vector : load(*folder / "data-model-valid.json")) {
    CAPTURE(text_or(vector, "note", ""));
    const auto value = atb::data::from_data_model_json(*vector.find("json"));
    REQUIRE(value);
    const auto cbor = atb::data::encode_cbor(*value);
    REQUIRE(cbor);
    CHECK(*atb::data::decode_cbor(*cbor, Limits{}) == *value);
  }
}

TEST_CASE("data vectors: invalid documents are refused by the rule they break", "[data][vectors]") {
  const auto folder = atb::test::vectors("interop/data-model");
  if (!folder) return;
  for (const Value& vector : load(*folder / "data-model-invalid.json")) {
    const std::string note = text_or(vector, "note", "");
    CAPTURE(note);
    const auto value = atb::data::from_data_model_json(*vector.find("json"));
    REQUIRE_FALSE(value);
    const std::pair<std::string_view, std::string_view> rules[] = {
        {"top-level", "data.top_level"}, {"float", "data.float"}, {"record with", "data.type"},
        {"blob", "data.blob"},           {"bytes", "data.bytes"}, {"link", "data.link"}};
    bool known = false;
    for (const auto& [prefix, id] : rules) {
      if (!note.starts_with(prefix)) continue;
      known = true;
      CHECK(value.error().id == id);
    }
    CHECK(known);
  }
}
