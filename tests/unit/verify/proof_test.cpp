#include "core/verify/proof.h"

#include "core/base/encoding.h"
#include "core/mst/node.h"
#include "tests/support/account_fixture.h"
#include "tests/support/catch.h"

using namespace atb;

namespace {

struct Proven {
  verify::RepoProof proof;
  Report report;
};

test::MemoryBlocks blocks_of(const test::RepoFixture& repo) {
  test::MemoryBlocks blocks;
  for (const auto& [cid, block] : repo.blocks) REQUIRE(blocks.put(cid, block));
  return blocks;
}

Proven prove(test::MemoryBlocks& blocks, const ipld::Cid& root, const verify::ProofOptions& options) {
  Report report;
  auto proof = verify::prove_repository(blocks, root, options, nullptr, report, no_progress(), {});
  REQUIRE(proof);
  return {std::move(*proof), std::move(report)};
}

Proven prove(const test::RepoFixture& repo, const verify::ProofOptions& options) {
  test::MemoryBlocks blocks = blocks_of(repo);
  return prove(blocks, repo.commit, options);
}

plc::AuditedLog audited(test::PlcLog& log) { return plc::audit_log(log.did(), log.entries()).value(); }

verify::ProofOptions with_log(const plc::AuditedLog& log) {
  verify::ProofOptions options;
  options.expected_did = log.did;
  options.evidence.log = &log;
  return options;
}

// The log of the account goes on: from `at` on, its signing key is number 7.
void rotate(test::AccountFixture& account, std::int64_t at) {
  plc::State state = account.log.state();
  state.verification_methods = {{"atproto", test::plc_did_key(7)}};
  account.log.update(std::move(state), test::plc_key(1), at);
}

}  // namespace

TEST_CASE("proof: a whole repository is proven by the key that the audited log names", "[verify]") {
  const auto curve = GENERATE(crypto::Curve::k256, crypto::Curve::p256);
  test::AccountFixture account = test::make_account({.records = 300, .curve = curve});
  const auto log = audited(account.log);
  const auto [proof, report] = prove(account.repo, with_log(log));
  CHECK(proof.sound());
  CHECK(proof.key_proof == verify::KeyProof::plc_log);
  CHECK(proof.key == account.repo.key.public_key().did_key());
  CHECK(proof.records == account.repo.records.size());
  CHECK(proof.commit_cid == account.repo.commit);
  CHECK(report.findings().empty());
  for (const char* name : {"commit", "signature", "key", "tree", "records"}) {
    REQUIRE(report.check(name) != nullptr);
    CHECK(report.check(name)->outcome == Outcome::passed);
  }
  CHECK(proof.blobs.size() == account.repo.blobs.size());
  CHECK(std::ranges::is_sorted(proof.blobs, {}, &data::BlobRef::cid));
  std::uint64_t in_collections = 0;
  for (const auto& [name, count] : proof.collections) in_collections += count;
  CHECK(in_collections == proof.records);
  CHECK(std::ranges::is_sorted(proof.collections));
}

TEST_CASE("proof: an empty repository is proven too", "[verify]") {
  test::AccountFixture account = test::make_account({.records = 0});
  const auto log = audited(account.log);
  const auto [proof, report] = prove(account.repo, with_log(log));
  CHECK(proof.sound());
  CHECK(proof.records == 0);
}

TEST_CASE("proof: the repository of another account is a forgery", "[verify]") {
  test::AccountFixture account = test::make_account();
  const auto log = audited(account.log);
  verify::ProofOptions options = with_log(log);
  options.expected_did = syntax::Did::parse("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa").value();
  const auto [proof, report] = prove(account.repo, options);
  CHECK(proof.wrong_did);
  CHECK_FALSE(proof.sound());
  CHECK(report.count("commit.wrong_did") == 1);
  CHECK(report.has(Severity::forged));
}

TEST_CASE("proof: a log of another account proves nothing", "[verify]") {
  test::AccountFixture account = test::make_account();
  test::PlcLog other(
      test::plc_state({test::plc_did_key(9)}, test::plc_did_key(8), "bob.test", "https://b.test"),
      test::plc_key(9));
  const auto log = audited(other);
  verify::ProofOptions options;
  options.evidence.log = &log;
  const auto [proof, report] = prove(account.repo, options);
  CHECK(report.count("log.wrong_did") == 1);
  CHECK_FALSE(proof.authentic);
}

TEST_CASE("proof: a signature that is not the account's is a forgery, whatever its fault", "[verify]") {
  test::AccountFixture account = test::make_account();
  const auto log = audited(account.log);
  const auto spoil = [&](const std::function<void(repo::Commit&)>& change) {
    return prove(test::with_commit(account.repo, change), with_log(log));
  };
  SECTION("all zero") {
    const auto [proof, report] = spoil([](repo::Commit& commit) { commit.signature.assign(64, 0); });
    CHECK(report.count("commit.signature") == 1);
    CHECK_FALSE(proof.sound());
  }
  SECTION("by an unknown key") {
    const auto [proof, report] =
        spoil([](repo::Commit& commit) { REQUIRE(repo::sign_commit(commit, test::plc_key(5))); });
    CHECK(report.count("commit.signature") == 1);
    CHECK(report.check("signature")->outcome == Outcome::failed);
    CHECK(report.check("key")->outcome == Outcome::failed);
    CHECK(proof.tree_complete);
  }
  SECTION("cut short") {
    const auto [proof, report] = spoil([](repo::Commit& commit) { commit.signature.pop_back(); });
    CHECK(report.count("commit.signature") == 1);
  }
  SECTION("of another commit") {
    const auto [proof, report] =
        spoil([](repo::Commit& commit) { commit.rev = syntax::Tid::from(commit.rev->unix_us() + 1, 0); });
    CHECK(report.count("commit.signature") == 1);
  }
  SECTION("high S") {
    // n - s is the other valid S; for secp256k1.
    constexpr std::string_view kOrder = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
    const auto [proof, report] = spoil([&](repo::Commit& commit) {
      const Bytes order = hex_decode(kOrder).value();
      int borrow = 0;
      for (std::size_t i = 32; i-- > 0;) {
        int digit = int{order[i]} - int{commit.signature[32 + i]} - borrow;
        borrow = digit < 0 ? 1 : 0;
        commit.signature[32 + i] = static_cast<std::uint8_t>(digit + 256 * borrow);
      }
    });
    CHECK(report.count("commit.signature") == 1);
    CHECK(report.check("signature")->detail.contains("signature.high_s"));
  }
}

TEST_CASE("proof: a former key is good, with a warning", "[verify]") {
  test::AccountFixture account = test::make_account();
  const std::int64_t rev = account.repo.rev.unix_us();
  SECTION("within its time") {
    rotate(account, rev + test::kPlcHourUs);
    const auto log = audited(account.log);
    const auto [proof, report] = prove(account.repo, with_log(log));
    CHECK(proof.sound());
    CHECK(proof.key_proof == verify::KeyProof::former_key);
    CHECK(report.count("commit.former_key") == 1);
    CHECK(report.count("commit.rev_outside_period") == 0);
    CHECK_FALSE(report.has(Severity::forged));
  }
  SECTION("outside its time it is told") {
    rotate(account, rev - test::kPlcHourUs);
    const auto log = audited(account.log);
    const auto [proof, report] = prove(account.repo, with_log(log));
    CHECK_FALSE(proof.sound());
    CHECK(report.count("commit.after_key") == 1);
    CHECK(report.has(Severity::forged));
  }
  SECTION("just outside its time it is told, and counts: clocks differ") {
    rotate(account, rev - 60LL * 1'000'000);
    const auto log = audited(account.log);
    const auto [proof, report] = prove(account.repo, with_log(log));
    CHECK(proof.sound());
    CHECK(report.count("commit.rev_outside_period") == 1);
  }
}

TEST_CASE("proof: a key that a nullified operation named is a forger's", "[verify]") {
  test::AccountFixture account = test::make_account({.seed = 3});
  // A thief with the second rotation key puts in a key; the owner overrules it.
  const std::int64_t day = 24 * test::kPlcHourUs;
  plc::State owned = account.log.state();
  owned.rotation_keys = {test::plc_did_key(1), test::plc_did_key(2)};
  const auto base = account.log.update(owned, test::plc_key(1), test::kPlcEpochUs + day);
  plc::State stolen = owned;
  stolen.verification_methods = {{"atproto", test::plc_did_key(7)}};
  account.log.update(stolen, test::plc_key(2), test::kPlcEpochUs + 2 * day);
  account.log.fork(base, owned, test::plc_key(1), test::kPlcEpochUs + 3 * day);
  const auto log = audited(account.log);
  const auto forged = test::with_commit(
      account.repo, [](repo::Commit& commit) { REQUIRE(repo::sign_commit(commit, test::plc_key(7))); });
  const auto [proof, report] = prove(forged, with_log(log));
  CHECK(report.count("commit.nullified_key") == 1);
  CHECK(report.has(Severity::forged));
  CHECK_FALSE(proof.authentic);
  CHECK(prove(account.repo, with_log(log)).proof.key_proof == verify::KeyProof::plc_log);
}

TEST_CASE("proof: a tombstoned log is told; the keys before it still prove", "[verify]") {
  test::AccountFixture account = test::make_account();
  account.log.tombstone(test::plc_key(1), account.repo.rev.unix_us() + 1);
  const auto log = audited(account.log);
  const auto [proof, report] = prove(account.repo, with_log(log));
  CHECK(report.count("plc.tombstoned") == 1);
  CHECK(proof.authentic);
}

TEST_CASE("proof: without a source for the key the signature is not checked, and that is no pass",
          "[verify]") {
  test::AccountFixture account = test::make_account();
  const auto [proof, report] = prove(account.repo, {});
  CHECK(report.check("signature")->outcome == Outcome::not_checked);
  CHECK(report.count("key.no_source") == 1);
  CHECK(report.has(Severity::missing));
  CHECK_FALSE(proof.sound());
  CHECK(proof.tree_complete);
}

TEST_CASE("proof: a given key passes with a warning, and a wrong one does not", "[verify]") {
  test::AccountFixture account = test::make_account();
  verify::ProofOptions options;
  options.evidence.given = account.repo.key.public_key();
  const auto [proof, report] = prove(account.repo, options);
  CHECK(proof.key_proof == verify::KeyProof::given_key);
  CHECK(report.count("key.given") == 1);
  CHECK(proof.sound());
  options.evidence.given = test::plc_key(5).public_key();
  CHECK(prove(account.repo, options).report.has(Severity::forged));
}

TEST_CASE("proof: the document of a did:web account counts, that of a did:plc account does not", "[verify]") {
  repo::Builder builder;
  test::RepoOptions shape{.records = 20, .did = "did:web:alice.test"};
  test::put_records(builder, shape);
  const auto repo = test::sign_repo(builder, shape);
  did::Document document{.did = repo.did,
                         .also_known_as = {},
                         .signing_key = repo.key.public_key(),
                         .signing_key_problem = {},
                         .host = {},
                         .host_problem = {},
                         .json = {}};
  verify::ProofOptions options;
  options.evidence.document = &document;
  const auto [proof, report] = prove(repo, options);
  CHECK(proof.key_proof == verify::KeyProof::web_document);
  CHECK(report.count("key.web_document") == 1);

  document.signing_key.reset();
  document.signing_key_problem = "there is none";
  CHECK(prove(repo, options).report.count("key.no_source") == 1);

  const test::AccountFixture account = test::make_account();
  did::Document plc{.did = account.repo.did,
                    .also_known_as = {},
                    .signing_key = account.repo.key.public_key(),
                    .signing_key_problem = {},
                    .host = {},
                    .host_problem = {},
                    .json = {}};
  options.evidence.document = &plc;
  CHECK(prove(account.repo, options).report.count("key.no_source") == 1);
}

TEST_CASE("proof: any block that is not there is named", "[verify]") {
  test::AccountFixture account = test::make_account({.records = 60});
  const auto log = audited(account.log);
  for (const auto& [cid, block] : account.repo.blocks) {
    test::MemoryBlocks blocks = blocks_of(account.repo);
    blocks.erase(cid);
    const auto [proof, report] = prove(blocks, account.repo.commit, with_log(log));
    CHECK_FALSE(proof.sound());
    CHECK(report.has(Severity::damage));
    REQUIRE(proof.missing_count >= 1);
    CHECK(std::ranges::find(proof.missing, cid) != proof.missing.end());
    CHECK(proof.breaches == 0);
    if (cid == account.repo.commit) CHECK(report.count("commit.missing") == 1);
    const bool is_record = std::ranges::any_of(
        account.repo.records, [&, gone = cid](const auto& record) { return record.second == gone; });
    CHECK((report.count("mst.missing_record") > 0) == is_record);
  }
}

TEST_CASE("proof: a commit of version 2 is authentic, and told", "[verify]") {
  test::AccountFixture account = test::make_account({.records = 5});
  const auto log = audited(account.log);
  const auto old = test::with_commit(account.repo, [&](repo::Commit& commit) {
    commit.version = 2;
    REQUIRE(repo::sign_commit(commit, account.repo.key));
  });
  const auto [proof, report] = prove(old, with_log(log));
  CHECK(proof.sound());
  CHECK(report.count("commit.version_2") == 1);
  CHECK_FALSE(report.has(Severity::warning));
}

TEST_CASE("proof: a commit that cannot be read is damage", "[verify]") {
  test::AccountFixture account = test::make_account({.records = 5});
  test::MemoryBlocks blocks = blocks_of(account.repo);
  const ipld::Cid root = blocks.add(as_bytes("not a commit"));
  const auto [proof, report] = prove(blocks, root, {});
  CHECK_FALSE(proof.commit);
  CHECK(report.check("commit")->outcome == Outcome::failed);
  CHECK(report.check("tree")->outcome == Outcome::not_checked);
  CHECK(report.has(Severity::damage));
}

TEST_CASE("proof: a record outside the data model is authentic, kept and told", "[verify]") {
  repo::Builder builder;
  test::AccountFixture account = test::make_account({.records = 5});
  test::RepoOptions shape{.records = 10, .did = account.did()};
  test::put_records(builder, shape);
  builder.put_raw("com.example.odd/cut", Bytes{0xa1, 0x61});
  builder.put_raw("com.example.odd/real", Bytes{0xa1, 0x61, 0x78, 0xfb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0});
  const auto repo = test::sign_repo(builder, shape);
  const auto log = audited(account.log);
  const auto [proof, report] = prove(repo, with_log(log));
  CHECK(proof.sound());
  CHECK(proof.deviating_records == 2);
  CHECK(report.count("cbor.float") == 1);
  CHECK_FALSE(report.has(Severity::damage));
}

TEST_CASE("proof: a rev in the future is a warning, one a little ahead of our clock is not", "[verify]") {
  test::AccountFixture account = test::make_account({.records = 3});
  const auto log = audited(account.log);
  verify::ProofOptions options = with_log(log);
  options.now_us = account.repo.rev.unix_us() - 1'000'000;
  CHECK(prove(account.repo, options).report.count("commit.future_rev") == 0);
  options.now_us = account.repo.rev.unix_us() - 600'000'000;
  const auto [proof, report] = prove(account.repo, options);
  CHECK(report.count("commit.future_rev") == 1);
  CHECK(proof.sound());
}

TEST_CASE("proof: a tree that breaks a rule is no proof, although every block is there", "[verify]") {
  test::AccountFixture account = test::make_account({.records = 3});
  test::MemoryBlocks blocks = blocks_of(account.repo);
  // Two keys in the wrong order, in a root of their own.
  const ipld::Cid record = blocks.add(Bytes{0xa0});
  mst::Node node;
  node.entries.push_back({0, "com.example.b/1", record, std::nullopt});
  node.entries.push_back({12, "a/1", record, std::nullopt});
  const ipld::Cid root = blocks.add(mst::encode_node(node));
  repo::Commit commit = repo::decode_commit(account.repo.blocks.front().second, Limits{}).value();
  commit.data = root;
  REQUIRE(repo::sign_commit(commit, account.repo.key));
  const ipld::Cid cid = blocks.add(repo::encode_commit(commit));
  const auto log = audited(account.log);
  const auto [proof, report] = prove(blocks, cid, with_log(log));
  CHECK(proof.authentic);
  CHECK(proof.breaches > 0);
  CHECK_FALSE(proof.sound());
  CHECK(report.check("tree")->outcome == Outcome::failed);
}
