#include "core/plc/merge.h"

#include "tests/support/catch.h"
#include "tests/support/error_id.h"
#include "tests/support/plc_fixture.h"

#include <algorithm>
#include <random>
#include <set>

namespace atb::plc {
namespace {

using test::error_id;
using test::plc_did_key;
using Texts = std::vector<std::string>;

// Keys of the user 1-9, of the old host 10-19, of the new host 20-29, of nobody known 30-39.
MoveRequest plain_move() {
  MoveRequest request;
  request.current = test::plc_state({plc_did_key(1), plc_did_key(10)}, plc_did_key(11), "alice.old.example",
                                    "https://old.example");
  request.old_host = {{plc_did_key(10)}, plc_did_key(11), "alice.old.example", "https://old.example"};
  request.new_host = {{plc_did_key(20)}, plc_did_key(21), "alice.new.example", "https://new.example"};
  request.user_keys = {plc_did_key(1)};
  return request;
}

bool has(const Texts& texts, const std::string& text) {
  return std::ranges::find(texts, text) != texts.end();
}

TEST_CASE("plc: a plain move keeps the user's key first and takes the new host's last", "[plc][merge]") {
  const auto proposal = merge_for_move(plain_move());
  REQUIRE(proposal);
  CHECK(proposal->state == test::plc_state({plc_did_key(1), plc_did_key(20)}, plc_did_key(21),
                                           "alice.new.example", "https://new.example"));
  CHECK(proposal->unknown_keys.empty());
}

TEST_CASE("plc: everything foreign stays where it is", "[plc][merge]") {
  MoveRequest request = plain_move();
  State& current = request.current;
  current.also_known_as = {"https://alice.example", "at://alice.old.example", "at://second.example",
                           "acct:alice"};
  current.services.insert(current.services.begin(),
                          {"bsky_fg", {"BskyFeedGenerator", "https://feed.example"}});
  current.services.emplace_back("atproto_labeler", Service{"AtprotoLabeler", "https://label.example"});
  current.verification_methods.emplace_back("atproto_label", "did:key:zAnything");
  const auto proposal = merge_for_move(request);
  REQUIRE(proposal);
  const State& state = proposal->state;
  CHECK(state.also_known_as ==
        Texts{"at://alice.new.example", "https://alice.example", "at://second.example", "acct:alice"});
  REQUIRE(state.services.size() == 3);
  CHECK(state.services[0] == current.services[0]);
  CHECK(state.services[2] == current.services[2]);
  CHECK(state.service("atproto_pds")->endpoint == "https://new.example");
  CHECK(*state.verification_method("atproto_label") == "did:key:zAnything");
  CHECK(*state.verification_method("atproto") == plc_did_key(21));
}

TEST_CASE("plc: an identity without host, name or signing key gets them", "[plc][merge]") {
  MoveRequest request = plain_move();
  request.current = State{};
  request.current.rotation_keys = {plc_did_key(1)};
  const auto proposal = merge_for_move(request);
  REQUIRE(proposal);
  CHECK(proposal->state == test::plc_state({plc_did_key(1), plc_did_key(20)}, plc_did_key(21),
                                           "alice.new.example", "https://new.example"));
}

TEST_CASE("plc: what the host gives is copied verbatim", "[plc][merge]") {
  MoveRequest request = plain_move();
  request.new_host.endpoint = "http://localhost:2583";
  request.new_host.service_type = "OtherServer";
  const auto proposal = merge_for_move(request);
  REQUIRE(proposal);
  CHECK(*proposal->state.service("atproto_pds") == Service{"OtherServer", "http://localhost:2583"});
}

TEST_CASE("plc: the recovery key goes to index 0 and is there once", "[plc][merge]") {
  MoveRequest request = plain_move();
  request.recovery_key = plc_did_key(5);
  CHECK(merge_for_move(request)->state.rotation_keys ==
        Texts{plc_did_key(5), plc_did_key(1), plc_did_key(20)});
  request.recovery_key = plc_did_key(1);
  CHECK(merge_for_move(request)->state.rotation_keys == Texts{plc_did_key(1), plc_did_key(20)});
}

TEST_CASE("plc: the old host's keys go, its signing key among the rotation keys too", "[plc][merge]") {
  MoveRequest request = plain_move();
  request.current.rotation_keys = {plc_did_key(10), plc_did_key(11), plc_did_key(1)};
  CHECK(merge_for_move(request)->state.rotation_keys == Texts{plc_did_key(1), plc_did_key(20)});
}

TEST_CASE("plc: a key of both hosts stays, with the new host's", "[plc][merge]") {
  MoveRequest request = plain_move();
  request.current.rotation_keys = {plc_did_key(10), plc_did_key(1)};
  request.new_host.rotation_keys = {plc_did_key(20), plc_did_key(10)};
  CHECK(merge_for_move(request)->state.rotation_keys ==
        Texts{plc_did_key(1), plc_did_key(20), plc_did_key(10)});
}

TEST_CASE("plc: a key known to be the user's is kept, whoever else lists it", "[plc][merge]") {
  MoveRequest request = plain_move();
  request.user_keys = {plc_did_key(2), plc_did_key(10), plc_did_key(20)};
  request.drop_unknown = {plc_did_key(2)};
  request.current.rotation_keys = {plc_did_key(10), plc_did_key(2)};
  CHECK(merge_for_move(request)->state.rotation_keys ==
        Texts{plc_did_key(2), plc_did_key(10), plc_did_key(20)});
}

TEST_CASE("plc: keys of unknown owner are kept and asked about until decided", "[plc][merge]") {
  MoveRequest request = plain_move();
  request.current.rotation_keys = {plc_did_key(30), plc_did_key(1), plc_did_key(31), plc_did_key(10)};
  const auto open = merge_for_move(request);
  REQUIRE(open);
  CHECK(open->unknown_keys == Texts{plc_did_key(30), plc_did_key(31)});
  CHECK(open->state.rotation_keys ==
        Texts{plc_did_key(1), plc_did_key(30), plc_did_key(31), plc_did_key(20)});
  request.keep_unknown = {plc_did_key(30), plc_did_key(39)};
  request.drop_unknown = {plc_did_key(31)};
  const auto decided = merge_for_move(request);
  REQUIRE(decided);
  CHECK(decided->unknown_keys.empty());
  CHECK(decided->state.rotation_keys == Texts{plc_did_key(1), plc_did_key(30), plc_did_key(20)});
  request.drop_unknown.push_back(plc_did_key(30));
  CHECK(merge_for_move(request)->unknown_keys == Texts{plc_did_key(30)});
}

TEST_CASE("plc: what a host gives that cannot be used is refused", "[plc][merge]") {
  const auto with = [](auto change) {
    MoveRequest request = plain_move();
    change(request.new_host);
    const auto result = merge_for_move(request);
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == ErrorKind::refused);
    return error_id(result);
  };
  CHECK(with([](HostCredentials& host) { host.signing_key.clear(); }) == "plc.host_credentials");
  CHECK(with([](HostCredentials& host) { host.signing_key = "did:key:zQ3sh"; }) == "plc.host_credentials");
  CHECK(with([](HostCredentials& host) { host.rotation_keys.emplace_back(); }) == "plc.host_credentials");
  CHECK(with([](HostCredentials& host) { host.endpoint = "ftp://new.example"; }) == "plc.host_credentials");
  CHECK(with([](HostCredentials& host) { host.endpoint.clear(); }) == "plc.host_credentials");
  CHECK(with([](HostCredentials& host) { host.handle = "at://alice.example"; }) == "plc.host_credentials");
  CHECK(with([](HostCredentials& host) { host.handle.clear(); }) == "plc.host_credentials");
  MoveRequest nobody = plain_move();
  nobody.user_keys.clear();
  nobody.current.rotation_keys = {plc_did_key(10)};
  nobody.new_host.rotation_keys.clear();
  CHECK(error_id(merge_for_move(nobody)) == "plc.host_credentials");
}

TEST_CASE("plc: the result must be one that the directory takes", "[plc][merge][limits]") {
  MoveRequest request = plain_move();
  for (std::uint32_t key = 30; key < 38; ++key) request.current.rotation_keys.push_back(plc_did_key(key));
  REQUIRE(merge_for_move(request));
  CHECK(merge_for_move(request)->state.rotation_keys.size() == 10);
  request.current.rotation_keys.push_back(plc_did_key(38));
  CHECK(error_id(merge_for_move(request)) == "plc.too_many_keys");
  MoveRequest odd = plain_move();
  odd.current.rotation_keys.emplace_back("did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK");
  CHECK(error_id(merge_for_move(odd)) == "plc.limit");
}

// ---- random requests ----

class Requests {
 public:
  Requests() {
    for (std::uint32_t i = 0; i < 12; ++i) pool_.push_back(plc_did_key(i));
  }
  std::size_t below(std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
  }
  Texts some(std::size_t at_most) {
    Texts texts;
    for (std::size_t count = below(at_most + 1); count > 0; --count)
      texts.push_back(pool_[below(pool_.size())]);
    return texts;
  }
  MoveRequest next() {
    MoveRequest request = plain_move();
    request.current.rotation_keys = some(5);
    request.user_keys = some(3);
    request.old_host.rotation_keys = some(2);
    request.old_host.signing_key = pool_[below(pool_.size())];
    request.new_host.rotation_keys = some(2);
    request.keep_unknown = some(3);
    request.drop_unknown = some(3);
    if (below(2) == 0) request.recovery_key = pool_[below(pool_.size())];
    for (std::size_t i = below(4); i > 0; --i) {
      request.current.also_known_as.insert(
          request.current.also_known_as.begin() + static_cast<std::ptrdiff_t>(below(2)),
          "https://name.example/" + std::to_string(below(3)));
    }
    for (std::size_t i = below(3); i > 0; --i)
      request.current.services.emplace_back("extra" + std::to_string(i),
                                            Service{"Type", "https://extra.example"});
    return request;
  }

 private:
  std::mt19937 random_{20251122};
  Texts pool_;
};

Texts only(const Texts& texts, auto keep) {
  Texts result;
  for (const std::string& text : texts) {
    if (keep(text) && !has(result, text)) result.push_back(text);
  }
  return result;
}

void check_keys(const MoveRequest& request, const MoveProposal& proposal) {
  const Texts& keys = proposal.state.rotation_keys;
  CHECK(std::set<std::string>(keys.begin(), keys.end()).size() == keys.size());
  const auto is_users = [&](const std::string& key) {
    return has(request.user_keys, key) || key == request.recovery_key;
  };
  const auto is_new = [&](const std::string& key) {
    return !is_users(key) && has(request.new_host.rotation_keys, key);
  };
  const auto is_old = [&](const std::string& key) {
    return !is_users(key) && !is_new(key) &&
           (has(request.old_host.rotation_keys, key) || key == request.old_host.signing_key);
  };
  const auto is_unknown = [&](const std::string& key) {
    return has(request.current.rotation_keys, key) && !is_users(key) && !is_new(key) && !is_old(key);
  };
  if (!request.recovery_key.empty()) CHECK(keys.front() == request.recovery_key);
  const auto not_recovery = [&](const std::string& key) { return key != request.recovery_key; };
  CHECK(only(keys, [&](const std::string& key) {
          return has(request.user_keys, key) && not_recovery(key);
        }) == only(request.user_keys, not_recovery));
  CHECK(std::ranges::none_of(keys, is_old));
  CHECK(only(keys, is_new) == only(request.new_host.rotation_keys, is_new));
  CHECK(std::ranges::is_sorted(keys, {}, [&](const std::string& key) {
    return is_users(key) ? 0 : is_new(key) ? 2 : 1;
  }));
  for (const std::string& key : keys) CHECK((is_users(key) || is_new(key) || is_unknown(key)));
  const auto asked = [&](const std::string& key) {
    return is_unknown(key) && has(request.keep_unknown, key) == has(request.drop_unknown, key);
  };
  CHECK(proposal.unknown_keys == only(request.current.rotation_keys, asked));
  for (const std::string& key : proposal.unknown_keys) CHECK(has(keys, key));
  CHECK(only(keys, is_unknown) == only(request.current.rotation_keys, [&](const std::string& key) {
          return is_unknown(key) && (has(request.keep_unknown, key) || !has(request.drop_unknown, key));
        }));
}

TEST_CASE("plc: random moves keep every promise of the merge", "[plc][merge][property]") {
  Requests requests;
  std::size_t merged = 0;
  for (int round = 0; round < 3000; ++round) {
    const MoveRequest request = requests.next();
    const auto proposal = merge_for_move(request);
    if (!proposal) {
      REQUIRE(error_id(proposal) == "plc.host_credentials");  // nobody's key is left
      continue;
    }
    ++merged;
    check_keys(request, *proposal);
    const State& state = proposal->state;
    CHECK(state.also_known_as.front() == "at://alice.new.example");
    CHECK_FALSE(has(state.also_known_as, "at://alice.old.example"));
    const auto foreign = [](const std::string& name) { return !name.starts_with("at://"); };
    CHECK(only(state.also_known_as, foreign) == only(request.current.also_known_as, foreign));
    CHECK(state.also_known_as.size() == 1 + only(state.also_known_as, foreign).size());
    for (const auto& [id, service] : request.current.services) {
      REQUIRE(state.service(id) != nullptr);
      if (id != "atproto_pds") CHECK(*state.service(id) == service);
    }
    CHECK(state.services.size() == request.current.services.size());
    CHECK(check_directory_limits(Operation::make(state, {})));
    // Merging again, with the result as the state, changes nothing for the keys that were decided.
    MoveRequest again = request;
    again.current = state;
    const auto twice = merge_for_move(again);
    REQUIRE(twice);
    CHECK(twice->state == state);
    CHECK(twice->unknown_keys == proposal->unknown_keys);
  }
  CHECK(merged > 2000);
}

TEST_CASE("merge: a rotation key goes to the rank that was asked for, and nothing else changes", "[plc]") {
  const State before = test::plc_state({test::plc_did_key(1), test::plc_did_key(2)}, test::plc_did_key(7),
                                       "alice.example", "https://old.example");
  const std::string own = test::plc_did_key(3);
  const auto keys_at = [&](std::size_t rank) { return with_rotation_key(before, own, rank)->rotation_keys; };
  CHECK(keys_at(0) == std::vector{own, test::plc_did_key(1), test::plc_did_key(2)});
  CHECK(keys_at(1) == std::vector{test::plc_did_key(1), own, test::plc_did_key(2)});
  CHECK(keys_at(9) == std::vector{test::plc_did_key(1), test::plc_did_key(2), own});
  State after = with_rotation_key(before, own, 0).value();
  // One that is there already is moved, not doubled.
  CHECK(with_rotation_key(after, own, 2)->rotation_keys ==
        std::vector{test::plc_did_key(1), test::plc_did_key(2), own});
  after.rotation_keys = before.rotation_keys;
  CHECK(after == before);
}

TEST_CASE("merge: another signing key, and nothing else", "[plc]") {
  const State before =
      test::plc_state({test::plc_did_key(1)}, test::plc_did_key(7), "alice.example", "https://old.example");
  State after = with_signing_key(before, test::plc_did_key(8)).value();
  CHECK(*after.verification_method("atproto") == test::plc_did_key(8));
  after.verification_methods = before.verification_methods;
  CHECK(after == before);
}

TEST_CASE("merge: one rotation key more than the directory takes is refused", "[plc]") {
  std::vector<std::string> keys;
  for (std::uint32_t i = 0; i < kDirectoryRotationKeys; ++i) keys.push_back(test::plc_did_key(10 + i));
  const State full = test::plc_state(keys, test::plc_did_key(7), "alice.example", "https://old.example");
  CHECK(test::error_id(with_rotation_key(full, test::plc_did_key(3), 0)) == "plc.too_many_keys");
  CHECK(with_rotation_key(full, keys.back(), 0));
}

}  // namespace
}  // namespace atb::plc
