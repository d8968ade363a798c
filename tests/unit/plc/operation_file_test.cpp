#include "core/plc/operation_file.h"

#include "core/data/json.h"
#include "tests/support/catch.h"
#include "tests/support/error_id.h"
#include "tests/support/plc_fixture.h"

using namespace atb;
using namespace atb::test;

namespace {

PlcLog some_log() {
  return {plc_state({plc_did_key(1)}, plc_did_key(9), "alice.example", "https://pds.example"), plc_key(1)};
}

plc::Operation next_of(PlcLog& log) {
  plc::State state = log.state();
  state.also_known_as = {"at://bob.example"};
  return plc::Operation::make(state, log.cid(log.head()));
}

}  // namespace

TEST_CASE("plc: an unsigned operation goes to another machine with its log, and comes back signed",
          "[plc][file]") {
  PlcLog log = some_log();
  const auto audited = plc::audit_log(log.did(), log.entries());
  plc::Operation operation = next_of(log);
  const auto there =
      plc::parse_operation_file(plc::operation_file(log.did(), operation, &*audited), Limits{});
  REQUIRE(there);
  CHECK(there->did == log.did());
  CHECK_FALSE(there->is_signed);
  CHECK(there->operation.unsigned_cbor() == operation.unsigned_cbor());
  REQUIRE(there->log);
  CHECK(there->log->head_cid() == log.cid(log.head()));

  operation.sign(plc_key(1)).value();
  const auto back = plc::parse_operation_file(plc::operation_file(log.did(), operation, nullptr), Limits{});
  REQUIRE(back);
  CHECK(back->is_signed);
  CHECK(back->operation.cid() == operation.cid());
  CHECK_FALSE(back->log);
}

TEST_CASE("plc: an operation alone, as other programs write it, is read too", "[plc][file]") {
  PlcLog log = some_log();
  plc::Operation operation = next_of(log);
  const auto bare = plc::parse_operation_file(data::to_json(operation.json()), Limits{});
  REQUIRE(bare);
  CHECK_FALSE(bare->did);
  CHECK_FALSE(bare->is_signed);
  operation.sign(plc_key(1)).value();
  CHECK(plc::parse_operation_file(data::to_json(operation.json()), Limits{})->is_signed);
}

TEST_CASE("plc: an operation without prev follows the log's last", "[plc][file]") {
  PlcLog log = some_log();
  data::Value operation = next_of(log).json();
  operation.object()->remove("prev");
  data::Object file;
  file.set("type", "atbackup plc operation").set("did", log.did().str()).set("operation", operation);
  CHECK(error_id(plc::parse_operation_file(data::to_json(file), Limits{})) == "plc.field");
  file.set("log", plc::log_json(log.entries()));
  const auto parsed = plc::parse_operation_file(data::to_json(file), Limits{});
  REQUIRE(parsed);
  CHECK(parsed->operation.prev() == log.cid(log.head()));
}

TEST_CASE("plc: what is no file of an operation, or of another account, is refused", "[plc][file]") {
  const auto id = [](std::string_view text) { return error_id(plc::parse_operation_file(text, Limits{})); };
  CHECK(id("[]") == "plc.operation_file");
  CHECK(id(R"({"type":"atbackup plc operation"})") == "plc.operation_file");
  CHECK(id(R"({"type":"atbackup plc operation","operation":{}})") == "plc.operation_file");
  CHECK(id("{}") == "plc.operation");
  CHECK(id("{") == "json.syntax");

  PlcLog log = some_log();
  PlcLog other(plc_state({plc_did_key(2)}, plc_did_key(9), "bob.example", "https://pds.example"), plc_key(2));
  data::Object file;
  file.set("type", "atbackup plc operation")
      .set("did", log.did().str())
      .set("operation", next_of(log).json())
      .set("log", plc::log_json(other.entries()));
  CHECK(id(data::to_json(file)) == "plc.file_did");
  file.set("log", data::Array());
  CHECK(id(data::to_json(file)) == "plc.operation_file");
  log.entries().front().nullified = true;
  file.set("log", plc::log_json(log.entries()));
  CHECK(id(data::to_json(file)) == "plc.nullified_flag");

  data::Value signed_already = next_of(log).json();
  signed_already.object()->set("sig", "AA");
  CHECK(error_id(plc::Operation::parse_unsigned(signed_already, Limits{})) == "plc.operation");
  CHECK(error_id(plc::Operation::parse_unsigned(data::Value(3), Limits{})) == "plc.operation");
}
