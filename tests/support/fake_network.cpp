#include "tests/support/fake_network.h"

#include "core/base/limits.h"
#include "core/did/document.h"
#include "tests/support/repo_fixture.h"

#include <fmt/format.h>

#include <utility>

namespace atb::test {
namespace {

constexpr const char* kHandle = "alice.old-host.net";
constexpr const char* kOldOrigin = "https://old-host.net";

syntax::Did make_did(FakePlc& plc, FakeNetwork::Method method) {
  if (method == FakeNetwork::Method::web) return *syntax::Did::parse("did:web:alice.net");
  return plc.create(plc_state({plc_did_key(FakeNetwork::kOldKey)},
                              test_key(crypto::Curve::k256, 1).public_key().did_key(), kHandle, kOldOrigin),
                    plc_key(FakeNetwork::kOldKey));
}

}  // namespace

FakeNetwork::FakeNetwork(std::size_t records, Method method)
    : old_host(
          {.origin = kOldOrigin, .did = "did:web:old-host.net", .domain = ".old-host.net", .key = kOldKey},
          plc, clock, random),
      new_host({.origin = "https://new-host.net",
                .did = "did:web:new-host.net",
                .domain = ".new-host.net",
                .key = kNewKey},
               plc, clock, random),
      did(make_did(plc, method)),
      original_data(ipld::Codec::dag_cbor, {}) {
  if (method == Method::web) {
    take_up(FakePlc::document_of(
        did, plc_state({}, test_key(crypto::Curve::k256, 1).public_key().did_key(), kHandle, kOldOrigin)));
    publications = 0;
  }
  FakeAccount& account =
      old_host.add_account(did, test_key(crypto::Curve::k256, 1), kHandle, kEmail, kPassword);
  const RepoOptions options{.records = records, .seed = 1, .did = did.str()};
  for (FixtureBlob& blob : put_records(account.builder, options))
    account.blobs.emplace(blob.cid, std::move(blob.bytes));
  account.preferences.emplace_back(
      data::Object().set("$type", "app.bsky.actor.defs#adultContentPref").set("enabled", false));
  account.preferences.emplace_back(
      data::Object().set("$type", "app.bsky.actor.defs#declaredAgePref").set("isOverAge18", true));
  old_host.commit(account);
  original_data = *account.data;
  dns.set(fmt::format("_atproto.{}", kHandle), {"did=" + did.str()});
}

void FakeNetwork::publish(std::string document) {
  next_document_ = std::move(document);
  looks_left_ = 2;
}

void FakeNetwork::take_up(std::string document) {
  const auto parsed = did::parse_document(document, did, Limits{}).value();
  plc::State state;
  state.also_known_as = parsed.also_known_as;
  state.verification_methods.emplace_back("atproto", parsed.signing_key->did_key());
  state.services.emplace_back("atproto_pds", plc::Service{"AtprotoPersonalDataServer", *parsed.host});
  plc.set_web(did, std::move(state));
  if (document != web_document) ++publications;
  web_document = std::move(document);
}

void FakeNetwork::post_on_old(const std::string& text) {
  clock.advance(std::chrono::seconds(1));
  FakeAccount& account = old_account();
  old_host.put_record(account, "app.bsky.feed.post/" + syntax::Tid::from(clock.wall_us(), 3).str(),
                      data::Object()
                          .set("$type", "app.bsky.feed.post")
                          .set("text", text)
                          .set("createdAt", os::rfc3339(clock.wall_us())));
  old_host.commit(account);
}

void FakeNetwork::enroll_user_key() {
  PlcLog& log = plc.log(did);
  plc::State state = log.state();
  state.rotation_keys.insert(state.rotation_keys.begin(), plc_did_key(kUserKey));
  auto operation = plc::Operation::make(state, log.cid(log.head()));
  operation.sign(old_host.rotation_key()).value();
  plc.submit(did, operation).value();
  plc.accepted = 0;
}

void FakeNetwork::kill_old_host() {
  old_host_is_dead = true;
  dns.set(fmt::format("_atproto.{}", kHandle), {});
}

Result<Answer> FakeNetwork::route(const SentRequest& request) {
  const std::scoped_lock lock(routing_);
  clock.advance(std::chrono::milliseconds(1));
  const std::string origin = request.parsed.origin();
  if (origin == old_host.options().origin && old_host_is_dead)
    return fail(ErrorKind::network, "http.connect", "nobody is there at " + origin);
  if (origin == old_host.options().origin) return old_host.answer(request);
  if (origin == new_host.options().origin) return new_host.answer(request);
  if (origin == "https://plc.net") return plc.answer(request);
  if (origin == "https://alice.net" && request.parsed.path == "/.well-known/did.json" &&
      !web_document.empty()) {
    if (!next_document_.empty() && looks_left_-- <= 0) take_up(std::exchange(next_document_, {}));
    return Answer{.body = web_document, .headers = {{"content-type", "application/json"}}};
  }
  return fail(ErrorKind::network, "http.resolve", "there is no " + origin + " in this network");
}

}  // namespace atb::test
