#include "core/plc/operation.h"
#include "tests/support/catch.h"
#include "tests/support/error_id.h"
#include "tests/support/plc_fixture.h"

namespace atb::plc {
namespace {

using test::error_id;
using test::plc_did_key;

State small_state() {
  return test::plc_state({plc_did_key(1)}, plc_did_key(2), "alice.example", "https://pds.example");
}

std::string id_of(const State& state) {
  const auto result = check_directory_limits(Operation::make(state, {}));
  if (!result) CHECK(result.error().kind == ErrorKind::refused);
  return error_id(result);
}

TEST_CASE("plc: ten rotation keys and not eleven", "[plc][limits]") {
  State state = small_state();
  while (state.rotation_keys.size() < 10)
    state.rotation_keys.push_back(plc_did_key(static_cast<std::uint32_t>(state.rotation_keys.size() + 10)));
  CHECK(id_of(state) == "none");
  state.rotation_keys.push_back(plc_did_key(1));
  CHECK(id_of(state) == "plc.too_many_keys");
  state.rotation_keys = {plc_did_key(1), plc_did_key(1)};
  CHECK(id_of(state) == "none");  // the directory takes duplicates, and none at all
  state.rotation_keys.clear();
  CHECK(id_of(state) == "none");
}

TEST_CASE("plc: rotation keys are of the two curves, other keys any did:key", "[plc][limits]") {
  const std::string ed25519 = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";
  State state = small_state();
  state.rotation_keys = {plc_did_key(1, crypto::Curve::p256)};
  state.verification_methods.emplace_back("other", ed25519);
  CHECK(id_of(state) == "none");
  state.rotation_keys.push_back(ed25519);
  CHECK(id_of(state) == "plc.limit");
  state = small_state();
  state.verification_methods.emplace_back("other", "z6Mk");
  CHECK(id_of(state) == "plc.limit");
}

TEST_CASE("plc: ten names, none twice, none over 258", "[plc][limits]") {
  State state = small_state();
  while (state.also_known_as.size() < 10)
    state.also_known_as.push_back("n" + std::to_string(state.also_known_as.size()));
  CHECK(id_of(state) == "none");
  state.also_known_as.emplace_back("n");
  CHECK(id_of(state) == "plc.limit");
  state.also_known_as = {"a", "b", "a"};
  CHECK(id_of(state) == "plc.limit");
  state.also_known_as = {std::string(258, 'a')};
  CHECK(id_of(state) == "none");
  state.also_known_as = {std::string(259, 'a')};
  CHECK(id_of(state) == "plc.limit");
}

TEST_CASE("plc: lengths count as the directory counts them, in UTF-16 units", "[plc][limits]") {
  const auto times = [](std::size_t count, std::string_view text) {
    std::string result;
    for (; count > 0; --count) result += text;
    return result;
  };
  State state = small_state();
  state.also_known_as = {times(258, "\u00e9")};
  CHECK(id_of(state) == "none");
  state.also_known_as = {times(259, "\u00e9")};
  CHECK(id_of(state) == "plc.limit");
  state.also_known_as = {times(129, "\U0001F600")};
  CHECK(id_of(state) == "none");
  state.also_known_as = {times(130, "\U0001F600")};
  CHECK(id_of(state) == "plc.limit");
}

TEST_CASE("plc: ten services and their lengths", "[plc][limits]") {
  State state = small_state();
  while (state.services.size() < 10)
    state.services.emplace_back("s" + std::to_string(state.services.size()), Service{"T", "e"});
  CHECK(id_of(state) == "none");
  state.services.emplace_back("more", Service{"T", "e"});
  CHECK(id_of(state) == "plc.limit");
  const auto with = [](std::size_t id, std::size_t type, std::size_t endpoint) {
    State one = small_state();
    one.services.emplace_back(std::string(id, 'i'),
                              Service{std::string(type, 't'), std::string(endpoint, 'e')});
    return id_of(one);
  };
  CHECK(with(32, 256, 512) == "none");
  CHECK(with(33, 256, 512) == "plc.limit");
  CHECK(with(32, 257, 512) == "plc.limit");
  CHECK(with(32, 256, 513) == "plc.limit");
}

TEST_CASE("plc: ten verification methods and their lengths", "[plc][limits]") {
  State state = small_state();
  while (state.verification_methods.size() < 10)
    state.verification_methods.emplace_back("m" + std::to_string(state.verification_methods.size()),
                                            "did:key:z");
  CHECK(id_of(state) == "none");
  state.verification_methods.emplace_back("more", "did:key:z");
  CHECK(id_of(state) == "plc.limit");
  const auto with = [](std::size_t id, std::size_t key) {
    State one = small_state();
    one.verification_methods.emplace_back(std::string(id, 'i'), "did:key:" + std::string(key - 8, 'z'));
    return id_of(one);
  };
  CHECK(with(32, 256) == "none");
  CHECK(with(33, 256) == "plc.limit");
  CHECK(with(32, 257) == "plc.limit");
}

TEST_CASE("plc: a rotation key text has a length too", "[plc][limits]") {
  State state = small_state();
  state.rotation_keys = {"did:key:" + std::string(249, 'z')};
  CHECK(id_of(state) == "plc.limit");
}

// Services of 500 characters each, and one that fills up.
State state_of_size(std::size_t fill) {
  State state = small_state();
  for (int i = 0; i < 6; ++i)
    state.services.emplace_back("s" + std::to_string(i), Service{"T", std::string(500, 'e')});
  state.services.emplace_back("fill", Service{"T", std::string(fill, 'f')});
  return state;
}

TEST_CASE("plc: four thousand bytes with the signature, signed or not yet, and not one more",
          "[plc][limits]") {
  const crypto::PrivateKey key = test::plc_key(1);
  const auto signed_size = [&](std::size_t fill) {
    Operation operation = Operation::make(state_of_size(fill), {});
    operation.sign(key).value();
    return operation.signed_cbor().size();
  };
  const std::size_t fill = 300 + 4000 - signed_size(300);
  REQUIRE(fill >= 256);
  REQUIRE(fill < 512);
  for (const std::size_t more : {0U, 1U}) {
    const std::string expected = more == 0 ? "none" : "plc.too_large";
    Operation operation = Operation::make(state_of_size(fill + more), {});
    CHECK(error_id(check_directory_limits(operation)) == expected);
    operation.sign(key).value();
    CHECK(operation.signed_cbor().size() == 4000 + more);
    CHECK(error_id(check_directory_limits(operation)) == expected);
  }
}

TEST_CASE("plc: a tombstone is within all limits", "[plc][limits]") {
  const Operation tombstone = Operation::make_tombstone(Operation::make(small_state(), {}).cid());
  CHECK(error_id(check_directory_limits(tombstone)) == "none");
}

}  // namespace
}  // namespace atb::plc
