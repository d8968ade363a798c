// What is copied, what is written meanwhile, and what the last proof finds.
#include "core/migrate/move.h"
#include "tests/support/catch.h"
#include "tests/support/error_id.h"
#include "tests/support/move/move_bench.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

using namespace atb;
using namespace atb::test;

namespace {

constexpr const char* kUpload = "com.atproto.repo.uploadBlob";
constexpr const char* kDelete = "com.atproto.repo.deleteRecord";

// Does this when the method is called, before the host answers; once.
void meanwhile(FakePds& host, const std::string& method, std::function<void()> happens) {
  host.intercepts[method] = [happens = std::move(happens), done = std::make_shared<bool>(false)](
                                const SentRequest&) -> std::optional<Answer> {
    if (!std::exchange(*done, true)) happens();
    return {};
  };
}

void publish(FakeNetwork& network, const std::function<void(plc::State&)>& change) {
  PlcLog& log = network.plc.log(network.did);
  plc::State state = log.state();
  change(state);
  auto operation = plc::Operation::make(state, log.cid(log.head()));
  operation.sign(network.new_host.rotation_key()).value();
  network.plc.submit(network.did, operation).value();
}

// The first `count` records of the new account go.
void lose_records(FakeNetwork& network, std::size_t count) {
  FakeAccount& account = network.new_account();
  for (std::size_t i = 0; i < count; ++i) {
    const std::string gone = account.records.begin()->first;
    account.records.erase(gone);
    account.builder.remove(gone);
  }
  network.new_host.commit(account);
}

bool has_note(const MoveBench::Run& run, std::string_view beginning) {
  return run.result && std::ranges::any_of(run.result->notes, [&](const std::string& note) {
           return note.starts_with(beginning);
         });
}

}  // namespace

TEST_CASE("move: a blob that the old host has lost stops the move, unless it is named", "[migrate]") {
  MoveBench bench;
  auto& blobs = bench.network.old_account().blobs;
  const std::string lost = blobs.begin()->first.str();
  blobs.erase(blobs.begin());
  const auto run = bench.start();
  CHECK(error_id(run.result) == "move.blobs_missing");
  CHECK(std::ranges::any_of(bench.watcher.findings,
                            [&](const Finding& finding) { return finding.where == lost; }));
  CHECK(bench.network.plc.accepted == 0);
  CHECK(bench.network.new_host.effects.accounts == 0);
  bench.options.allowed_missing = {lost};
  REQUIRE(bench.resume().result);
  CHECK(bench.complaints() == "blobs are missing\n");
}

TEST_CASE("move: a blob that the new host does not take stops the move before the identity changes",
          "[migrate]") {
  MoveBench bench;
  std::string words;
  SECTION("refused") {
    bench.network.new_host.refuse(kUpload, 400, "InvalidMimeType", "no such pictures");
    words = "no such pictures";
  }
  SECTION("too large") {
    bench.network.new_host.refuse(kUpload, 413, "PayloadTooLarge", "request entity too large");
    words = "PDS_BLOB_UPLOAD_LIMIT";
  }
  SECTION("stored as something else") {
    bench.network.new_host.alter(kUpload, [&](data::Object& answer) {
      answer.set("blob",
                 data::Object().set("ref", data::Object().set("$link", bench.network.original_data.str())));
    });
    words = "the new host stored it as";
  }
  SECTION("changed in the backup meanwhile") {
    meanwhile(bench.network.new_host, "com.atproto.repo.importRepo", [&] {
      for (const auto& entry :
           std::filesystem::recursive_directory_iterator(bench.move_folder() + "/backup/blobs")) {
        if (!entry.is_regular_file()) continue;
        std::filesystem::permissions(entry.path(), std::filesystem::perms::owner_all);
        std::ofstream(entry.path(), std::ios::binary | std::ios::app) << "x";
      }
    });
    words = "does not hold this blob";
  }
  SECTION("stored as something else") {
    bench.network.new_host.alter(kUpload, [&](data::Object& answer) {
      data::Object blob = *answer.find("blob")->object();
      blob.set("ref", data::Object().set("$link", bench.network.original_data.str()));
      answer.set("blob", blob);
    });
    words = "the new host stored it as";
  }
  const auto run = bench.start();
  CHECK(error_id(run.result) == "move.upload");
  CHECK(std::ranges::any_of(bench.watcher.findings, [&](const Finding& finding) {
    return finding.id == "blob.not_uploaded" && finding.detail.find(words) != std::string::npos;
  }));
  CHECK(bench.network.plc.accepted == 0);
}

TEST_CASE("move: a repository that is too large for the new host says what its operator can do",
          "[migrate]") {
  MoveBench bench;
  bench.network.new_host.refuse("com.atproto.repo.importRepo", 413, "PayloadTooLarge",
                                "request entity too large");
  const auto run = bench.start();
  REQUIRE_FALSE(run.result);
  CHECK(run.result.error().kind == ErrorKind::limit_exceeded);
  CHECK(run.result.error().hint.find("PDS_MAX_REPO_IMPORT_SIZE") != std::string::npos);
  bench.network.new_host.intercepts.clear();
  REQUIRE(bench.resume().result);
  CHECK(bench.complaints() == "");
}

TEST_CASE("move: preferences that the old host does not give stop it", "[migrate]") {
  MoveBench bench;
  bench.network.old_host.refuse("app.bsky.actor.getPreferences", 400, "InvalidRequest", "not now");
  CHECK(error_id(bench.start().result) == "move.preferences_missing");
  CHECK(bench.network.new_host.effects.accounts == 0);
  bench.network.old_host.intercepts.clear();
  REQUIRE(bench.resume().result);
  CHECK(bench.complaints() == "");
}

TEST_CASE("move: what is posted while it runs comes along", "[migrate]") {
  MoveBench bench;
  SECTION("during the upload") {
    meanwhile(bench.network.new_host, kUpload, [&] { bench.network.post_on_old("one more"); });
  }
  SECTION("while the code is read from the mailbox") {
    meanwhile(bench.network.old_host, "com.atproto.identity.signPlcOperation",
              [&] { bench.network.post_on_old("one more"); });
  }
  REQUIRE(bench.start().result);
  CHECK(bench.complaints() == "");
  CHECK(bench.network.new_account().data != bench.network.original_data);
  CHECK(bench.network.new_host.effects.imports == 2);
}

TEST_CASE("move: an account that is written to all the time is not moved", "[migrate]") {
  MoveBench bench;
  bench.network.old_host.intercepts["com.atproto.sync.getLatestCommit"] =
      [&](const SentRequest&) -> std::optional<Answer> {
    bench.network.post_on_old("again");
    return {};
  };
  CHECK(error_id(bench.start().result) == "move.still_writing");
  CHECK(bench.network.plc.accepted == 0);
  bench.network.old_host.intercepts.clear();
  REQUIRE(bench.resume().result);
  CHECK(bench.complaints() == "");
}

TEST_CASE("move: an old host whose repository goes back stops it", "[migrate]") {
  MoveBench bench;
  meanwhile(bench.network.new_host, kUpload, [&] {
    ManualClock& clock = bench.network.clock;
    const std::int64_t now = clock.wall_us();
    clock.set_wall_us(now - 1'000'000'000);
    bench.network.old_host.commit(bench.network.old_account());
    clock.set_wall_us(now);
  });
  CHECK(error_id(bench.start().result) == "move.backup_alarm");
  CHECK(bench.network.plc.accepted == 0);
}

TEST_CASE("move: a host that says yes and does nothing is not believed", "[migrate]") {
  MoveBench bench;
  bench.network.new_host.intercepts["com.atproto.server.activateAccount"] = [](const SentRequest&) {
    return std::optional(Answer{});
  };
  CHECK(error_id(bench.start().result) == "move.not_confirmed");
  bench.network.new_host.intercepts.clear();
  REQUIRE(bench.resume().result);
  CHECK(bench.complaints() == "");
}

TEST_CASE("move: an old host that does not deactivate the account is told, and the move ends well",
          "[migrate]") {
  MoveBench bench;
  bench.network.old_host.refuse("com.atproto.server.deactivateAccount", 401, "BadJwtSignature", "no");
  const auto run = bench.start();
  REQUIRE(run.result);
  CHECK(bench.complaints() == "");
  CHECK(bench.network.old_account().active);
  CHECK(has_note(run, "Deactivate the account on the old host: not done"));
}

TEST_CASE("move: what a later run could do is no longer told as not done", "[migrate]") {
  MoveBench bench;
  FakePds& old_host = bench.network.old_host;
  old_host.refuse("com.atproto.server.deactivateAccount", 401, "BadJwtSignature", "no");
  bench.network.new_host.refuse("com.atproto.repo.createRecord", 500, "Internal", "not now");
  CHECK_FALSE(bench.start().result);
  old_host.intercepts.clear();
  bench.network.new_host.intercepts.clear();
  const auto run = bench.resume();
  REQUIRE(run.result);
  CHECK(bench.complaints() == "");
  CHECK_FALSE(bench.network.old_account().active);
  CHECK_FALSE(has_note(run, "Deactivate the account on the old host: not done"));
}

TEST_CASE("move: a host that does not give its own head is told", "[migrate]") {
  MoveBench bench;
  bench.network.new_host.intercepts["com.atproto.sync.getBlocks"] = [](const SentRequest&) {
    return std::optional(Answer{.body = std::string(as_text(car_of({}, {})))});
  };
  CHECK(error_id(bench.start().result) == "move.no_head");
  bench.network.new_host.intercepts.clear();
  REQUIRE(bench.resume().result);
  CHECK(bench.complaints() == "");
}

TEST_CASE(
    "move: an account used on the new host before the last proof is told; a host that lost much is an alarm",
    "[migrate]") {
  MoveBench bench(600);
  SECTION("one record") {
    meanwhile(bench.network.new_host, kDelete, [&] { lose_records(bench.network, 1); });
    const auto run = bench.start();
    REQUIRE(run.result);
    CHECK(has_note(run,
                   "The account has been used on the new host since it was moved: 0 records written, 0 "
                   "changed, 1 deleted."));
  }
  SECTION("a fifth: still told") {
    meanwhile(bench.network.new_host, kDelete, [&] { lose_records(bench.network, 120); });
    CHECK(bench.start().result);
  }
  SECTION("more than a fifth: an alarm") {
    meanwhile(bench.network.new_host, kDelete, [&] { lose_records(bench.network, 121); });
    CHECK(error_id(bench.start().result) == "move.proof_root");
  }
}

TEST_CASE("move: the last proof finds what is not as it was", "[migrate]") {
  MoveBench bench;
  FakeNetwork& network = bench.network;
  std::string expected;
  SECTION("a blob is gone") {
    meanwhile(network.new_host, kDelete, [&] { network.new_account().blobs.clear(); });
    expected = "move.proof_blobs";
  }
  SECTION("the identity names another host") {
    meanwhile(network.new_host, kDelete, [&] {
      publish(network,
              [](plc::State& state) { state.services[0].second.endpoint = "https://third-host.net"; });
    });
    expected = "move.proof_identity";
  }
  SECTION("the old host's key is back") {
    meanwhile(network.new_host, kDelete, [&] {
      publish(network,
              [](plc::State& state) { state.rotation_keys.push_back(plc_did_key(FakeNetwork::kOldKey)); });
    });
    expected = "move.proof_old_key";
  }
  SECTION("the repository is the old one") {
    const MemoryBlocks& blocks = network.old_account().blocks;
    const ipld::Cid head = *network.old_account().head;
    network.new_host.intercepts["com.atproto.sync.getRepo"] = [&blocks, head](const SentRequest&) {
      return std::optional(
          Answer{.body = std::string(as_text(car_of(std::span(&head, 1), blocks.blocks())))});
    };
    expected = "move.proof_key";
  }
  CHECK(error_id(bench.start().result) == expected);
  CHECK(bench.status()->front().past_no_return);
  CHECK(std::filesystem::exists(bench.move_folder() + "/backup"));
}

TEST_CASE(
    "move: after the point of no return it goes on with sessions that have ended, and with a log that has "
    "grown",
    "[migrate]") {
  MoveBench bench;
  bench.network.new_host.refuse("com.atproto.server.activateAccount", 400, "InvalidRequest", "not now");
  CHECK_FALSE(bench.start().result);
  CHECK(bench.network.plc.accepted == 1);
  bench.network.new_host.intercepts.clear();
  SECTION("sessions") {
    bench.network.new_host.end_sessions();
    bench.network.old_host.end_sessions();
    const auto run = bench.resume();
    REQUIRE(run.result);
    CHECK(bench.complaints() == "");
    CHECK(bench.person.times_asked("Main password") == 2);
    CHECK_FALSE(bench.network.old_account().active);
  }
  SECTION("sessions, and nobody is there") {
    bench.network.old_host.end_sessions();
    bench.person.present = false;
    const auto run = bench.resume();
    REQUIRE(run.result);
    CHECK(has_note(run, "Deactivate the account on the old host: not done"));
    bench.person.present = true;
    REQUIRE(bench.look_again().result);
    CHECK_FALSE(bench.network.old_account().active);
    CHECK(bench.complaints() == "");
  }
  SECTION("sessions, and the file with the password: it is asked for") {
    bench.network.new_host.end_sessions();
    std::filesystem::remove(bench.move_folder() + "/secrets");
    bench.person.next_time("Password of the account on https://new-host.net", FakeNetwork::kNewPassword);
    REQUIRE(bench.resume().result);
    CHECK(bench.complaints() == "");
  }
  SECTION("another operation on top") {
    publish(bench.network, [](plc::State& state) { state.also_known_as.push_back("https://alice.net"); });
    REQUIRE(bench.resume().result);
    CHECK(bench.network.plc.accepted == 2);
    CHECK(bench.network.new_host.effects.operations == 1);
    CHECK(bench.network.old_host.effects.mails == 1);
  }
}

TEST_CASE("move: an identity that loses its signing key after the move is told", "[migrate]") {
  MoveBench bench;
  meanwhile(bench.network.old_host, "com.atproto.server.deactivateAccount",
            [&] { publish(bench.network, [](plc::State& state) { state.verification_methods.clear(); }); });
  CHECK(error_id(bench.start().result) == "did.no_key");
  CHECK(bench.status()->front().past_no_return);
}
