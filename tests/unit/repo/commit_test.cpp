#include "core/repo/commit.h"

#include "core/data/cbor.h"
#include "core/data/value.h"
#include "tests/support/catch.h"
#include "tests/support/repo_fixture.h"

#include <string>

namespace atb {
namespace {

using data::Object;
using data::Value;

ipld::Cid some_cid(ipld::Codec codec = ipld::Codec::dag_cbor) {
  return ipld::Cid::of(codec, as_bytes("tree"));
}

Object commit_object() {
  return Object()
      .set("did", "did:plc:ewvi7nxzyoun6zhxrhs64oiz")
      .set("rev", "3kdgeujwlq32y")
      .set("sig", Bytes(64, 7))
      .set("data", some_cid())
      .set("prev", nullptr)
      .set("version", 3);
}

Bytes encoded(const Object& object) {
  auto bytes = data::encode_cbor(Value(object));
  REQUIRE(bytes);
  return *bytes;
}

std::string id_of(ByteView block, const Limits& limits = {}) {
  const auto commit = repo::decode_commit(block, limits);
  return commit ? "none" : commit.error().id;
}
std::string id_of(const Object& object) { return id_of(encoded(object)); }

Object without(std::string_view field) {
  Object object = commit_object();
  object.remove(field);
  return object;
}

repo::Commit signed_commit(const crypto::PrivateKey& key) {
  auto commit = repo::decode_commit(encoded(commit_object()), {});
  REQUIRE(commit);
  REQUIRE(repo::sign_commit(*commit, key));
  return *commit;
}

TEST_CASE("repo: a commit of version 3 decodes and encodes to the same bytes", "[repo]") {
  const Bytes block = encoded(commit_object());
  const auto commit = repo::decode_commit(block, {});
  REQUIRE(commit);
  CHECK(commit->did.str() == "did:plc:ewvi7nxzyoun6zhxrhs64oiz");
  CHECK(commit->version == 3);
  CHECK(commit->data == some_cid());
  REQUIRE(commit->rev);
  CHECK(commit->rev->str() == "3kdgeujwlq32y");
  CHECK_FALSE(commit->prev);
  CHECK(commit->signature == Bytes(64, 7));
  CHECK(repo::encode_commit(*commit) == block);
}

TEST_CASE("repo: a commit of version 2, with and without rev, decodes and encodes to the same bytes",
          "[repo]") {
  for (const bool rev : {true, false}) {
    for (const bool prev : {true, false}) {
      Object object = commit_object().set("version", 2);
      if (!rev) object.remove("rev");
      if (prev) object.set("prev", some_cid());
      const Bytes block = encoded(object);
      const auto commit = repo::decode_commit(block, {});
      REQUIRE(commit);
      CHECK(commit->version == 2);
      CHECK(commit->rev.has_value() == rev);
      CHECK(commit->prev.has_value() == prev);
      CHECK(repo::encode_commit(*commit) == block);
    }
  }
}

TEST_CASE("repo: a commit without the prev field keeps that, for its signature is over it", "[repo]") {
  const Bytes block = encoded(without("prev"));
  const auto commit = repo::decode_commit(block, {});
  REQUIRE(commit);
  CHECK_FALSE(commit->has_prev_field);
  CHECK(repo::encode_commit(*commit) == block);
  CHECK(repo::unsigned_bytes(*commit) == encoded([] {
          Object object = without("sig");
          object.remove("prev");
          return object;
        }()));
}

TEST_CASE("repo: the signed bytes are the commit without its signature", "[repo]") {
  const auto commit = repo::decode_commit(encoded(commit_object()), {});
  REQUIRE(commit);
  CHECK(repo::unsigned_bytes(*commit) == encoded(without("sig")));
}

TEST_CASE("repo: a commit without a field it needs is refused", "[repo]") {
  for (const char* field : {"did", "rev", "sig", "data", "version"}) {
    INFO(field);
    CHECK(id_of(without(field)) == "commit.field");
  }
}

TEST_CASE("repo: a commit with a field of the wrong type, or an unknown one, is refused", "[repo]") {
  for (const char* field : {"did", "rev", "sig", "data", "prev", "version"}) {
    INFO(field);
    CHECK(id_of(commit_object().set(field, true)) == "commit.field");
  }
  CHECK(id_of(commit_object().set("extra", 1)) == "commit.field");
}

TEST_CASE("repo: a commit with a wrong DID, rev or tree link is refused", "[repo]") {
  CHECK(id_of(commit_object().set("did", "alice.example.com")) == "commit.did");
  CHECK(id_of(commit_object().set("rev", "yesterday")) == "commit.rev");
  CHECK(id_of(commit_object().set("data", some_cid(ipld::Codec::raw))) == "commit.data");
  const auto commit = repo::decode_commit(encoded(commit_object().set("rev", "")), {});
  REQUIRE_FALSE(commit);
  CHECK(commit.error().kind == ErrorKind::corrupt);
}

TEST_CASE("repo: a commit of another version is unsupported, whatever its fields", "[repo]") {
  for (const int version : {0, 1, 4, 1000}) {
    const auto commit =
        repo::decode_commit(encoded(commit_object().set("version", version).set("new", 1)), {});
    REQUIRE_FALSE(commit);
    CHECK(commit.error().id == "commit.version");
    CHECK(commit.error().kind == ErrorKind::unsupported);
  }
}

TEST_CASE("repo: bytes that are no commit are refused, with the cbor error as context", "[repo]") {
  CHECK(id_of(Bytes{}) == "commit.malformed");
  CHECK(id_of(as_bytes("<html>")) == "commit.malformed");
  CHECK(id_of(Bytes{0x80}) == "commit.malformed");
  Bytes block = encoded(commit_object());
  for (std::size_t length = 0; length < block.size(); ++length) {
    CHECK(id_of(ByteView(block).first(length)) == "commit.malformed");
  }
  block.push_back(0);
  const auto commit = repo::decode_commit(block, {});
  REQUIRE_FALSE(commit);
  CHECK(commit.error().id == "commit.malformed");
  CHECK(commit.error().kind == ErrorKind::corrupt);
  CHECK(commit.error().context == std::vector<std::string>{"cbor.trailing"});
}

TEST_CASE("repo: a commit whose fields are not in canonical order is refused", "[repo]") {
  const Bytes block = encoded(commit_object());
  std::string text(as_text(block));
  const std::string did =
      "\x63"
      "did\x78\x20"
      "did:plc:ewvi7nxzyoun6zhxrhs64oiz";
  REQUIRE(text.find(did) == 1);
  text = text[0] + text.substr(1 + did.size()) + did;
  CHECK(id_of(as_bytes(text)) == "commit.malformed");
}

TEST_CASE("repo: a commit at the limit of a block is read, one byte more is refused", "[repo]") {
  const Bytes block = encoded(commit_object());
  Limits limits;
  limits.block_bytes = block.size();
  CHECK(id_of(block, limits) == "none");
  --limits.block_bytes;
  CHECK(id_of(block, limits) == "commit.malformed");
}

TEST_CASE("repo: a signature holds under its key and under no other", "[repo]") {
  for (const auto curve : {crypto::Curve::k256, crypto::Curve::p256}) {
    const auto key = test::test_key(curve);
    const auto commit = signed_commit(key);
    CHECK(commit.signature.size() == 64);
    CHECK(repo::check_signature(commit, key.public_key()));
    for (const auto other_curve : {crypto::Curve::k256, crypto::Curve::p256}) {
      const auto other = repo::check_signature(commit, test::test_key(other_curve, 2).public_key());
      REQUIRE_FALSE(other);
      CHECK(other.error().kind == ErrorKind::untrusted);
    }
  }
}

TEST_CASE("repo: a signature does not survive any change to the commit", "[repo]") {
  const auto key = test::test_key(crypto::Curve::k256);
  const auto good = signed_commit(key);
  const auto holds = [&](const repo::Commit& commit) {
    return repo::check_signature(commit, key.public_key()).has_value();
  };
  REQUIRE(holds(good));
  repo::Commit bad = good;
  bad.data = ipld::Cid::of(ipld::Codec::dag_cbor, as_bytes("another tree"));
  CHECK_FALSE(holds(bad));
  bad = good;
  bad.did = *syntax::Did::parse("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa");
  CHECK_FALSE(holds(bad));
  bad = good;
  bad.rev = syntax::Tid::from(1, 1);
  CHECK_FALSE(holds(bad));
  bad = good;
  bad.prev = some_cid();
  CHECK_FALSE(holds(bad));
  bad = good;
  bad.has_prev_field = false;
  CHECK_FALSE(holds(bad));
  bad = good;
  bad.version = 2;
  CHECK_FALSE(holds(bad));
  bad = good;
  bad.signature[5] ^= 1U;
  CHECK_FALSE(holds(bad));
  bad = good;
  bad.signature.assign(64, 0);
  CHECK_FALSE(holds(bad));
  bad.signature.clear();
  CHECK_FALSE(holds(bad));
}

}  // namespace
}  // namespace atb
