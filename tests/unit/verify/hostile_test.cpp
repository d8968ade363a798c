// Each hostile repository, and its valid twin, through the whole of verify: the right findings with the right
// severities and nothing else, in every block order.
#include "tests/support/hostile/hostile.h"

#include "tests/support/catch.h"
#include "tests/support/tree_maker.h"
#include "tests/unit/verify/verify_car.h"

#include <set>

using namespace atb;

namespace {

using Findings = std::set<test::Expected>;

Findings told(const Report& report) {
  Findings all;
  for (const Finding& finding : report.findings()) all.insert({finding.id, finding.severity});
  return all;
}

std::string text_of(const Findings& findings) {
  std::string text;
  for (const auto& [id, severity] : findings) text += id + " (" + std::string(name_of(severity)) + ") ";
  return text;
}

verify::Options options_at(const Limits& limits) {
  verify::Options options;
  options.now_us = test::hostile_now_us();
  options.limits = limits;
  return options;
}

verify::Options options_for(const test::HostileRepo& repo) {
  verify::Options options = options_at(repo.limits.value_or(Limits{}));
  if (repo.expected) options.expected_did = syntax::Did::parse(*repo.expected).value();
  return options;
}

// What the tree, the records and the commit bring about; the file has nothing to do with it.
verify::RepoProof prove(const test::RepoFixture& repo, const std::string& log,
                        const test::HostileRepo& hostile, Report& report) {
  test::MemoryBlocks blocks;
  for (const auto& [cid, block] : repo.blocks) REQUIRE(blocks.put(cid, block));
  auto entries = plc::parse_log(log, {});
  REQUIRE(entries);
  const syntax::Did did = entries->front().did;
  const auto audited = plc::audit_log(did, std::move(*entries));
  verify::ProofOptions options;
  if (audited) options.evidence.log = &*audited;
  if (hostile.expected) options.expected_did = syntax::Did::parse(*hostile.expected).value();
  options.now_us = test::hostile_now_us();
  options.limits = hostile.limits.value_or(Limits{});
  auto proof = verify::prove_repository(blocks, repo.commit, options, nullptr, report, no_progress(), {});
  REQUIRE(proof);
  return std::move(*proof);
}

void check_all(const std::vector<test::HostileRepo>& repos) {
  std::set<std::string> names;
  for (const test::HostileRepo& repo : repos) {
    CHECK(names.insert(repo.name).second);
    const Findings expected(repo.findings.begin(), repo.findings.end());
    const std::string log = repo.log.value_or(test::hostile_log());
    const bool fails = repo.gravest() >= Severity::missing;
    for (const auto order : test::kBlockOrders) {
      INFO(repo.name << ", order " << static_cast<int>(order));
      const verify::Verdict bad = test::verify_car(repo.bad_car(order), log, options_for(repo)).value();
      CHECK(text_of(told(bad.report)) == text_of(expected));
      if (!repo.spoil) CHECK(bad.proof.sound() == !fails);
      bool any_failed = false;
      for (const Check& check : bad.report.checks()) any_failed |= check.outcome == Outcome::failed;
      // A rule that is told as broken is a link of the chain that failed, and the other way round.
      CHECK(any_failed == (repo.gravest() >= Severity::damage));

      const verify::Verdict twin = test::verify_car(repo.twin.car(order), test::hostile_log(),
                                                    options_at(repo.limits.value_or(Limits{})))
                                       .value();
      CHECK(text_of(told(twin.report)) == "");
      CHECK(twin.proof.sound());
    }
    if (repo.spoil) continue;
    INFO(repo.name << ", from memory");
    Report report;
    const auto proof = prove(repo.bad, log, repo, report);
    Findings of_proof = expected;
    std::erase_if(of_proof,
                  [](const auto& one) { return one.id.starts_with("car.") || one.id == "log.invalid"; });
    CHECK(text_of(told(report)) == text_of(of_proof));
    CHECK(proof.sound() == !fails);
  }
}

}  // namespace

TEST_CASE("hostile: a tree that breaks a rule is damage, its twin is not", "[verify]") {
  const auto trees = test::hostile_trees();
  CHECK(trees.size() > 60);
  check_all(trees);
}

TEST_CASE("hostile: a commit that is none is damage, one that the account did not sign is a forgery",
          "[verify]") {
  const auto commits = test::hostile_commits();
  CHECK(commits.size() > 50);
  check_all(commits);
}

TEST_CASE("hostile: a record outside the data model is told, and no failure", "[verify]") {
  const auto records = test::hostile_records();
  CHECK(records.size() > 60);
  for (const auto& record : records) CHECK(record.gravest() == Severity::info);
  check_all(records);
}

TEST_CASE("hostile: a file that is no whole CAR is damage", "[verify]") {
  const auto files = test::hostile_files();
  CHECK(files.size() > 50);
  check_all(files);
}

TEST_CASE("hostile: a record outside the data model is handed out byte for byte", "[verify]") {
  struct Keeper final : verify::Taker {
    Status record(std::string_view path, const ipld::Cid& cid, ByteView block,
                  std::string_view deviation) override {
      if (deviation.empty()) return {};
      path_ = path;
      deviation_ = deviation;
      CHECK(ipld::Cid::of(ipld::Codec::dag_cbor, block) == cid);
      block_ = to_bytes(block);
      return {};
    }
    std::string path_;
    std::string deviation_;
    Bytes block_;
  };
  for (const test::HostileRepo& repo : test::hostile_records()) {
    INFO(repo.name);
    Keeper keeper;
    const auto verdict =
        test::verify_car(repo.bad.car(), test::hostile_log(), options_for(repo), &keeper).value();
    CHECK(keeper.path_ == "com.example.odd/one");
    CHECK(keeper.deviation_ == repo.findings.front().id);
    CHECK(verdict.proof.deviating_records == 1);
    CHECK(verdict.proof.records == 4);
    const auto is_it = [&](const auto& block) { return block.second == keeper.block_; };
    CHECK(std::ranges::any_of(repo.bad.blocks, is_it));
    CHECK_FALSE(test::fails(verdict));
  }
}

TEST_CASE("hostile: a cycle, on a source that does not hash, ends and is no proof", "[verify]") {
  const auto name = [](std::uint8_t number) {
    return ipld::Cid::of(ipld::Codec::dag_cbor, std::vector{number});
  };
  test::MemoryBlocks blocks;
  const std::string key = test::key_at(1, "k");
  const ipld::Cid record = blocks.add(Bytes{0xa0});
  mst::Node root, round;
  round.left = name(2);
  root.entries.push_back({0, key, record, name(2)});
  std::string id;
  SECTION("of one node") { id = "mst.child_height"; }
  SECTION("of two nodes") {
    mst::Node back;
    back.left = name(1);
    round.left = name(3);
    REQUIRE(blocks.put(name(3), mst::encode_node(back)));
    root.entries.front().subtree = name(3);
    id = "mst.child_height";
  }
  SECTION("through the root") {
    round.left = name(1);
    id = "mst.child_height";
  }
  SECTION("of the root alone, without a key") {
    root.entries.clear();
    root.left = name(1);
    id = "mst.depth";
  }
  REQUIRE(blocks.put(name(1), mst::encode_node(root)));
  REQUIRE(blocks.put(name(2), mst::encode_node(round)));
  const test::RepoFixture base = test::sign_repo(repo::Builder{}, {.did = test::hostile_did()});
  repo::Commit commit = repo::decode_commit(base.blocks.front().second, {}).value();
  commit.data = name(1);
  REQUIRE(repo::sign_commit(commit, base.key));
  const ipld::Cid cid = blocks.add(repo::encode_commit(commit));
  Report report;
  verify::ProofOptions options;
  options.evidence.given = base.key.public_key();
  const auto proof = verify::prove_repository(blocks, cid, options, nullptr, report, no_progress(), {});
  REQUIRE(proof);
  CHECK(proof->authentic);
  CHECK_FALSE(proof->sound());
  CHECK(report.count(id) == 1);
  CHECK(blocks.reads() < 100);
}
