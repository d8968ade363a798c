// The twenty logs of did-method-plc. The file name is the rule.
#include "tests/support/vectors.h"

#include "core/plc/audit.h"
#include "tests/support/catch.h"
#include "tests/support/error_id.h"

#include <map>

namespace atb::plc {
namespace {

Result<AuditedLog> audit_text(const std::string& json) {
  auto entries = TRY(parse_log(json, Limits{}));
  const syntax::Did did = entries.at(0).did;
  return audit_log(did, std::move(entries));
}

const std::map<std::string, std::string> kExpectedIds = {
    {"log_invalid_nullification_reused_key", "plc.rank"},
    {"log_invalid_nullification_too_slow", "plc.late_recovery"},
    {"log_invalid_sig_b64_newline", "plc.signature_encoding"},
    {"log_invalid_sig_b64_padding_bits", "plc.signature_encoding"},
    {"log_invalid_sig_b64_padding_chars", "plc.signature_encoding"},
    {"log_invalid_sig_der", "plc.signature"},
    {"log_invalid_sig_k256_high_s", "plc.signature"},
    {"log_invalid_sig_p256_high_s", "plc.signature"},
    {"log_invalid_update_nullified", "plc.prev"},
    {"log_invalid_update_tombstoned", "plc.after_tombstone"},
};

TEST_CASE("plc vectors: every valid log passes", "[plc][vectors]") {
  const auto folder = test::vectors("plc-audit/valid");
  if (!folder) return;
  std::size_t count = 0;
  for (const auto& file : test::vector_files(*folder, ".json")) {
    INFO(file.filename());
    const auto log = audit_text(test::read_vector(file));
    CHECK(test::error_id(log) == "none");
    if (!log) continue;
    CHECK(log->tombstoned == (file.stem() == "log_tombstone"));
    CHECK(log->entries[log->head].nullified == false);
    ++count;
  }
  CHECK(count == 10);
}

TEST_CASE("plc vectors: every invalid log fails by the rule that its name states", "[plc][vectors]") {
  const auto folder = test::vectors("plc-audit/invalid");
  if (!folder) return;
  std::size_t count = 0;
  for (const auto& file : test::vector_files(*folder, ".json")) {
    INFO(file.filename());
    const auto expected = kExpectedIds.find(file.stem().string());
    REQUIRE(expected != kExpectedIds.end());
    CHECK(test::error_id(audit_text(test::read_vector(file))) == expected->second);
    ++count;
  }
  CHECK(count == 10);
}

TEST_CASE("plc vectors: a legacy genesis is shown as the operation it stands for", "[plc][vectors]") {
  const auto folder = test::vectors("plc-audit/valid");
  if (!folder) return;
  const auto log = audit_text(test::read_vector(*folder / "log_legacy_dholms.json"));
  REQUIRE(log);
  const Operation& genesis = log->entries[0].operation;
  CHECK(genesis.kind() == Kind::legacy_create);
  CHECK(genesis.derived_did().str() == "did:plc:yk4dd2qkboz2yv6tpubpc6co");
  CHECK(genesis.state().rotation_keys ==
        std::vector<std::string>{"did:key:zQ3shhCGUqDKjStzuDxPkTxN6ujddP4RkEKJJouJGRRkaLGbg",
                                 "did:key:zQ3shP5TBe1sQfSttXty15FAEHV1DZgcxRZNxvEWnPfLFwLxJ"});
  CHECK(genesis.state().handle() == "dan.bsky.social");
  CHECK(genesis.state().service("atproto_pds")->endpoint == "https://bsky.social");
  CHECK(log->audit[0].signer_rank == 1);
  CHECK(log->entries.size() == 5);
  CHECK(log->head == 4);
  const auto periods = log->signing_keys();
  REQUIRE(!periods.empty());
  CHECK(periods.front().did_key == "did:key:zQ3shP5TBe1sQfSttXty15FAEHV1DZgcxRZNxvEWnPfLFwLxJ");
  CHECK(periods.front().entry == 0);
  CHECK_FALSE(periods.back().until_us.has_value());
}

TEST_CASE("plc vectors: what was nullified is computed, not believed", "[plc][vectors]") {
  const auto folder = test::vectors("plc-audit/valid");
  if (!folder) return;
  auto entries = parse_log(test::read_vector(*folder / "log_nullification_nontrivial.json"), Limits{});
  REQUIRE(entries);
  const auto log = audit_log(entries->at(0).did, *entries);
  REQUIRE(log);
  std::vector<bool> nullified;
  for (const AuditedEntry& entry : log->audit) nullified.push_back(entry.nullified);
  CHECK(nullified == std::vector<bool>{false, false, true, true, true, true, true, false});
  for (std::size_t i = 0; i < entries->size(); ++i) {
    auto spoiled = *entries;
    spoiled[i].nullified = !spoiled[i].nullified;
    CHECK(test::error_id(audit_log(entries->at(0).did, spoiled)) == "plc.nullified_flag");
  }
}

}  // namespace
}  // namespace atb::plc
