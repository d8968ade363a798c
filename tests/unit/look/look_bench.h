// A backup of one account, in memory, to look into: a lone CAR with its log beside it, or a folder.
#pragma once

#include "core/data/json.h"
#include "core/look/extract.h"
#include "tests/support/catch.h"
#include "tests/support/error_id.h"
#include "tests/support/export_world.h"
#include "tests/unit/ipld/bytes_of.h"

#include <string>
#include <vector>

namespace atb::test {

inline constexpr const char* kCar = "/a.car";

// A record with a float, one with a key twice, one with the largest integer.
inline constexpr std::string_view kFloatPath = "com.example.odd/float";
inline constexpr std::string_view kTwicePath = "com.example.odd/twice";
inline constexpr std::string_view kLargePath = "com.example.odd/large";

// The usual records, and the odd ones.
inline RepoFixture odd_repo(const AccountFixture& account, RepoOptions options) {
  repo::Builder builder;
  options.did = account.did();
  auto blobs = put_records(builder, options);
  builder.put_raw(std::string(kFloatPath), hex("a2 6161 fb3ff8000000000000 6162 1903e8"));
  builder.put_raw(std::string(kTwicePath), hex("a2 6161 01 6161 02"));
  builder.put_raw(std::string(kLargePath), hex("a2 6161 1b7fffffffffffffff 6162 44 01020304"));
  RepoFixture repo = sign_repo(builder, options);
  repo.blobs = std::move(blobs);
  return repo;
}

inline std::string text_of(const Bytes& bytes) { return std::string(as_text(bytes)); }

struct LookBench {
  explicit LookBench(RepoOptions options = {.records = 60}) : account(make_account(options)) {
    account.repo = odd_repo(account, options);
  }

  // The CAR with what proves its key.
  void put_car(BlockOrder order = BlockOrder::depth_first, bool with_log = true) {
    fs.put(kCar, text_of(account.repo.car(order)));
    if (with_log) fs.put(std::string(kCar) + ".plc-log.json", account.log_json());
    if (with_log) fs.put(std::string(kCar) + ".did.json", account.document);
  }
  // A byte of the block, wherever it lies in the file.
  void damage(const ipld::Cid& cid) {
    const std::string file = fs.get(kCar).value();
    for (const auto& [one, block] : account.repo.blocks) {
      if (one != cid) continue;
      fs.flip(kCar, file.find(text_of(block)) + block.size() / 2);
      return;
    }
    FAIL("no such block");
  }

  std::unique_ptr<backup::BackupSource> source(const std::string& path = kCar) {
    auto opened = backup::open_backup(fs, path);
    REQUIRE(opened);
    return std::move(*opened);
  }
  look::Context context(bool force = false) {
    return {.fs = fs,
            .random = random,
            .options = {},
            .progress = no_progress(),
            .stop = {},
            .force = force,
            .reach = look::Reach::proven};
  }
  look::Context salvaging() {
    look::Context made = context();
    made.reach = look::Reach::salvage;
    return made;
  }
  std::string did() const { return account.did(); }

  AccountFixture account;
  MemFs fs;
  SeededRandom random;
};

// What a look hands out.
class Kept final : public look::RecordSink {
 public:
  Status record(const look::Record& record) override {
    paths.emplace_back(record.path);
    cids.push_back(record.cid);
    objects.push_back(look::record_object(record, Limits{}));
    return {};
  }
  std::vector<std::string> paths;
  std::vector<ipld::Cid> cids;
  std::vector<data::Object> objects;
};

}  // namespace atb::test
