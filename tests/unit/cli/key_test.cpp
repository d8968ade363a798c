// key new, key enroll, key check: what is asked, what is shown and to whom.
#include "core/base/encoding.h"
#include "core/crypto/sealed.h"
#include "tests/support/catch.h"
#include "tests/unit/cli/cli_bench.h"

using namespace atb;
using namespace atb::test;

namespace {

struct Keys : CliBench {
  Keys() { use_real_files(); }
  std::string path = temp.file("my.key");
  Run make() {
    person.next_time("Passphrase for the recovery key file", "open sesame");
    person.next_time("The same again", "open sesame");
    return run({"key", "new", path});
  }
  Run with_phrase(std::vector<std::string> words) {
    person.next_time("Passphrase of", "open sesame");
    return run(words);
  }
};

}  // namespace

TEST_CASE("key new: a sealed file, a sheet on the terminal only, and no secret anywhere else", "[cli]") {
  Keys bench;
  const auto made = bench.make();
  INFO(made.err);
  REQUIRE(made.exit == 0);
  CHECK(made.out.find("did:key:z") != std::string::npos);
  const std::size_t sheet = bench.person.shown.find("k256 ");
  REQUIRE(sheet != std::string::npos);
  const std::string digits = bench.person.shown.substr(sheet + 5, 64);
  CHECK(hex_decode(digits));
  CHECK(made.out.find(digits) == std::string::npos);
  CHECK(made.err.find(digits) == std::string::npos);
  const Bytes file = os::read_file(os::posix_file_system(), bench.path, 1U << 16).value();
  CHECK(crypto::looks_sealed(as_text(file)));
  CHECK(os::posix_file_system().stat(bench.path)->mode == 0600);

  // A key that is overwritten is lost.
  CHECK(bench.run({"--json", "key", "new", bench.path}).last("id") == "key.exists");
  CHECK(os::read_file(os::posix_file_system(), bench.path, 1U << 16).value() == file);
}

TEST_CASE("key new: without a terminal it says that the file is the only copy", "[cli]") {
  Keys bench;
  bench.person.present = false;
  CHECK(bench.run({"--json", "key", "new", bench.path}).last("id") == "secret.needed");
  const std::string phrase = bench.temp.file("phrase");
  auto file = os::posix_file_system().create(phrase).value();
  file->write(as_bytes("open sesame")).value();
  const auto made = bench.run({"key", "new", bench.path, "--passphrase-file", phrase});
  CHECK(made.exit == 0);
  CHECK(made.says("the only copy"));
  CHECK(bench.person.shown.empty());
}

TEST_CASE("key enroll, key check: the rank is told in words and in JSON", "[cli]") {
  Keys bench;
  REQUIRE(bench.make().exit == 0);
  const auto before = bench.with_phrase({"key", "check", bench.path, bench.did()});
  CHECK(before.exit == 12);
  CHECK(before.out.find("NOT among the rotation keys") != std::string::npos);
  const auto enrolled = bench.with_phrase({"key", "enroll", bench.did(), "--rotation-key", bench.path});
  INFO(enrolled.err);
  REQUIRE(enrolled.exit == 0);
  CHECK(enrolled.out.find("rank 1 of 2, the highest") != std::string::npos);
  CHECK(enrolled.says("This is the change to your identity"));
  const auto after = bench.with_phrase({"--json", "key", "check", bench.path, bench.did()});
  CHECK(after.exit == 0);
  CHECK(data::require_integer(after.lines().back(), "rank").value() == 1);
  const auto alone = bench.with_phrase({"key", "check", bench.path});
  CHECK(alone.exit == 0);
  CHECK(alone.out.find("The file opens: did:key:z") != std::string::npos);
  CHECK(bench.network.plc.accepted == 1);
}

TEST_CASE("key check: for an account where others rank above it", "[cli]") {
  Keys bench;
  REQUIRE(bench.make().exit == 0);
  REQUIRE(
      bench.with_phrase({"key", "enroll", bench.did(), "--rotation-key", bench.path, "--rank", "2"}).exit ==
      0);
  const auto checked = bench.with_phrase({"key", "check", bench.path, bench.did()});
  CHECK(checked.exit == 0);
  CHECK(checked.out.find("rank 2 of 2") != std::string::npos);
  CHECK(checked.out.find("can be undone for 72 hours by those above it") != std::string::npos);
  CHECK(checked.out.find("(yours)") != std::string::npos);
}
