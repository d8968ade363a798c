#include "core/plc/merge.h"
#include "tests/support/catch.h"
#include "tests/support/plc_fixture.h"

#include <algorithm>

namespace atb::plc {
namespace {

using Type = Change::Type;
using Catch::Matchers::Contains;

// Short stand-ins: diff() shows keys, it does not read them.
State state_with(std::vector<std::string> rotation_keys) {
  return test::plc_state(std::move(rotation_keys), "did:key:SIGN", "alice.example", "https://pds.example");
}

const Change& find(const std::vector<Change>& changes, std::string_view what, std::string_view text = {}) {
  const auto found = std::ranges::find_if(changes, [&](const Change& change) {
    return change.what == what && (text.empty() || change.before == text || change.after == text);
  });
  REQUIRE(found != changes.end());
  return *found;
}

TEST_CASE("plc: between equal states all is kept, and said to stay", "[plc][diff]") {
  const State state = state_with({"did:key:A", "did:key:B"});
  const auto changes = diff(state, state);
  REQUIRE(changes.size() == 5);
  for (const Change& change : changes) {
    CHECK(change.type == Type::kept);
    CHECK(change.before == change.after);
    CHECK_THAT(change.words, Contains("stays"));
  }
  CHECK(find(changes, "rotation key", "did:key:A").words ==
        "A key that may change this identity stays, at rank 1 of 2, the highest: did:key:A.");
}

TEST_CASE("plc: a move is told in the order of what matters", "[plc][diff]") {
  const State before = state_with({"did:key:USER", "did:key:OLD"});
  const State after = test::plc_state({"did:key:PAPER", "did:key:USER", "did:key:NEW"}, "did:key:SIGN2",
                                      "alice.new.example", "https://new.example");
  const auto changes = diff(before, after);
  std::vector<std::string> words;
  for (const Change& change : changes) words.push_back(change.words);
  CHECK(
      words ==
      std::vector<std::string>{
          "A key that may change this identity is added, at rank 1 of 3, the highest: did:key:PAPER. Whoever "
          "holds "
          "it can change this identity, and can undo for 72 hours what a key of lower rank did.",
          "A key that may change this identity stays, now at rank 2 of 3 (it was rank 1 of 2, the highest): "
          "did:key:USER. Whoever holds it can change this identity, and can undo for 72 hours what a key of "
          "lower "
          "rank did; a key of higher rank can undo that for 72 hours.",
          "A key that may change this identity is added, at rank 3 of 3: did:key:NEW. Whoever holds it can "
          "change "
          "this identity; a key of higher rank can undo that for 72 hours.",
          "A key that could change this identity loses that right (rank 2 of 2): did:key:OLD.",
          "The account's posts and other data are signed with another key from now on: did:key:SIGN2 instead "
          "of "
          "did:key:SIGN.",
          "The account lives at https://new.example from now on, and no longer at https://pds.example.",
          "The handle changes from alice.example to alice.new.example."});
  CHECK(changes[0].type == Type::added);
  CHECK(changes[0].before.empty());
  CHECK(changes[1].type == Type::changed);
  CHECK(changes[3].type == Type::removed);
  CHECK(changes[3].after.empty());
  CHECK(changes[4].what == "signing key");
  CHECK(changes[5].what == "host");
  CHECK(changes[6].what == "handle");
}

TEST_CASE("plc: a removed key of high rank is said to have 72 hours left", "[plc][diff]") {
  const auto changes = diff(state_with({"did:key:OLD", "did:key:USER"}), state_with({"did:key:USER"}));
  CHECK(find(changes, "rotation key", "did:key:OLD").words ==
        "A key that could change this identity loses that right (rank 1 of 2, the highest): did:key:OLD. For "
        "72 hours "
        "its holder can still undo this very change, if a key of lower rank than it had signs it.");
  CHECK_THAT(find(changes, "rotation key", "did:key:USER").words,
             Contains("now at the only rank (it was rank 2 of 2)"));
}

TEST_CASE("plc: that the last key goes is said plainly", "[plc][diff]") {
  const auto changes = diff(state_with({"did:key:A", "did:key:B"}), state_with({}));
  CHECK_THAT(changes[1].words, Contains("No key is left: nobody can ever change this identity again."));
}

TEST_CASE("plc: a key listed twice is one key", "[plc][diff]") {
  const auto changes = diff(state_with({"did:key:A", "did:key:A"}), state_with({"did:key:A"}));
  CHECK(changes.size() == 4);
  CHECK(changes[0].type == Type::kept);
}

TEST_CASE("plc: what is gained or lost altogether is named", "[plc][diff]") {
  const State full = state_with({"did:key:A"});
  State bare;
  bare.rotation_keys = {"did:key:A"};
  const auto lost = diff(full, bare);
  CHECK(find(lost, "signing key").type == Type::removed);
  CHECK_THAT(find(lost, "signing key").words, Contains("No key signs"));
  CHECK_THAT(find(lost, "host").words, Contains("has no host any more (it was https://pds.example)"));
  CHECK_THAT(find(lost, "handle").words, Contains("loses its handle alice.example"));
  const auto gained = diff(bare, full);
  CHECK(find(gained, "host").type == Type::added);
  CHECK(find(gained, "handle").words == "The account gets the handle alice.example.");
  CHECK_THAT(find(gained, "signing key").words, Contains("did:key:SIGN from now on"));
}

TEST_CASE("plc: foreign services, keys and names are listed one by one", "[plc][diff]") {
  State before = state_with({"did:key:A"});
  before.services.emplace_back("bsky_fg", Service{"Feed", "https://feed.example"});
  before.services.emplace_back("gone", Service{"Chat", "https://chat.example"});
  before.verification_methods.emplace_back("atproto_label", "did:key:LABEL");
  before.also_known_as.emplace_back("https://alice.example");
  before.also_known_as.emplace_back("at://second.example");
  State after = state_with({"did:key:A"});
  after.services.emplace_back("bsky_fg", Service{"Feed", "https://feed2.example"});
  after.services.emplace_back("fresh", Service{"Chat", "https://chat2.example"});
  after.verification_methods.emplace_back("other", "did:key:OTHER");
  after.also_known_as.emplace_back("https://alice.example");
  after.also_known_as.emplace_back("acct:alice");
  const auto changes = diff(before, after);
  CHECK(find(changes, "service bsky_fg").words ==
        "The service \"bsky_fg\" changes from https://feed.example (Feed) to https://feed2.example (Feed).");
  CHECK(find(changes, "service gone").words ==
        "The service \"gone\" is removed: https://chat.example (Chat).");
  CHECK(find(changes, "service fresh").words ==
        "The service \"fresh\" is added: https://chat2.example (Chat).");
  CHECK(find(changes, "key atproto_label").type == Type::removed);
  CHECK(find(changes, "key other").words ==
        "The key \"other\" is added, for uses other than posts: did:key:OTHER.");
  CHECK(find(changes, "name", "https://alice.example").type == Type::kept);
  CHECK(find(changes, "name", "acct:alice").type == Type::added);
  CHECK(find(changes, "name", "at://second.example").words ==
        "The account loses the further name at://second.example.");
}

TEST_CASE("plc: the kind of the host is told when it changes", "[plc][diff]") {
  State after = state_with({"did:key:A"});
  after.services[0].second.type = "Other";
  const auto changes = diff(state_with({"did:key:A"}), after);
  CHECK(find(changes, "type of the host").words ==
        "The kind of the host changes from \"AtprotoPersonalDataServer\" to \"Other\".");
}

TEST_CASE("plc: remote text in the words is escaped and cannot pose as our own", "[plc][diff]") {
  State after = state_with({"did:key:\x1b[2J"});
  after.services.emplace_back("{0}{1}{9}", Service{"\u202e", "{1}\n"});
  for (const Change& change : diff(state_with({}), after)) {
    CHECK(std::ranges::none_of(change.words, [](char c) { return static_cast<unsigned char>(c) < 0x20; }));
    CHECK(change.words.find("\u202e") == std::string::npos);
  }
  CHECK_THAT(find(diff(state_with({}), after), "service {0}{1}{9}").words,
             Contains("The service \"{0}{1}{9}\" is added: {1}"));
}

}  // namespace
}  // namespace atb::plc
