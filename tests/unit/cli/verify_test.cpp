// What verify says of broken backups to a person in a hurry, and the receipts it writes and holds against.
#include "core/base/text.h"
#include "core/verify/receipt.h"
#include "tests/support/account_fixture.h"
#include "tests/support/catch.h"
#include "tests/unit/cli/cli_bench.h"

using namespace atb;
using namespace atb::test;

namespace {

constexpr const char* kFolder = "/backups/alice";
constexpr const char* kCar = "/a.car";

struct Broken : CliBench {
  Broken() : CliBench(40) { have_backup(kFolder); }

  std::string repository() const { return *memory.get(std::string(kFolder) + "/repo.car"); }
  // A lone CAR with its log beside it.
  void put_car(const std::string& bytes) {
    memory.put(kCar, bytes);
    memory.put(std::string(kCar) + ".plc-log.json", *memory.get(std::string(kFolder) + "/plc-log.json"));
  }
  // The first lines, up to the details: all that somebody in a hurry reads.
  std::string first_words(const std::string& path, int exit) {
    const Run run = this->run({"verify", path});
    CHECK(run.exit == exit);
    INFO(run.out);
    CHECK(run.err == "");
    const std::string head = run.out.substr(0, run.out.find("\n  "));
    CHECK(head.size() < 400);
    return run.out;
  }
  static bool first_line_has(const std::string& text, std::string_view part) {
    INFO(text);
    return text.substr(0, text.find('\n')).find(part) != std::string::npos;
  }
};

bool has(const std::string& text, std::string_view part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("verify: the first line says what is lost and what is good, the next what to do", "[cli]") {
  Broken bench;
  std::string car = bench.repository();
  SECTION("a sound backup needs no advice") {
    const std::string text = bench.first_words(kFolder, 0);
    CHECK(Broken::first_line_has(text, bench.did() + " ("));
    CHECK(Broken::first_line_has(text, "): the backup is sound"));
    CHECK_FALSE(has(text, "atbackup "));
  }
  SECTION("a record altered") {
    car[car.size() - 3] = static_cast<char>(car[car.size() - 3] ^ 1);
    bench.put_car(car);
    const std::string text = bench.first_words(kCar, 20);
    CHECK(Broken::first_line_has(text, "DAMAGED: 1 of 40 records is lost; the other 39 are good"));
    CHECK(has(text, "atbackup export " + bench.did() + " -o /a.car\n"));
    CHECK(has(text, "atbackup extract --records F.jsonl --from /a.car\n"));
    CHECK(has(text, "atbackup explain "));
  }
  SECTION("cut in the middle") {
    bench.put_car(car.substr(0, car.size() / 2));
    const std::string text = bench.first_words(kCar, 20);
    CHECK(Broken::first_line_has(text, "DAMAGED: part of the tree is lost; "));
    CHECK(has(text, "atbackup extract --records F.jsonl --salvage --from /a.car\n"));
  }
  SECTION("the commit altered") {
    car[150] = static_cast<char>(car[150] ^ 1);
    bench.put_car(car);
    const std::string text = bench.first_words(kCar, 20);
    CHECK(Broken::first_line_has(text, "unknown account: DAMAGED: its commit is lost; "));
    CHECK(has(text, "--salvage"));
    CHECK(has(text, "not checked signature, key, tree, records: "));
  }
  SECTION("no repository at all") {
    for (const char* content : {"", "<html>no</html>", "just some words that were saved"}) {
      bench.put_car(content);
      const std::string text = bench.first_words(kCar, 20);
      CHECK(Broken::first_line_has(text, "DAMAGED: no repository can be read here"));
      CHECK(has(text, "Look whether it is the right file"));
      CHECK_FALSE(has(text, "extract"));
    }
  }
  SECTION("something wrong around a repository that is whole") {
    bench.put_car(car + std::string(20, '\0'));
    const std::string text = bench.first_words(kCar, 20);
    CHECK(Broken::first_line_has(text, "DAMAGED: all 40 records are good; a file around them is not"));
    CHECK_FALSE(has(text, "extract"));
  }
  SECTION("a blob gone") {
    for (const std::string& path : bench.memory.files()) {
      if (path.find("/blobs/") == std::string::npos) continue;
      REQUIRE(bench.memory.remove(path));
      break;
    }
    const std::string text = bench.first_words(kFolder, 20);
    CHECK(Broken::first_line_has(text, "DAMAGED: all 40 records are good; 1 blob is lost or altered"));
    CHECK(has(text, std::string("-o ") + kFolder));
  }
  SECTION("nothing to prove the key") {
    bench.memory.put("/lone.car", car);
    const std::string text = bench.first_words("/lone.car", 3);
    CHECK(Broken::first_line_has(text, "nothing is broken, but the signature is not proven"));
    CHECK(has(text, "https://plc.directory/" + bench.did() + "/log/audit"));
    CHECK(has(text, "atbackup verify /lone.car --plc-log log.json"));
  }
  SECTION("the log of somebody else") {
    bench.memory.put(kCar, car);
    bench.memory.put(std::string(kCar) + ".plc-log.json", make_account({.records = 1, .seed = 9}).log_json());
    const std::string text = bench.first_words(kCar, 21);
    CHECK(Broken::first_line_has(text, bench.did() + ": NOT AUTHENTIC: do not trust this backup"));
    CHECK(Broken::first_line_has(text, "the PLC log beside it is of another account"));
    CHECK(has(text, "do not use it"));
  }
  SECTION("another account asked for") {
    const auto run = bench.run({"verify", kFolder, "--did", "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"});
    CHECK(run.exit == 21);
    CHECK(Broken::first_line_has(run.out, "it is of another account"));
  }
}

TEST_CASE("verify: -v and --json show each check, passed, failed or not checked", "[cli]") {
  Broken bench;
  bench.put_car(bench.repository());
  const auto json = bench.run({"--json", "verify", kCar});
  const auto words = bench.run({"-v", "verify", kCar});
  std::size_t passed = 0;
  for (const data::Value& check : json.of_type("check")) {
    const std::string outcome = data::text_or(check, "outcome", "");
    CHECK_FALSE(data::text_or(check, "detail", "").empty());
    if (outcome != "passed") continue;
    ++passed;
    CHECK(words.out.find("  " + data::text_or(check, "name", "?")) != std::string::npos);
  }
  CHECK(passed == 9);
  CHECK(bench.run({"verify", kCar}).out.find("passed      9 checks") != std::string::npos);
}

TEST_CASE("verify: a receipt is written, and the same backup passes against it", "[cli]") {
  Broken bench;
  const auto made = bench.run({"--json", "verify", kFolder, "--receipt", "/r.json"});
  CHECK(made.exit == 0);
  CHECK(made.last("receipt") == "/r.json");
  const auto receipt = verify::parse_receipt(bench.memory.get("/r.json").value(), {});
  REQUIRE(receipt);
  CHECK(receipt->verdict == "sound");
  CHECK(receipt->exit == 0);
  CHECK(receipt->did == bench.did());
  const auto same = bench.run({"--json", "verify", kFolder, "--against-receipt", "/r.json"});
  CHECK(same.exit == 0);
  CHECK(same.of_type("finding").empty());

  bench.memory.put(std::string(kFolder) + "/backup.json",
                   bench.memory.get(std::string(kFolder) + "/backup.json").value() + "\n");
  const auto other = bench.run({"--json", "verify", kFolder, "--against-receipt", "/r.json"});
  CHECK(other.exit == 23);
  REQUIRE(other.of_type("finding").size() == 1);
  CHECK(data::text_or(other.of_type("finding").front(), "id", "") == "receipt.file");
  const auto words = bench.run({"verify", kFolder, "--against-receipt", "/r.json"});
  CHECK(Broken::first_line_has(words.out, "not what the receipt says"));
}

TEST_CASE("verify: the receipt of a damaged backup says so, and damage outweighs what differs", "[cli]") {
  Broken bench;
  std::string car = bench.repository();
  bench.put_car(car);
  CHECK(bench.run({"verify", kCar, "--receipt", "/good.json"}).exit == 0);
  car[car.size() - 3] = static_cast<char>(car[car.size() - 3] ^ 1);
  bench.put_car(car);
  const auto both = bench.run({"verify", kCar, "--receipt", "/bad.json", "--against-receipt", "/good.json"});
  CHECK(both.exit == 20);
  const auto receipt = verify::parse_receipt(bench.memory.get("/bad.json").value(), {});
  REQUIRE(receipt);
  CHECK(receipt->verdict == "damaged");
  CHECK(receipt->exit == 20);
  // What the other receipt has to do with it is no part of this one.
  for (const auto& [id, count] : receipt->found) CHECK_FALSE(id.starts_with("receipt."));
  CHECK(bench.run({"verify", kCar, "--against-receipt", "/bad.json"}).exit == 20);
  CHECK(bench.run({"--json", "verify", kCar, "--against-receipt", "/bad.json"}).out.find("\"receipt.") ==
        std::string::npos);
}

TEST_CASE("verify: a receipt that is there is not replaced unasked, and what is none is refused", "[cli]") {
  Broken bench;
  bench.memory.put("/r.json", "mine");
  const auto refused = bench.run({"--json", "verify", kFolder, "--receipt", "/r.json"});
  CHECK(refused.exit == 22);
  CHECK(refused.last("id") == "receipt.exists");
  CHECK(bench.memory.get("/r.json") == "mine");
  const auto none = bench.run({"--json", "verify", kFolder, "--against-receipt", "/r.json"});
  CHECK(none.exit == 20);
  CHECK(none.last("id") == "receipt.format");
  CHECK(bench.run({"verify", kFolder, "--against-receipt", "/nowhere.json"}).exit == 10);
  CHECK(bench.run({"verify", kFolder, "--receipt", "/r.json", "--force"}).exit == 0);
  CHECK(bench.memory.get("/r.json") != "mine");
  bench.memory.set_free_space(0);
  const auto full = bench.run({"--json", "verify", kFolder, "--receipt", "/s.json"});
  CHECK(full.exit == 28);
  CHECK(full.last("type") == "error");
  CHECK_FALSE(bench.memory.get("/s.json").has_value());
}
