// Repositories read in the order of their file, beside the walk over the same ones.
#include "core/verify/gathered.h"

#include "core/verify/proof.h"
#include "tests/support/catch.h"
#include "tests/support/hostile/hostile.h"
#include "tests/unit/verify/verify_car.h"

#include <algorithm>

using namespace atb;

namespace {

constexpr std::array kOrders = {test::BlockOrder::depth_first, test::BlockOrder::reference_server,
                                test::BlockOrder::shuffled};

// A backup of one CAR, open.
struct Opened {
  test::MemFs fs;
  Report findings;
  std::unique_ptr<backup::BackupSource> source;
  std::unique_ptr<backup::Repository> repository;  // null: it cannot be opened

  explicit Opened(ByteView car, const Limits& limits = {}) {
    fs.put("/a.car", as_text(car));
    source = backup::open_backup(fs, "/a.car").value();
    auto opened = source->open_repository(limits, findings, no_progress(), {});
    if (opened) repository = std::move(*opened);
  }
};

std::optional<verify::Gathered> gather(ByteView car, const Limits& limits = {}) {
  const Opened opened(car, limits);
  if (!opened.repository) return std::nullopt;
  return verify::gather(*opened.repository, limits, no_progress(), {}).value();
}

std::string checks_of(const Report& report) {
  std::string text;
  for (const Check& check : report.checks())
    text += check.name + " " + std::to_string(static_cast<int>(check.outcome)) + " " + check.detail + "\n";
  return text;
}

std::string ids_of(const Report& report) {
  std::string text;
  for (const Finding& finding : report.findings()) text += finding.id + " " + finding.where + "\n";
  return text;
}

}  // namespace

TEST_CASE("gathered: a repository in any order is proven as it is read, as a walk proves it", "[verify]") {
  for (const std::size_t records : {1U, 5U, 200U, 3000U}) {
    const test::RepoFixture repo = test::make_repo({.records = records});
    test::MemoryBlocks blocks;
    for (const auto& [cid, block] : repo.blocks) REQUIRE(blocks.put(cid, block));
    verify::ProofOptions options;
    options.evidence.given = repo.key.public_key();
    Report walked_report;
    const auto walked =
        verify::prove_repository(blocks, repo.commit, options, nullptr, walked_report, no_progress(), {});
    REQUIRE(walked);
    REQUIRE(walked->sound());
    for (const auto order : kOrders) {
      INFO(records << " records, order " << static_cast<int>(order));
      const auto gathered = gather(repo.car(order));
      REQUIRE(gathered);
      CHECK(gathered->facts.sections == repo.blocks.size());
      CHECK(gathered->facts.bytes == repo.car(order).size());
      Report report;
      const verify::RepoProof proof = verify::prove_gathered(*gathered, options, report);
      CHECK(proof.sound());
      CHECK(proof.commit_cid == walked->commit_cid);
      CHECK(proof.key == walked->key);
      CHECK(proof.nodes == walked->nodes);
      CHECK(proof.records == walked->records);
      CHECK(proof.record_bytes == walked->record_bytes);
      CHECK(proof.collections == walked->collections);
      REQUIRE(proof.blobs.size() == walked->blobs.size());
      for (std::size_t i = 0; i < proof.blobs.size(); ++i) {
        CHECK(proof.blobs[i].cid == walked->blobs[i].cid);
        CHECK(proof.blobs[i].size == walked->blobs[i].size);
        CHECK(proof.blobs[i].mime_type == walked->blobs[i].mime_type);
      }
      CHECK(checks_of(report) == checks_of(walked_report));
      CHECK(ids_of(report) == ids_of(walked_report));
    }
  }
}

TEST_CASE("gathered: of a hostile repository only the commit and its key are left to look at", "[verify]") {
  std::size_t whole_twins = 0;
  const std::vector<test::HostileRepo> repos = test::hostile_repos();
  for (const test::HostileRepo& repo : repos) {
    const bool of_the_commit = std::ranges::all_of(repo.findings, [](const auto& finding) {
      return !finding.id.starts_with("mst.") && !finding.id.starts_with("cbor.") &&
             !finding.id.starts_with("data.") &&
             (!finding.id.starts_with("car.") || finding.id == "car.extra_roots");
    });
    for (const auto order : kOrders) {
      INFO(repo.name << ", order " << static_cast<int>(order));
      const Limits limits = repo.limits.value_or(Limits{});
      if (!of_the_commit) CHECK_FALSE(gather(repo.bad_car(order), limits));
      whole_twins += gather(repo.twin.car(order), limits) ? 1U : 0U;
    }
  }
  // Some of the twins are what is unusual and right: the empty tree, extra blocks.
  CHECK(whole_twins > repos.size());
}

TEST_CASE("gathered: a repository that was given up is read again for what there is to tell", "[verify]") {
  const test::RepoFixture repo = test::make_repo({.records = 200});
  for (const auto order : kOrders) {
    Bytes car = repo.car(order);
    car.back() ^= 1U;
    const Opened opened(car);
    REQUIRE(opened.repository);
    CHECK_FALSE(verify::gather(*opened.repository, {}, no_progress(), {}).value());
    Bytes buffer;
    CHECK(opened.repository->blocks().get(repo.commit, buffer).has_value());
    CHECK(opened.repository->settle());
    CHECK(opened.repository->facts().wrong_hashes == 1);
    CHECK(opened.repository->facts().sections == repo.blocks.size() - 1);
  }
}

TEST_CASE("gathered: it can be stopped", "[verify]") {
  const test::RepoFixture repo = test::make_repo({.records = 200});
  for (const auto order : kOrders) {
    const Opened opened(repo.car(order));
    REQUIRE(opened.repository);
    std::stop_source source;
    source.request_stop();
    const auto stopped = verify::gather(*opened.repository, {}, no_progress(), source.get_token());
    REQUIRE_FALSE(stopped);
    CHECK(stopped.error().kind == ErrorKind::cancelled);
  }
}
