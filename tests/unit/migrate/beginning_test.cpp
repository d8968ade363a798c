// How a move begins: what is refused, what is asked, who logs in.
#include "core/migrate/move.h"
#include "core/os/atomic_file.h"
#include "tests/support/catch.h"
#include "tests/support/error_id.h"
#include "tests/support/move/move_bench.h"
#include "tests/support/seeded_random.h"

#include <algorithm>

using namespace atb;
using namespace atb::test;

namespace {

// Ends the move before the account is made, once.
void stop_early(MoveBench& bench) {
  bench.network.old_host.refuse("com.atproto.server.getServiceAuth", 400, "InvalidRequest", "not now");
}
void let_go(MoveBench& bench) { bench.network.old_host.intercepts.clear(); }

}  // namespace

TEST_CASE("move: a host is named by its origin", "[migrate]") {
  MoveBench bench;
  bench.options.to = "https://new-host.net/path";
  CHECK(error_id(bench.start().result) == "move.url");
  bench.options.to = "new-host.net";
  CHECK(bench.start().result);
}

TEST_CASE("move: what stands against it is told before anything is done", "[migrate]") {
  MoveBench bench;
  std::string expected;
  SECTION("to where it is") {
    bench.options.to = "https://old-host.net";
    expected = "move.same_host";
  }
  SECTION("an account that is kept shut there") {
    bench.leave_shell();
    bench.network.new_host.alter("com.atproto.sync.getRepoStatus",
                                 [](data::Object& answer) { answer.set("status", "takendown"); });
    expected = "move.account_exists";
  }
  SECTION("an account that is kept shut there, said by an error") {
    bench.leave_shell();
    bench.network.new_host.refuse("com.atproto.sync.getRepoStatus", 400, "RepoTakendown", "taken down");
    expected = "move.account_exists";
  }
  SECTION("inactive") {
    bench.network.old_account().active = false;
    expected = "move.old_inactive";
  }
  SECTION("telephone") {
    bench.network.new_host.phone_required = true;
    expected = "move.phone";
  }
  SECTION("not agreed") {
    bench.person.next_time("Begin?", "no");
    expected = "move.not_agreed";
  }
  SECTION("another account confirmed") {
    bench.options.confirm = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa";
    expected = "move.confirm";
  }
  CHECK(error_id(bench.start().result) == expected);
  CHECK(bench.network.new_host.effects.accounts == 0);
  CHECK(bench.network.plc.accepted == 0);
}

TEST_CASE("move: a script names the handle and confirms the account", "[migrate]") {
  MoveBench bench;
  bench.leave_terminal();
  bench.options.handle.clear();
  CHECK(error_id(bench.start().result) == "move.handle");
  bench.options.handle = "alice.new-host.net";
  bench.options.confirm.clear();
  CHECK(error_id(bench.start().result) == "move.confirm");
  bench.options.confirm = bench.network.did.str();
  REQUIRE(bench.start().result);
  CHECK(bench.complaints() == "");
  CHECK(bench.person.questions.empty());
}

TEST_CASE("move: a script that names no recovery key is told that there is none", "[migrate]") {
  MoveBench bench;
  bench.leave_terminal();
  bench.options.no_recovery_key = false;
  const auto run = bench.start();
  REQUIRE(run.result);
  REQUIRE(run.result->notes.size() == 1);
  CHECK(run.result->notes.front().starts_with("No recovery key was made"));
}

TEST_CASE("move: a plan that nobody agreed to does not bind; one agreed to does", "[migrate]") {
  MoveBench bench;
  bench.options.to = "https://mistyped.net";
  CHECK_FALSE(bench.start().result);
  bench.options.to = "https://new-host.net";
  stop_early(bench);
  CHECK_FALSE(bench.start().result);
  bench.options.to = "https://mistyped.net";
  CHECK(error_id(bench.start().result) == "move.other_target");
  bench.options.to = "https://new-host.net";
  let_go(bench);
  const auto run = bench.start();
  REQUIRE(run.result);
  CHECK(run.result->resumed);
  CHECK(bench.complaints() == "");
}

TEST_CASE("move: resume needs one move, or a name", "[migrate]") {
  MoveBench bench;
  CHECK(error_id(bench.resume().result) == "move.none");
  stop_early(bench);
  CHECK_FALSE(bench.start().result);
  const auto other =
      migrate::paths_of(bench.state_folder(), *syntax::Did::parse("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"));
  REQUIRE(os::posix_file_system().make_folders(other.folder));
  auto journal = migrate::Journal::open(other.journal(), bench.network.clock).value();
  REQUIRE(journal.set(migrate::fact::kNewHost, "https://new-host.net"));
  CHECK(error_id(bench.resume().result) == "move.several");
}

TEST_CASE("move: two at once on one account do not happen", "[migrate]") {
  MoveBench bench;
  stop_early(bench);
  CHECK_FALSE(bench.start().result);
  const auto paths = migrate::paths_of(bench.state_folder(), bench.network.did);
  const auto lock = os::posix_file_system().lock(paths.lock());
  REQUIRE(lock);
  CHECK(error_id(bench.start().result) == "file.locked");
  CHECK(error_id(bench.resume().result) == "file.locked");
}

TEST_CASE("move: a finished one makes room for the next, and the same command again changes nothing",
          "[migrate]") {
  MoveBench bench;
  REQUIRE(bench.start().result);
  REQUIRE(bench.start().result);
  CHECK(bench.complaints() == "");
  bench.options.to = "https://old-host.net";
  bench.person.next_time("Begin?", "no");
  CHECK(error_id(bench.start().result) == "move.not_agreed");
  const auto moves = bench.status().value();
  REQUIRE(moves.size() == 2);
  CHECK(moves[0].finished.empty());
  CHECK_FALSE(moves[1].finished.empty());
  CHECK(moves[1].folder.starts_with(bench.move_folder() + "."));
}

TEST_CASE("move: the code of a login with two factors is asked for by its own name", "[migrate]") {
  MoveBench bench;
  bench.network.old_host.two_factor = true;
  REQUIRE(bench.start().result);
  CHECK(bench.person.times_asked("Login code from the e-mail") == 1);
  CHECK(bench.person.times_asked("PLC operation") == 1);
  CHECK(bench.complaints() == "");
}

TEST_CASE("move: an app password, and a session of somebody else, are refused", "[migrate]") {
  MoveBench bench;
  SECTION("app password") {
    bench.network.old_account().app_password = "app-pass-word";
    bench.person.next_time("Main password", "app-pass-word");
    CHECK(error_id(bench.start().result) == "move.app_password");
  }
  SECTION("wrong password") {
    bench.person.next_time("Main password", "guess");
    CHECK(error_id(bench.start().result) == "xrpc.authentication_required");
  }
  SECTION("another account") {
    bench.network.old_host.alter("com.atproto.server.createSession", [](data::Object& answer) {
      answer.set("did", "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa");
    });
    CHECK(error_id(bench.start().result) == "move.other_account");
  }
  SECTION("another account, later") {
    stop_early(bench);
    CHECK_FALSE(bench.start().result);
    bench.network.old_host.alter("com.atproto.server.getSession", [](data::Object& answer) {
      answer.set("did", "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa");
    });
    CHECK(error_id(bench.start().result) == "move.other_account");
  }
  let_go(bench);
  REQUIRE(bench.start().result);
  CHECK(bench.complaints() == "");
}

TEST_CASE("move: the new password is typed twice, and is not the old one", "[migrate]") {
  MoveBench bench;
  SECTION("the old one, then another") {
    bench.person.next_time("New password", FakeNetwork::kPassword);
    REQUIRE(bench.start().result);
    CHECK(bench.complaints() == "");
    CHECK(bench.person.shown.find("That is the old password") != std::string::npos);
  }
  SECTION("never twice the same") {
    for (int i = 0; i < 3; ++i) bench.person.next_time("The same again", "something else");
    CHECK(error_id(bench.start().result) == "move.new_password");
  }
  SECTION("the old one from a file") {
    bench.sources.new_password.file = bench.secret_file("same", FakeNetwork::kPassword);
    CHECK(error_id(bench.start().result) == "move.same_password");
  }
}

TEST_CASE("move: the e-mail address comes from the old host, else from the person", "[migrate]") {
  MoveBench bench;
  bench.network.old_host.alter("com.atproto.server.getSession",
                               [](data::Object& answer) { answer.remove("email"); });
  SECTION("asked") {
    bench.person.next_time("E-mail address", "typed@mail.net");
    REQUIRE(bench.start().result);
    CHECK(bench.network.new_account().email == "typed@mail.net");
  }
  SECTION("nobody to ask") {
    bench.leave_terminal();
    CHECK(error_id(bench.start().result) == "move.email");
    bench.options.email = "given@mail.net";
    REQUIRE(bench.start().result);
    CHECK(bench.network.new_account().email == "given@mail.net");
  }
}

TEST_CASE("move: an invite is asked for, and a refused one can be replaced", "[migrate]") {
  MoveBench bench;
  bench.network.new_host.invite_required = true;
  SECTION("right") {
    bench.person.next_time("Invite code", "invite-1");
    REQUIRE(bench.start().result);
  }
  SECTION("wrong at first") {
    bench.person.next_time("Invite code", "invite-0");
    CHECK(error_id(bench.start().result) == "xrpc.invalid_invite_code");
    bench.options.invite_code = "invite-1";
    REQUIRE(bench.resume().result);
  }
  CHECK(bench.complaints() == "");
}

TEST_CASE("move: when the new host refuses the handle or the address, resume takes others", "[migrate]") {
  MoveBench bench;
  auto& taken = bench.network.new_host.add_account(*syntax::Did::parse("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"),
                                                   plc_key(9), "alice.new-host.net", "b@mail.net", "x");
  SECTION("handle") {
    CHECK(error_id(bench.start().result) == "xrpc.handle_not_available");
    bench.options.handle = "alice2.new-host.net";
    REQUIRE(bench.resume().result);
    CHECK(bench.network.new_account().handle == "alice2.new-host.net");
  }
  SECTION("address") {
    taken.handle = "bob.new-host.net";
    taken.email = FakeNetwork::kEmail;
    CHECK(error_id(bench.start().result) == "xrpc.invalid_request");
    bench.options.email = "alice2@mail.net";
    REQUIRE(bench.resume().result);
    CHECK(bench.network.new_account().email == "alice2@mail.net");
  }
  CHECK(bench.complaints() == "");
}

TEST_CASE("move: secrets wrapped with a passphrase are needed again, and readable by nobody", "[migrate]") {
  MoveBench bench;
  bench.sources.passphrase.file = bench.secret_file("phrase", "open sesame");
  stop_early(bench);
  CHECK_FALSE(bench.start().result);
  CHECK(bench.files_with(FakeNetwork::kNewPassword).empty());
  let_go(bench);
  bench.sources.passphrase = {};
  bench.person.next_time("Passphrase of this move", "open barley");
  CHECK(error_id(bench.resume().result) == "sealed.passphrase");
  bench.person.present = false;
  CHECK(error_id(bench.resume().result) == "secret.needed");
  bench.person.present = true;
  bench.person.next_time("Passphrase of this move", "open sesame");
  REQUIRE(bench.resume().result);
  CHECK(bench.complaints() == "");
}

TEST_CASE("move: one journal that cannot be read hides no other move", "[migrate]") {
  MoveBench bench;
  const auto other =
      migrate::paths_of(bench.state_folder(), *syntax::Did::parse("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"));
  os::FileSystem& fs = os::posix_file_system();
  REQUIRE(fs.make_folders(other.folder));
  SeededRandom random;
  REQUIRE(os::write_file(fs, random, other.journal(), as_bytes("a diary, by a slip of the pen")));
  const auto nothing_else = bench.resume().result;
  REQUIRE_FALSE(nothing_else);
  CHECK(nothing_else.error().id.starts_with("db."));
  stop_early(bench);
  CHECK_FALSE(bench.start().result);
  const auto moves = bench.status().value();
  REQUIRE(moves.size() == 2);
  CHECK(std::ranges::count_if(moves, [](const auto& move) { return move.unreadable.has_value(); }) == 1);
  let_go(bench);
  REQUIRE(bench.resume().result);
  CHECK_FALSE(bench.network.old_account().active);
}
