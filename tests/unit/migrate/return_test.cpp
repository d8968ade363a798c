// Back to a host where the account once lived, or where a try was broken off.
#include "tests/support/catch.h"
#include "tests/support/error_id.h"
#include "tests/support/move/move_bench.h"

#include <algorithm>

using namespace atb;
using namespace atb::test;

namespace {

constexpr const char* kImport = "com.atproto.repo.importRepo";
constexpr std::size_t kMany = 300;

std::string words_of(const Result<migrate::Outcome>& result) {
  return result ? "done" : result.error().id + ": " + result.error().message;
}

bool has_note(const MoveBench::Run& run, std::string_view part) {
  return std::ranges::any_of(run.result->notes,
                             [&](const std::string& note) { return note.find(part) != std::string::npos; });
}

}  // namespace

TEST_CASE("return: the account goes back into its deactivated shell", "[migrate]") {
  MoveBench bench;
  bench.leave_shell();
  bench.network.new_host.invite_required = true;
  bool dead = false;
  SECTION("from a live host") {}
  SECTION("from a backup, with one change of the identity, as nobody needs to be let in") {
    bench.lose_old_host();
    bench.operations = 1;
    dead = true;
  }
  const auto run = bench.start();
  INFO(words_of(run.result));
  REQUIRE(run.result);
  CHECK(bench.complaints() == "");
  CHECK(run.result->same_tree);
  CHECK(run.result->handle == "alice.new-host.net");
  CHECK(bench.person.times_asked("that is already on") == 1);
  CHECK_FALSE(bench.person.was_asked("New password"));
  CHECK_FALSE(bench.person.was_asked("New handle"));
  CHECK(bench.network.new_account().email == "alice@former.net");
  CHECK(bench.network.old_account().active == dead);
}

TEST_CASE("return: only what differs is sent", "[migrate]") {
  MoveBench bench(kMany);
  bench.leave_shell();
  FakePds& host = bench.network.new_host;
  std::size_t whole = 0;
  for (const auto& [cid, block] : bench.network.old_account().blocks.blocks()) whole += block.size();
  const std::size_t blobs = bench.network.old_account().blobs.size();
  SECTION("in one") {
    REQUIRE(bench.start().result);
    CHECK(host.effects.imports == 1);
    CHECK(host.effects.largest_import < whole / 2);
    CHECK(static_cast<std::size_t>(host.effects.uploads) == blobs - 1);
  }
  SECTION("a host that refuses the difference gets the whole") {
    host.intercepts[kImport] = [&, refused = false](const SentRequest&) mutable -> std::optional<Answer> {
      if (std::exchange(refused, true)) return {};
      return Answer{.status = 400, .body = R"({"error":"InvalidRequest","message":"missing block"})"};
    };
    REQUIRE(bench.start().result);
    CHECK(host.effects.largest_import > whole);
  }
  SECTION("so does one that says yes and has another tree") {
    host.intercepts[kImport] = [&, taken = false](const SentRequest&) mutable -> std::optional<Answer> {
      return std::exchange(taken, true) ? std::optional<Answer>() : Answer{};
    };
    REQUIRE(bench.start().result);
    CHECK(host.effects.largest_import > whole);
  }
  SECTION("so does one that does not give its blocks") {
    host.refuse("com.atproto.sync.getBlocks", 501, "MethodNotImplemented", "no");
    REQUIRE(bench.start().result);
    CHECK(host.effects.largest_import > whole);
  }
  SECTION("a difference larger than the host takes at once goes over in pieces") {
    host.import_limit = whole / 20;
    REQUIRE(bench.start().result);
    CHECK(host.effects.imports > 10);
  }
  CHECK(bench.complaints() == "");
}

TEST_CASE("return: a shell that has nothing in common, or nothing at all, gets the whole", "[migrate]") {
  MoveBench bench(kMany);
  bench.leave_shell();
  FakeAccount& shell = bench.network.new_account();
  shell.builder = {};
  shell.records.clear();
  SECTION("nothing") {}
  SECTION("other records") {
    bench.network.new_host.put_record(shell, "app.bsky.feed.post/3kgonesince23",
                                      data::Object().set("$type", "app.bsky.feed.post"));
  }
  bench.network.new_host.commit(shell);
  REQUIRE(bench.start().result);
  CHECK(bench.complaints() == "");
  CHECK(bench.network.new_host.effects.imports == 1);
}

TEST_CASE("return: a password that is not taken is asked for again, and it is said what helps", "[migrate]") {
  MoveBench bench;
  bench.leave_shell();
  SECTION("at a terminal") {
    bench.person.next_time("that is already on", "wrong");
    REQUIRE(bench.start().result);
    CHECK(bench.person.times_asked("that is already on") == 2);
    CHECK(bench.complaints() == "");
  }
  SECTION("three times") {
    for (int i = 0; i < 3; ++i) bench.person.next_time("that is already on", "wrong");
    const auto run = bench.start();
    CHECK(error_id(run.result) == "xrpc.authentication_required");
    CHECK(run.result.error().hint.find("forgot password") != std::string::npos);
    CHECK(bench.network.new_host.effects.imports == 0);
    REQUIRE(bench.resume().result);
    CHECK(bench.complaints() == "");
  }
  SECTION("in a script") {
    bench.leave_terminal();
    const auto run = bench.start();
    CHECK(error_id(run.result) == "xrpc.authentication_required");
    bench.sources.new_password.file = bench.secret_file("former", MoveBench::kFormerPassword);
    REQUIRE(bench.resume().result);
    CHECK(bench.complaints() == "");
  }
}

TEST_CASE("return: a host that lets the owner in on the old host's word needs no password", "[migrate]") {
  MoveBench bench;
  bench.leave_shell();
  FakePds& host = bench.network.new_host;
  host.intercepts["com.atproto.server.createAccount"] = [&](const SentRequest& request) {
    SentRequest login = request;
    login.parsed.path = "/xrpc/com.atproto.server.createSession";
    login.body = R"({"identifier":"alice.new-host.net","password":"former-secret-55ce"})";
    return std::optional(host.answer(login));
  };
  bench.leave_terminal();
  const auto run = bench.start();
  INFO(words_of(run.result));
  REQUIRE(run.result);
  CHECK(has_note(run, "set a new one there"));
  CHECK(bench.complaints() == "");
}

TEST_CASE("return: an app password is not enough, and somebody else's session is refused", "[migrate]") {
  MoveBench bench;
  bench.leave_shell();
  SECTION("app password") {
    bench.network.new_account().app_password = "app-pass-word";
    for (int i = 0; i < 3; ++i) bench.person.next_time("that is already on", "app-pass-word");
    CHECK(error_id(bench.start().result) == "move.app_password");
  }
  SECTION("somebody else") {
    bench.network.new_host.alter("com.atproto.server.createSession", [](data::Object& answer) {
      answer.set("did", "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa");
    });
    CHECK(error_id(bench.start().result) == "move.other_account");
  }
  CHECK(bench.network.plc.accepted == 0);
}

TEST_CASE("return: an account that is active there is deactivated first, and then activated for all to hear",
          "[migrate]") {
  MoveBench bench;
  bench.leave_shell();
  bench.network.new_account().active = true;
  REQUIRE(bench.start().result);
  CHECK(bench.network.new_host.effects.deactivations == 1);
  CHECK(bench.complaints() == "");
}

TEST_CASE("return: another name, and a password that the old host knows, are told at the end", "[migrate]") {
  MoveBench bench;
  bench.leave_shell();
  bench.network.new_account().password = FakeNetwork::kPassword;
  bench.there_password = FakeNetwork::kPassword;
  bench.options.handle = "other.new-host.net";
  const auto run = bench.start();
  REQUIRE(run.result);
  CHECK(has_note(run, "change it"));
  CHECK(has_note(run, "Take the name other.new-host.net"));
  CHECK(run.result->handle == "alice.new-host.net");
}

TEST_CASE("return: what a move that was given up has left behind is gone on with", "[migrate]") {
  MoveBench bench;
  bench.network.new_host.refuse(kImport, 400, "InvalidRequest", "not today");
  CHECK_FALSE(bench.start().result);
  bench.network.new_host.intercepts.clear();
  bench.options.yes = true;
  REQUIRE(bench.abort());
  SECTION("and given up once more") {
    bench.options.yes = false;
    bench.person.next_time("Change the identity now?", "no");
    CHECK_FALSE(bench.start().result);
    bench.options.yes = true;
    const auto aborted = bench.abort();
    REQUIRE(aborted);
    CHECK(std::ranges::any_of(aborted->left, [](const std::string& one) {
      return one.find("was there before stays") != std::string::npos;
    }));
    bench.options.yes = false;
  }
  bench.options.yes = false;
  REQUIRE(bench.start().result);
  CHECK(bench.person.was_asked("that is already on"));
  CHECK(bench.network.new_host.effects.accounts == 1);
  CHECK(bench.network.new_account().active);
}
