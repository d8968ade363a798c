// Spoiled logs: whatever happens to the bytes, nothing crashes, and nobody gets another identity accepted.
#include "core/plc/audit.h"
#include "tests/support/catch.h"
#include "tests/support/plc_fixture.h"
#include "tests/support/vectors.h"

#include <random>

namespace atb::plc {
namespace {

using test::kPlcEpochUs;
using test::kPlcHourUs;
using test::plc_did_key;
using test::plc_key;

std::string sample_log() {
  const auto state = [](std::uint32_t signing_key) {
    return test::plc_state({plc_did_key(1), plc_did_key(2, crypto::Curve::p256)}, plc_did_key(signing_key),
                           "alice.example", "https://pds.example");
  };
  test::PlcLog log(state(10), plc_key(1));
  log.update(state(11), plc_key(2, crypto::Curve::p256), kPlcEpochUs + kPlcHourUs);
  log.fork(0, state(12), plc_key(1), kPlcEpochUs + 2 * kPlcHourUs);
  log.update(state(13), plc_key(1), kPlcEpochUs + 3 * kPlcHourUs);
  return log.audit_json();
}

Result<AuditedLog> audit_text(const syntax::Did& did, std::string_view json) {
  return audit_log(did, TRY(parse_log(json, Limits{})));
}

class Mutator {
 public:
  std::size_t below(std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
  }

  // One to three small wounds: a byte changed, put in, taken out, a bit flipped, a stretch doubled.
  std::string wound(std::string text) {
    for (std::size_t count = 1 + below(3); count > 0; --count) {
      const std::size_t at = below(text.size());
      switch (below(5)) {
        case 0:
          text[at] = static_cast<char>(below(256));
          break;
        case 1:
          text.insert(at, 1, kSyntax[below(kSyntax.size())]);
          break;
        case 2:
          text.erase(at, 1);
          break;
        case 3:
          text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
          break;
        default:
          text.insert(at, text.substr(at, 1 + below(40)));
          break;
      }
    }
    return text;
  }

 private:
  static constexpr std::string_view kSyntax = "\"\\{}[]:,0aAz= \n\x00\xff";
  std::mt19937 random_{72};
};

void check_spoiled(const std::string& json, int rounds) {
  auto entries = parse_log(json, Limits{});
  REQUIRE(entries);
  const syntax::Did did = entries->at(0).did;
  const auto original = audit_log(did, std::move(*entries));
  REQUIRE(original);
  Mutator mutator;
  int refused = 0;
  for (int round = 0; round < rounds; ++round) {
    const std::string spoiled = mutator.wound(json);
    const auto result = audit_text(did, spoiled);
    if (!result) {
      ++refused;
      continue;
    }
    // Only what is not signed can have changed: white space, times, members of ours to ignore.
    CAPTURE(spoiled);
    CHECK(result->state() == original->state());
    CHECK(result->head_cid() == original->head_cid());
    CHECK(result->entries.size() == original->entries.size());
  }
  CHECK(refused > rounds / 2);
}

TEST_CASE("plc: a wounded log is refused or says the same as before", "[plc][mutation]") {
  check_spoiled(sample_log(), 4000);
}

TEST_CASE("plc: wounded logs of the directory are refused or say the same as before",
          "[plc][mutation][vectors]") {
  const auto folder = test::vectors("plc-audit/valid");
  if (!folder) return;
  for (const auto& file : test::vector_files(*folder, ".json")) {
    INFO(file.filename());
    check_spoiled(test::read_vector(file), 300);
  }
}

TEST_CASE("plc: a log cut anywhere is refused", "[plc][mutation]") {
  const std::string json = sample_log();
  for (std::size_t size = 0; size < json.size(); size += 7) {
    INFO(size);
    CHECK_FALSE(parse_log(std::string_view(json).substr(0, size), Limits{}));
  }
}

TEST_CASE("plc: each character of each signed field counts", "[plc][mutation]") {
  test::PlcLog log(test::plc_state({plc_did_key(1)}, plc_did_key(10), "alice.example", "https://pds.example"),
                   plc_key(1));
  const std::string json = log.audit_json();
  const std::size_t begin = json.find("\"operation\":");
  const std::size_t end = json.find("\"cid\":", begin);
  REQUIRE(begin != std::string::npos);
  REQUIRE(end != std::string::npos);
  for (std::size_t at = begin; at < end; ++at) {
    INFO(at);
    std::string spoiled = json;
    spoiled[at] = spoiled[at] == 'x' ? 'y' : 'x';
    CHECK_FALSE(audit_text(log.did(), spoiled));
  }
}

}  // namespace
}  // namespace atb::plc
