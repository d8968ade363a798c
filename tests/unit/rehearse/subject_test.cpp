// What stands against a rehearsal before anything is started, and what is counted after it.
#include "core/rehearse/subject.h"

#include "core/crypto/sha256.h"
#include "core/rehearse/fetch_back.h"
#include "tests/support/catch.h"
#include "tests/support/error_id.h"
#include "tests/support/mem_fs.h"
#include "tests/support/plc_fixture.h"
#include "tests/support/scripted_http.h"
#include "tests/support/temp_folder.h"

#include <fstream>

using namespace atb;
using namespace atb::test;

namespace {

void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

plc::State some_state() {
  return plc_state({plc_did_key(1)}, plc_did_key(2), "alice.old.test", "https://old.test");
}

Result<rehearse::Subject> look(const std::string& path) {
  return rehearse::look_at_backup(os::posix_file_system(), path, Limits{});
}

}  // namespace

TEST_CASE("rehearse: a backup without a history of its identity is refused", "[rehearse]") {
  TempFolder folder;
  const std::string car = folder.file("alice.car");
  write(car, "not looked at here");
  CHECK(error_id(look(car)) == "rehearse.no_log");
  CHECK(error_id(look(folder.file("nothing.car"))) == "backup.not_found");

  PlcLog log(some_state(), plc_key(1));
  write(car + ".plc-log.json", log.audit_json());
  const auto subject = look(car);
  REQUIRE(subject);
  CHECK(subject->did == log.did());
  REQUIRE(subject->log);
  CHECK(subject->log->entries.size() == 1);
  CHECK(subject->bytes == 18);
  CHECK(!subject->preferences);

  write(car + ".plc-log.json", "[]");
  CHECK(error_id(look(car)) == "plc.empty");
  log.tombstone(plc_key(1), kPlcEpochUs + kPlcHourUs);
  write(car + ".plc-log.json", log.audit_json());
  CHECK(error_id(look(car)) == "did.tombstoned");
}

TEST_CASE("rehearse: where there is no room for all of it twice, nothing is begun", "[rehearse]") {
  MemFs fs;
  REQUIRE(fs.make_folders("/work"));
  const auto did = syntax::Did::parse("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa").value();
  const rehearse::Subject subject{.did = did, .bytes = 1U << 30};
  fs.set_free_space(3ULL << 30);
  CHECK(rehearse::check_space(fs, "/work", subject));
  fs.set_free_space(2ULL << 30);
  CHECK(error_id(rehearse::check_space(fs, "/work", subject)) == "rehearse.space");
}

TEST_CASE("rehearse: every blob that the server lists is fetched back and hashed", "[rehearse]") {
  const std::string good = "a picture";
  const ipld::Cid cid(ipld::Codec::raw, crypto::sha256(as_bytes(good)));
  std::string served = good;
  ScriptedHttp http([&](const SentRequest& request) -> Result<Answer> {
    if (request.parsed.path.starts_with("/xrpc/com.atproto.sync.listBlobs"))
      return Answer{.body = R"({"cids":[")" + cid.str() + R"("]})"};
    return Answer{.body = served};
  });
  const auto did = syntax::Did::parse("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa").value();
  const xrpc::Client client(http, net::Url::parse("http://127.0.0.1:7/").value(), nullptr);
  const auto back = rehearse::fetch_blobs_back(client, did, {}, Limits{}, no_progress(), {});
  REQUIRE(back);
  CHECK(back->blobs == 1);
  CHECK(back->bytes == good.size());
  served = "another";
  CHECK(error_id(rehearse::fetch_blobs_back(client, did, {}, Limits{}, no_progress(), {})) ==
        "rehearse.blob");
  const auto without = rehearse::fetch_blobs_back(client, did, {cid.str()}, Limits{}, no_progress(), {});
  REQUIRE(without);
  CHECK(without->blobs == 0);
  CHECK(without->lost == 1);
}
