// login, logout, whoami: who is asked for what, and what is kept.
#include "core/account/session_store.h"
#include "tests/support/catch.h"
#include "tests/unit/cli/cli_bench.h"

using namespace atb;
using namespace atb::test;

namespace {

std::string id_of(CliBench& bench, std::vector<std::string> words) {
  words.insert(words.begin(), "--json");
  return bench.run(words).last("id");
}

void keep_another_session(CliBench& bench) {
  account::SessionStore store(bench.memory, bench.network.random, bench.state_folder() + "/sessions");
  REQUIRE(store.save({.did = syntax::Did::parse("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa").value(),
                      .handle = "bob.test",
                      .host = "https://old-host.net",
                      .access = Secret::copy_of("a"),
                      .refresh = Secret::copy_of("b"),
                      .scope = account::Scope::full,
                      .saved_us = 1}));
}

// The identity names no host any more.
void forget_host(CliBench& bench) {
  PlcLog& log = bench.network.plc.log(bench.network.did);
  plc::State state = log.state();
  state.services.clear();
  bench.network.clock.advance(std::chrono::seconds(1));
  log.update(std::move(state), plc_key(FakeNetwork::kOldKey), bench.network.clock.wall_us());
}

}  // namespace

TEST_CASE("login: asks for the password without echo, keeps the session, and says nothing secret", "[cli]") {
  CliBench bench;
  const auto run = bench.run({"-vvv", "login", bench.did()});
  CHECK(run.exit == 0);
  CHECK(run.out.find("Logged in: " + bench.did()) != std::string::npos);
  CHECK(run.out.find("main password") != std::string::npos);
  REQUIRE(bench.person.questions.size() == 1);
  CHECK(bench.person.hidden == bench.person.questions);
  CHECK(bench.person.was_asked("Password of " + bench.did() + " on https://old-host.net"));
  for (const std::string& text : {run.out, run.err, bench.person.shown})
    CHECK(text.find(FakeNetwork::kPassword) == std::string::npos);
  const auto whoami = bench.run({"whoami"});
  CHECK(whoami.exit == 0);
  CHECK(whoami.out.find("alice.old-host.net") != std::string::npos);
}

TEST_CASE("login: the code of a second factor is asked for by its name, after the password", "[cli]") {
  CliBench bench;
  bench.network.old_host.two_factor = true;
  CHECK(bench.run({"login", bench.did()}).exit == 0);
  REQUIRE(bench.person.questions.size() == 2);
  CHECK(bench.person.questions[1].starts_with("Login code from the e-mail that https://old-host.net"));
  CHECK(bench.person.hidden.size() == 2);
}

TEST_CASE("login: a wrong code, and a wrong password, are exit 4", "[cli]") {
  CliBench bench;
  bench.person.next_time("Password of", "wrong");
  CHECK(bench.run({"login", bench.did()}).exit == 4);
  bench.network.old_host.two_factor = true;
  bench.person.next_time("Login code", "login-99");
  CHECK(bench.run({"login", bench.did()}).exit == 4);
  CHECK(bench.run({"whoami"}).exit == 4);
}

TEST_CASE("login: with an app password it says what that means", "[cli]") {
  CliBench bench;
  bench.network.old_account().app_password = "app-secret";
  bench.person.next_time("Password of", "app-secret");
  const auto run = bench.run({"login", bench.did()});
  CHECK(run.exit == 0);
  CHECK(run.out.find("app password") != std::string::npos);
  CHECK(run.says("only a part of the preferences"));
}

TEST_CASE("login: in a script nobody is asked; the flags and the variable are named", "[cli]") {
  CliBench bench;
  bench.person.present = false;
  const auto run = bench.run({"login", bench.did()});
  CHECK(run.exit == 4);
  CHECK(run.says("the password is needed, and nobody is there to be asked"));
  CHECK(run.says("--password-file"));
  CHECK(run.says("--password-command"));
  CHECK(run.says("ATBACKUP_PASSWORD"));
  CHECK(id_of(bench, {"login", bench.did()}) == "secret.needed");

  bench.memory.put("/secrets/password", std::string(FakeNetwork::kPassword) + "\n", 0600);
  bench.network.old_host.two_factor = true;
  const auto second = bench.run({"login", bench.did(), "--password-file", "/secrets/password"});
  CHECK(second.exit == 4);
  CHECK(second.says("--auth-code-file"));
  CHECK(second.says("ATBACKUP_AUTH_CODE"));
  CHECK(bench.person.questions.empty());
  bench.network.old_host.two_factor = false;
  CHECK(bench.run({"login", bench.did(), "--password-file", "/secrets/password"}).exit == 0);
}

TEST_CASE("login: a host that logs in another account is not believed", "[cli]") {
  CliBench bench;
  bench.network.old_host.alter("com.atproto.server.createSession", [](data::Object& answer) {
    answer.set("did", "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa");
  });
  CHECK(id_of(bench, {"login", bench.did()}) == "login.other_account");
  CHECK(bench.run({"login", bench.did()}).exit == 21);
  CHECK(bench.run({"whoami"}).exit == 4);
}

TEST_CASE("login: an identity that names no host needs --pds", "[cli]") {
  CliBench bench;
  forget_host(bench);
  const auto run = bench.run({"login", bench.did()});
  CHECK(run.exit == 10);
  CHECK(run.says("--pds"));
  CHECK(id_of(bench, {"login", bench.did()}) == "did.no_host");
  CHECK(bench.run({"--pds", "https://old-host.net", "login", bench.did()}).exit == 0);
}

TEST_CASE("migrate: an identity that names no host needs --pds", "[cli]") {
  CliBench bench;
  bench.use_real_files();
  forget_host(bench);
  CHECK(id_of(bench, {"migrate", bench.did(), "--to", "https://new-host.net"}) == "did.no_host");
  CHECK(bench.run({"migrate", bench.did(), "--to", "https://new-host.net"}).says("--pds"));
}

TEST_CASE("logout: the only session needs no name; of several one must be named", "[cli]") {
  CliBench bench;
  CHECK(id_of(bench, {"logout"}) == "session.none");
  REQUIRE(bench.run({"login", bench.did()}).exit == 0);
  keep_another_session(bench);
  const auto several = bench.run({"logout"});
  CHECK(several.exit == 2);
  CHECK(several.says("whoami"));
  CHECK(id_of(bench, {"logout"}) == "session.several");
  CHECK(id_of(bench, {"logout", "carol.test"}) == "session.not_found");
  CHECK(bench.run({"whoami"}).out.find("bob.test") != std::string::npos);
  const auto by_handle = bench.run({"logout", "alice.old-host.net"});
  CHECK(by_handle.exit == 0);
  CHECK(bench.network.old_account().refresh_tokens.empty());
  CHECK(bench.run({"logout"}).exit == 0);
  CHECK(bench.run({"whoami"}).exit == 4);
}

TEST_CASE("logout: a host that cannot be told does not keep the session here", "[cli]") {
  CliBench bench;
  REQUIRE(bench.run({"login", bench.did()}).exit == 0);
  bench.network.old_host.refuse("com.atproto.server.deleteSession", 400, "InvalidRequest", "no");
  const auto run = bench.run({"logout", bench.did()});
  CHECK(run.exit == 0);
  CHECK(run.says("could not be told"));
  CHECK(bench.run({"whoami"}).exit == 4);
}

TEST_CASE("whoami: a session that is damaged is named, and the others are told", "[cli]") {
  CliBench bench;
  REQUIRE(bench.run({"login", bench.did()}).exit == 0);
  keep_another_session(bench);
  const std::string folder = bench.state_folder() + "/sessions/";
  const auto names = bench.memory.list(folder).value();
  for (const std::string& name : names) {
    if (name.find("aaaa") != std::string::npos) bench.memory.put(folder + name, "garbage", 0600);
  }
  const auto run = bench.run({"whoami"});
  CHECK(run.exit == 20);
  CHECK(run.out.find("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa") != std::string::npos);
  CHECK(run.out.find("alice.old-host.net") != std::string::npos);
}
