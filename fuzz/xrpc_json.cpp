// JSON from hosts: answers, records in JSON, and the bodies of errors.
#include "core/base/text.h"
#include "core/data/cbor.h"
#include "core/data/json.h"
#include "core/ipld/cbor_reader.h"
#include "core/xrpc/remote_error.h"

#include <array>

#include "fuzz/target.h"

namespace atb::fuzz {
namespace {

void data_model(const data::Value& json) {
  const Limits limits;
  const auto value = data::from_data_model_json(json);
  if (!value) return;
  const auto parsed = data::parse_json(data::to_json(*value), limits);
  require(parsed.has_value(), "a record is written as strict JSON");
  const auto again = data::from_data_model_json(*parsed);
  require(again && *again == *value, "a record comes back from its JSON");
  const auto cbor = data::encode_cbor(*value);
  require(cbor && ipld::check_cbor(*cbor, limits), "a record in JSON is one in CBOR");
  const auto decoded = data::decode_cbor(*cbor, limits);
  require(decoded && *decoded == *value, "a record comes back from its CBOR");
}

void documents(std::string_view text) {
  const Limits limits;
  const auto strict = data::parse_json(text, limits);
  const auto value = data::parse_json(text, limits, data::Floats::allow);
  require(!strict || (value && *value == *strict), "floats allowed, the rest is the same");
  if (!value) return;
  for (const auto style : {data::JsonStyle::compact, data::JsonStyle::indented}) {
    const std::string written = data::to_json(*value, style);
    require(valid_utf8(written), "what is written is UTF-8");
    const auto again = data::parse_json(written, limits, data::Floats::allow);
    require(again && *again == *value, "a document that is written is read as the same");
  }
  data_model(*value);
}

void errors(std::string_view text) {
  constexpr std::array kStatus = {400, 401, 403, 404, 413, 429, 500, 502};
  constexpr std::string_view kSecret = "open\"sesame";
  constexpr std::string_view kQuoted = "open\\\"sesame";
  const int status = kStatus.at(text.size() % kStatus.size());
  for (const char* type : {"application/json", "text/html; charset=utf-8"}) {
    net::Response response;
    response.status = status;
    response.headers = {{"content-type", type}};
    response.error_body = text;
    xrpc::RemoteError error = xrpc::parse_remote_error(response);
    xrpc::redact(error, kSecret);
    for (const std::string* part : {&error.name, &error.message}) {
      require(part->find(kSecret) == part->npos && part->find(kQuoted) == part->npos,
              "no secret is left in the words of a host");
    }
    const bool utf8 = valid_utf8(error.name) && valid_utf8(error.message);
    const Error made = xrpc::to_error(std::move(error), response, "https://pds.test", "a.b.c", 0);
    require(made.http_status == status && made.id.starts_with("xrpc."), "an error keeps its status");
    require(made.message.size() < 1000, "the words of a host are cut");
    require(!utf8 || (valid_utf8(made.message) && valid_utf8(made.remote_name)),
            "and cut between characters");
  }
}

}  // namespace

void fuzz_one(std::span<const std::uint8_t> input) {
  documents(as_text(input));
  errors(as_text(input));
}

}  // namespace atb::fuzz
