// What was written on the old host and did not come along: found, offered, brought over once.
#include "tests/support/catch.h"
#include "tests/support/error_id.h"
#include "tests/support/move/move_bench.h"
#include "tests/support/repo_fixture.h"

#include <algorithm>
#include <filesystem>

using namespace atb;
using namespace atb::test;

namespace {

constexpr const char* kActivate = "com.atproto.server.activateAccount";

std::string words_of(const Result<migrate::Outcome>& result) {
  return result ? "done" : result.error().id + ": " + result.error().message;
}

bool has_note(const std::vector<std::string>& notes, std::string_view part) {
  return std::ranges::any_of(notes,
                             [&](const std::string& note) { return note.find(part) != std::string::npos; });
}

bool has_event(MoveBench& bench, std::string_view beginning) {
  const auto moves = bench.status();
  return std::ranges::any_of(moves->front().events, [&](const migrate::JournalEvent& event) {
    return event.detail.starts_with(beginning);
  });
}

data::Object a_post(const std::string& text) {
  return data::Object().set("$type", "app.bsky.feed.post").set("text", text);
}

// Somebody writes on the old host when the identity names the new one already.
void write_late(MoveBench& bench, std::function<void(FakePds&, FakeAccount&)> write) {
  bench.network.new_host.intercepts[kActivate] =
      [&bench, write = std::move(write), done = false](const SentRequest&) mutable -> std::optional<Answer> {
    if (std::exchange(done, true)) return {};
    FakeAccount& account = bench.network.old_account();
    bench.network.clock.advance(std::chrono::seconds(1));
    write(bench.network.old_host, account);
    bench.network.old_host.commit(account);
    return {};
  };
}

// A new post with a picture, one that is changed, one that is deleted.
void have_three_kinds(MoveBench& bench) {
  FakeAccount& account = bench.network.old_account();
  bench.network.old_host.put_record(account, "app.bsky.feed.post/changed", a_post("before"));
  bench.network.old_host.put_record(account, "app.bsky.feed.post/deleted", a_post("gone soon"));
  bench.network.old_host.commit(account);
  write_late(bench, [](FakePds& host, FakeAccount& there) {
    const Bytes picture = {1, 2, 3, 4, 5};
    const auto cid = ipld::Cid::of(ipld::Codec::raw, picture);
    there.blobs[cid] = picture;
    auto post = a_post("late");
    post.set("picture", data::Object()
                            .set("$type", "blob")
                            .set("ref", data::Value(cid))
                            .set("mimeType", "image/png")
                            .set("size", std::int64_t{5}));
    host.put_record(there, "app.bsky.feed.post/new", post);
    host.put_record(there, "app.bsky.feed.post/changed", a_post("after"));
    there.records.erase("app.bsky.feed.post/deleted");
    there.builder.remove("app.bsky.feed.post/deleted");
  });
}

}  // namespace

TEST_CASE("late: what was written on the old host during the move is shown, and brought over", "[migrate]") {
  MoveBench bench;
  have_three_kinds(bench);
  const auto run = bench.start();
  INFO(words_of(run.result));
  REQUIRE(run.result);
  CHECK(bench.complaints() == "");
  CHECK(bench.watcher.said.find("written app.bsky.feed.post/new") != std::string::npos);
  CHECK(bench.watcher.said.find("changed app.bsky.feed.post/changed") != std::string::npos);
  CHECK(bench.watcher.said.find("deleted app.bsky.feed.post/deleted") != std::string::npos);
  CHECK(bench.network.new_account().records.contains("app.bsky.feed.post/new"));
  CHECK(run.result->notes.empty());
}

TEST_CASE("late: who says no, or is not there, brings it over later with one command, and once",
          "[migrate]") {
  MoveBench bench;
  have_three_kinds(bench);
  SECTION("says no") { bench.person.next_time("Bring them", "no"); }
  SECTION("is not there") { bench.leave_terminal(); }
  const auto run = bench.start();
  INFO(words_of(run.result));
  REQUIRE(run.result);
  CHECK(has_note(run.result->notes, "--bring-late-posts"));
  CHECK_FALSE(bench.network.new_account().records.contains("app.bsky.feed.post/new"));
  CHECK(has_note(bench.status()->front().notes, "--bring-late-posts"));
  // The old host is not needed for it any more.
  bench.network.kill_old_host();
  bench.sources.new_password.file = bench.secret_file("new-password", FakeNetwork::kNewPassword);
  bench.options.bring_late = true;
  for (int i = 0; i < 2; ++i) {
    const auto brought = bench.look_again();
    INFO(words_of(brought.result));
    REQUIRE(brought.result);
    CHECK(bench.complaints() == "");
    CHECK_FALSE(has_note(bench.status()->front().notes, "--bring-late-posts"));
  }
  CHECK(bench.network.new_host.effects.uploads == static_cast<int>(bench.network.old_account().blobs.size()));
}

TEST_CASE("late: what was changed on the new host since stays as it is there", "[migrate]") {
  MoveBench bench;
  have_three_kinds(bench);
  bench.person.next_time("Bring them", "no");
  REQUIRE(bench.start().result);
  FakeAccount& there = bench.network.new_account();
  bench.network.new_host.put_record(there, "app.bsky.feed.post/changed", a_post("newer"));
  bench.network.new_host.commit(there);
  bench.options.bring_late = true;
  const auto brought = bench.look_again();
  INFO(words_of(brought.result));
  REQUIRE(brought.result);
  CHECK(has_note(brought.result->notes, "changed on both hosts"));
  CHECK(there.records.contains("app.bsky.feed.post/new"));
  CHECK_FALSE(there.records.contains("app.bsky.feed.post/deleted"));
}

TEST_CASE("late: a record that the new host does not take is named, and can be tried again", "[migrate]") {
  MoveBench bench;
  have_three_kinds(bench);
  bench.network.new_host.intercepts["com.atproto.repo.putRecord"] = [](const SentRequest&) {
    return std::optional(Answer{.status = 400, .body = R"({"error":"InvalidRequest","message":"no"})"});
  };
  const auto run = bench.start();
  INFO(words_of(run.result));
  REQUIRE(run.result);
  CHECK(has_note(run.result->notes, "1 of 3 records could not be brought over"));
  CHECK(has_event(bench, "late.not_brought"));
  CHECK(std::ranges::any_of(bench.watcher.findings, [](const Finding& finding) {
    return finding.id == "late.record" && finding.where == "app.bsky.feed.post/changed";
  }));
  bench.network.new_host.intercepts.clear();
  REQUIRE(bench.look_again().result);
  CHECK(bench.complaints() == "");
  CHECK(bench.status()->front().notes.empty());
}

TEST_CASE("late: a host that says yes and does nothing is found out", "[migrate]") {
  MoveBench bench;
  have_three_kinds(bench);
  bench.network.new_host.intercepts["com.atproto.repo.putRecord"] = [](const SentRequest&) {
    return std::optional(Answer{});
  };
  const auto run = bench.start();
  REQUIRE(run.result);
  CHECK(has_note(run.result->notes, "could not be brought over"));
}

TEST_CASE("aftercare: an old host that could not be deactivated is, when it is back", "[migrate]") {
  MoveBench bench;
  const auto dead = [](const SentRequest&) -> std::optional<Answer> {
    return Answer{.status = 502, .body = "Bad Gateway"};
  };
  write_late(bench, [&](FakePds& host, FakeAccount& account) {
    host.put_record(account, "app.bsky.feed.post/new", a_post("late"));
    for (const char* method : {"com.atproto.server.getSession", "com.atproto.sync.getRepoStatus",
                               "com.atproto.sync.getLatestCommit", "com.atproto.server.deactivateAccount"})
      host.intercepts[method] = dead;
  });
  const auto run = bench.start();
  INFO(words_of(run.result));
  REQUIRE(run.result);
  CHECK(has_note(run.result->notes, "'atbackup migrate resume"));
  CHECK(bench.network.old_account().active);
  // Still down: told again, and nothing else.
  const auto early = bench.look_again();
  REQUIRE(early.result);
  CHECK(has_note(early.result->notes, "tries again"));
  bench.network.old_host.intercepts.clear();
  const auto later = bench.look_again();
  INFO(words_of(later.result));
  REQUIRE(later.result);
  CHECK_FALSE(bench.network.old_account().active);
  CHECK(later.result->notes.empty());
  CHECK(bench.complaints() == "");
  CHECK(bench.network.new_account().records.contains("app.bsky.feed.post/new"));
  // Nothing is open: nobody is asked for anything.
  bench.person.present = false;
  REQUIRE(bench.look_again().result);
}

TEST_CASE("aftercare: a dead host that comes back is deactivated, and what the backup lacked is offered",
          "[migrate]") {
  MoveBench bench;
  bench.lose_old_host();
  // Written after the backup, and before the host died.
  bench.network.post_on_old("the last one");
  REQUIRE(bench.start().result);
  CHECK(has_note(bench.status()->front().notes, "If that host comes back"));
  SECTION("it is still away") {
    const auto run = bench.look_again();
    REQUIRE(run.result);
    CHECK(has_note(run.result->notes, "If that host comes back"));
  }
  SECTION("the backup is another one by now") {
    bench.network.old_host_is_dead = false;
    bench.take_backup();
    const auto run = bench.look_again();
    REQUIRE(run.result);
    CHECK(has_note(run.result->notes, "another state by now"));
    CHECK(has_event(bench, "late.backup"));
    CHECK_FALSE(bench.network.old_account().active);
  }
  SECTION("it is back") {
    bench.network.old_host_is_dead = false;
    const auto run = bench.look_again();
    INFO(words_of(run.result));
    REQUIRE(run.result);
    CHECK_FALSE(bench.network.old_account().active);
    CHECK(bench.watcher.said.find("written app.bsky.feed.post/") != std::string::npos);
    CHECK(run.result->notes.empty());
    CHECK(bench.complaints() == "");
  }
}

TEST_CASE("aftercare: an account that the new host holds as deactivated again is activated", "[migrate]") {
  MoveBench bench;
  REQUIRE(bench.start().result);
  bench.network.new_account().active = false;
  const auto run = bench.look_again();
  INFO(words_of(run.result));
  REQUIRE(run.result);
  CHECK(bench.network.new_account().active);
  CHECK(bench.network.new_host.effects.activations == 2);
}

TEST_CASE("activate: what another program left deactivated is activated, with a commit that relays accept",
          "[migrate]") {
  MoveBench bench;
  FakeAccount& account = bench.network.old_account();
  account.active = false;
  const auto head = account.head;
  SECTION("once") {
    const auto activated = bench.activate();
    REQUIRE(activated);
    CHECK_FALSE(activated->was_active);
    CHECK(account.active);
    CHECK(account.refresh_tokens.empty());
    CHECK(bench.files_with(FakeNetwork::kPassword).empty());
    bench.person.present = false;
    const auto again = bench.activate();
    REQUIRE(again);
    CHECK(again->was_active);
    account.active = false;
    bench.person.present = true;
    REQUIRE(bench.activate());
    CHECK(bench.network.old_host.effects.activations == 2);
  }
  SECTION("its head was signed by another key, as after an import") {
    account.key = test_key(crypto::Curve::k256, 9);
    PlcLog& log = bench.network.plc.log(bench.network.did);
    plc::State state = log.state();
    for (auto& [id, key] : state.verification_methods) key = account.key.public_key().did_key();
    auto operation = plc::Operation::make(state, log.cid(log.head()));
    operation.sign(bench.network.old_host.rotation_key()).value();
    bench.network.plc.submit(bench.network.did, operation).value();
    REQUIRE(bench.activate());
    CHECK(account.head != head);
    CHECK(account.data == bench.network.original_data);
  }
  SECTION("struck at any request it goes on") {
    for (std::size_t at = 1; at < 100; ++at) {
      account.active = false;
      auto activated = bench.activate({.seam = Seam::http, .blow = Blow::reply_lost, .at = at});
      const bool struck = bench.struck;
      for (int again = 0; again < 3 && !activated; ++again) activated = bench.activate();
      INFO(at);
      REQUIRE(activated);
      CHECK(account.active);
      if (!struck) break;
    }
  }
  SECTION("a host that keeps it shut is quoted") {
    account.taken_down = true;
    CHECK(error_id(bench.activate()) == "activate.shut");
  }
}
