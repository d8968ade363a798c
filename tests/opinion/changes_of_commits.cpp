// Commits with a field wrong, and signatures that are not the account's.
#include "core/data/cbor.h"
#include "tests/opinion/changes.h"

#include <algorithm>
#include <array>

namespace atb::test {
namespace {

using data::Object;
using data::Value;

// Alters the commit; it is signed as it then is.
Change commit(std::string what, Expect expect, std::function<void(Object&)> change) {
  return {"commit: " + what, expect, [change](Subject& subject, Dice& dice) -> std::optional<Bytes> {
            change(subject.draft.commit);
            return file_of(subject.draft.seal(), dice);
          }};
}

Change signature(std::string what, Draft::Sign sign) {
  return {"signature: " + what, Expect::fails, [sign](Subject& subject, Dice& dice) -> std::optional<Bytes> {
            return file_of(subject.draft.seal(sign), dice);
          }};
}

Bytes sign(const crypto::PrivateKey& key, ByteView message) {
  const auto signature = key.sign(message).value();
  return Bytes(signature.begin(), signature.end());
}

Bytes high_s(const crypto::PrivateKey& key, ByteView message) {
  Bytes made = sign(key, message);
  make_high_s(made, key.curve());
  return made;
}

Bytes der(const crypto::PrivateKey& key, ByteView message) {
  const Bytes compact = sign(key, message);
  Bytes body;
  for (const std::size_t from : {std::size_t{0}, std::size_t{32}}) {
    Bytes number(compact.begin() + static_cast<std::ptrdiff_t>(from),
                 compact.begin() + static_cast<std::ptrdiff_t>(from + 32));
    if (number.front() >= 0x80) number.insert(number.begin(), 0);
    body.push_back(0x02);
    body.push_back(static_cast<std::uint8_t>(number.size()));
    body.insert(body.end(), number.begin(), number.end());
  }
  return joined({{0x30, static_cast<std::uint8_t>(body.size())}, body});
}

crypto::Curve other(crypto::Curve curve) {
  return curve == crypto::Curve::k256 ? crypto::Curve::p256 : crypto::Curve::k256;
}

void add_signatures(std::vector<Change>& all) {
  all.push_back(
      signature("high S", [](const auto& key, ByteView message) { return Value(high_s(key, message)); }));
  all.push_back(
      signature("as DER", [](const auto& key, ByteView message) { return Value(der(key, message)); }));
  all.push_back(signature("zeros", [](const auto&, ByteView) { return Value(Bytes(64, 0)); }));
  all.push_back(signature("empty", [](const auto&, ByteView) { return Value(Bytes()); }));
  all.push_back(signature("a byte too few", [](const auto& key, ByteView message) {
    Bytes made = sign(key, message);
    made.pop_back();
    return Value(made);
  }));
  all.push_back(signature("a byte too many", [](const auto& key, ByteView message) {
    Bytes made = sign(key, message);
    made.push_back(0);
    return Value(made);
  }));
  all.push_back(signature("text", [](const auto&, ByteView) { return Value("signed"); }));
  all.push_back(signature("null", [](const auto&, ByteView) { return Value(); }));
  all.push_back(signature("R and S exchanged", [](const auto& key, ByteView message) {
    Bytes made = sign(key, message);
    std::ranges::rotate(made, made.begin() + 32);
    return Value(made);
  }));
  all.push_back(signature("by another key", [](const auto& key, ByteView message) {
    return Value(sign(test_key(key.curve(), 1'000'001), message));
  }));
  all.push_back(signature("by a key of the other curve", [](const auto& key, ByteView message) {
    return Value(sign(test_key(other(key.curve()), 1'000'001), message));
  }));
  all.push_back(signature("over its own hash", [](const auto& key, ByteView message) {
    return Value(sign(key, crypto::sha256(message)));
  }));
  all.push_back(signature("over other bytes", [](const auto& key, ByteView message) {
    Bytes bytes = to_bytes(message);
    bytes.back() ^= 1U;
    return Value(sign(key, bytes));
  }));
  all.push_back(
      {"signature: a bit turned", Expect::fails, [](Subject& subject, Dice& dice) -> std::optional<Bytes> {
         return file_of(subject.draft.seal([&](const auto& key, ByteView message) {
           Bytes made = sign(key, message);
           made[dice.below(64)] ^= static_cast<std::uint8_t>(1U << dice.below(8));
           return Value(made);
         }),
                        dice);
       }});
}

void add_fields(std::vector<Change>& all) {
  for (const char* field : {"did", "version", "data", "rev"}) {
    all.push_back(
        commit(std::string("no ") + field, Expect::fails, [field](Object& made) { made.remove(field); }));
    all.push_back(commit(std::string(field) + " is null", Expect::fails,
                         [field](Object& made) { made.set(field, nullptr); }));
  }
  all.push_back(commit("no prev", Expect::told, [](Object& made) { made.remove("prev"); }));
  all.push_back(commit("a prev", Expect::clean, [](Object& made) {
    made.set("prev", ipld::Cid::of(ipld::Codec::dag_cbor, as_bytes("before")));
  }));
  all.push_back(commit("prev is a text", Expect::fails, [](Object& made) { made.set("prev", "x"); }));
  all.push_back(commit("another field", Expect::fails, [](Object& made) { made.set("more", 1); }));
  all.push_back(commit("version 4", Expect::fails, [](Object& made) { made.set("version", 4); }));
  all.push_back(commit("version as text", Expect::fails, [](Object& made) { made.set("version", "3"); }));
  all.push_back(commit("version 2", Expect::told, [](Object& made) {
    made.set("version", 2);
    made.remove("rev");
  }));
  all.push_back(commit("version 2 with a rev", Expect::told, [](Object& made) { made.set("version", 2); }));
  for (const char* rev : {"", "abc", "3KDGEUJWLQ32Y", "zzzzzzzzzzzzz", "3kdgeujwlq32y2"}) {
    all.push_back(commit("rev is \"" + std::string(rev) + "\"", Expect::fails,
                         [rev](Object& made) { made.set("rev", rev); }));
  }
  all.push_back(commit("rev is a number", Expect::fails, [](Object& made) { made.set("rev", 3); }));
  all.push_back(
      commit("rev in the future", Expect::told, [](Object& made) { made.set("rev", "7zzzzzzzzzzzz"); }));
  all.push_back(commit("the tree is a text", Expect::fails, [](Object& made) { made.set("data", "tree"); }));
  all.push_back(commit("the tree is raw bytes", Expect::fails, [](Object& made) {
    made.set("data", ipld::Cid(ipld::Codec::raw, made.find("data")->link()->digest()));
  }));
  all.push_back(commit("the tree is nowhere", Expect::fails, [](Object& made) {
    made.set("data", ipld::Cid::of(ipld::Codec::dag_cbor, as_bytes("nowhere")));
  }));
  all.push_back({"commit: the tree is a record", Expect::fails,
                 [](Subject& subject, Dice& dice) -> std::optional<Bytes> {
                   Draft& draft = subject.draft;
                   if (draft.records.empty()) return std::nullopt;
                   draft.commit.set("data", draft.blocks[dice.pick(draft.records)].first);
                   return file_of(draft.seal(), dice);
                 }});
}

// The commit's block becomes what `change` makes of it.
Change block(std::string what, std::function<Bytes(const Bytes&)> change) {
  return {"commit: " + what, Expect::fails, [change](Subject& subject, Dice& dice) -> std::optional<Bytes> {
            Sealed sealed = subject.draft.seal();
            auto& [cid, bytes] = sealed.blocks.front();
            bytes = change(bytes);
            cid = ipld::Cid::of(ipld::Codec::dag_cbor, bytes);
            sealed.roots = {cid};
            return file_of(std::move(sealed), dice);
          }};
}

void add_accounts(std::vector<Change>& all) {
  all.push_back(commit("of another account", Expect::fails,
                       [](Object& made) { made.set("did", "did:plc:ewvi7nxzyoun6zhxrhs64oiz"); }));
  for (const char* did : {"", "did:plc:", "alice.test", "did:PLC:ewvi7nxzyoun6zhxrhs64oiz"}) {
    all.push_back(commit("of \"" + std::string(did) + "\"", Expect::fails,
                         [did](Object& made) { made.set("did", did); }));
  }
  all.push_back(
      {"key: another one since", Expect::told, [](Subject& subject, Dice& dice) -> std::optional<Bytes> {
         subject.log.update(plc_state({plc_did_key(1)}, plc_did_key(9), "opinion.test", "https://new.test"),
                            plc_key(1), kPlcEpochUs + 10'000 * kPlcHourUs);
         return file_of(subject.draft.seal(), dice);
       }});
  all.push_back({"key: struck out", Expect::fails, [](Subject& subject, Dice& dice) -> std::optional<Bytes> {
                   // Whoever holds the second rotation key puts a key of his own in; the first key undoes it.
                   const auto& state = subject.log.state();
                   const crypto::PrivateKey thief = plc_key(9);
                   PlcLog log(
                       plc_state({plc_did_key(1), plc_did_key(2)}, state.verification_methods.begin()->second,
                                 "opinion.test", "https://host.test"),
                       plc_key(1));
                   log.update(plc_state({plc_did_key(1), plc_did_key(2)}, thief.public_key().did_key(),
                                        "opinion.test", "https://host.test"),
                              plc_key(2), kPlcEpochUs + kPlcHourUs);
                   log.fork(0,
                            plc_state({plc_did_key(1)}, state.verification_methods.begin()->second,
                                      "opinion.test", "https://host.test"),
                            plc_key(1), kPlcEpochUs + 2 * kPlcHourUs);
                   subject.log = log;
                   subject.did = log.did().str();
                   subject.draft.commit.set("did", subject.did);
                   subject.draft.key = &thief;
                   return file_of(subject.draft.seal(), dice);
                 }});
}

}  // namespace

std::vector<Change> changes_of_commits() {
  std::vector<Change> all;
  add_fields(all);
  add_accounts(all);
  add_signatures(all);
  all.push_back(block("empty", [](const Bytes&) { return Bytes(); }));
  all.push_back(block("an empty map", [](const Bytes&) { return Bytes{0xa0}; }));
  all.push_back(block("bytes after its end", [](const Bytes& bytes) { return joined({bytes, {0}}); }));
  all.push_back(block("without a count of its fields", [](const Bytes& bytes) {
    Bytes made = joined({bytes, {0xff}});
    made.front() = 0xbf;
    return made;
  }));
  all.push_back(block("version in too many bytes", [](const Bytes& bytes) {
    Bytes made = bytes;
    made.back() = 0x18;  // "version" is the last of its fields
    made.push_back(3);
    return made;
  }));
  all.push_back({"commit: spoilt", Expect::fails, [](Subject& subject, Dice& dice) -> std::optional<Bytes> {
                   Sealed sealed = subject.draft.seal();
                   auto& [cid, bytes] = sealed.blocks.front();
                   const Bytes before = bytes;
                   while (bytes == before) spoil(bytes, dice);
                   cid = ipld::Cid::of(ipld::Codec::dag_cbor, bytes);
                   sealed.roots = {cid};
                   return file_of(std::move(sealed), dice);
                 }});
  all.back().times = 4;
  return all;
}

}  // namespace atb::test
