#include "core/syntax/at_uri.h"
#include "core/syntax/repo_path.h"
#include "tests/support/catch.h"

#include <unordered_set>

using namespace atb;
using namespace atb::syntax;

namespace {

std::string times(std::size_t count, char c) { return std::string(count, c); }

template <class T>
std::string id_of(const Result<T>& result) {
  return result ? "" : result.error().id;
}

// A domain name of exactly `size` characters: labels of 49, then what is left.
std::string domain(std::size_t size) {
  std::string text;
  while (text.size() + 51 < size) text += times(49, 'a') + ".";
  return text + times(size - text.size(), 'b');
}

}  // namespace

TEST_CASE("did: 2048 characters and no more, any method, nothing around it", "[syntax]") {
  const std::string prefix = "did:plc:";
  CHECK(Did::parse(prefix + times(2048 - prefix.size(), 'a')));
  CHECK(id_of(Did::parse(prefix + times(2049 - prefix.size(), 'a'))) == "did.syntax");
  for (const auto* text : {"", "did", "did:", "did:plc", "did:plc:", "did::abc", "did:PLC:abc", "did:p1c:abc",
                           "DID:plc:abc", " did:plc:abc", "did:plc:abc ", "did:plc:abc\n", "did:plc:a/b",
                           "did:plc:a#b", "did:plc:a:", "did:plc:a%", "did:plc:\xc3\xa4"}) {
    CAPTURE(text);
    CHECK(id_of(Did::parse(text)) == "did.syntax");
  }
  CHECK(id_of(Did::parse(std::string_view("did:plc:a\0b", 11))) == "did.syntax");
  CHECK(Did::parse("\x1b[2J").error().message.find('\x1b') == std::string::npos);
}

TEST_CASE("did: tells its method, compares and hashes by its text", "[syntax]") {
  const Did plc = Did::parse("did:plc:abc").value();
  const Did web = Did::parse("did:web:example.com").value();
  CHECK(plc.is_plc());
  CHECK_FALSE(plc.is_web());
  CHECK(web.is_web());
  CHECK(Did::parse("did:key:z1:2").value().method() == "key");
  CHECK(plc < web);
  CHECK(plc != Did::parse("did:plc:ABC").value());
  CHECK(std::unordered_set<Did>{plc, web, plc}.size() == 2);
}

TEST_CASE("handle: lower-cased, labels of 63 and 253 in all, and no more", "[syntax]") {
  CHECK(Handle::parse("Alice.Example.COM").value().str() == "alice.example.com");
  CHECK(Handle::parse(domain(253)));
  CHECK(domain(254).size() == 254);
  CHECK(id_of(Handle::parse(domain(254))) == "handle.syntax");
  CHECK(Handle::parse(times(63, 'a') + ".test"));
  CHECK(id_of(Handle::parse(times(64, 'a') + ".test")) == "handle.syntax");
  CHECK(Handle::parse("a." + times(63, 'a')));
  CHECK(id_of(Handle::parse("a." + times(64, 'a'))) == "handle.syntax");
  for (const auto* text :
       {"", ".", "a", "a.", ".a", "a..b", "@a.b", "a.1", "a.-b", "a-.b", "a_b.c", "a.b\n", "\u202ea.b"}) {
    CAPTURE(text);
    CHECK(id_of(Handle::parse(text)) == "handle.syntax");
  }
}

TEST_CASE("handle: names that never resolve are known, test networks are left alone", "[syntax]") {
  for (const auto* text : {"handle.invalid", "a.LOCAL", "b.localhost", "a.onion", "a.example", "a.arpa",
                           "a.alt", "a.internal"}) {
    CAPTURE(text);
    CHECK(Handle::parse(text).value().has_reserved_top_level());
  }
  for (const auto* text : {"a.test", "invalid.com", "a.xlocal", "example.com"}) {
    CAPTURE(text);
    CHECK_FALSE(Handle::parse(text).value().has_reserved_top_level());
  }
}

TEST_CASE("handle: belongs to a host's domain only below a dot", "[syntax]") {
  const Handle alice = Handle::parse("alice.host.example").value();
  CHECK(alice.is_under(".host.example"));
  CHECK(alice.is_under("host.example"));
  CHECK(alice.is_under(".HOST.example"));
  CHECK(alice.is_under(".example"));
  CHECK_FALSE(alice.is_under("alice.host.example"));
  CHECK_FALSE(alice.is_under("ost.example"));
  CHECK_FALSE(alice.is_under("other.example"));
  CHECK_FALSE(alice.is_under(""));
  CHECK_FALSE(alice.is_under("."));
  CHECK_FALSE(Handle::parse("evilhost.example").value().is_under(".host.example"));
}

TEST_CASE("nsid: 317 characters in all, parts of 63, and no more", "[syntax]") {
  CHECK(Nsid::parse(domain(253) + "." + times(63, 'n')));
  CHECK(id_of(Nsid::parse(domain(253) + "." + times(64, 'n'))) == "nsid.syntax");
  CHECK(id_of(Nsid::parse(domain(254) + "." + times(63, 'n'))) == "nsid.syntax");
  CHECK(Nsid::parse("com." + times(63, 'a') + ".n"));
  CHECK(id_of(Nsid::parse("com." + times(64, 'a') + ".n")) == "nsid.syntax");
  for (const auto* text :
       {"", "a", "a.b", "a.b.", ".b.c", "a..c", "a.b.c-d", "a.b.1", "1.b.c", "a.b.c/d", "a.b.c d"}) {
    CAPTURE(text);
    CHECK(id_of(Nsid::parse(text)) == "nsid.syntax");
  }
}

TEST_CASE("nsid: normal means a lower-case authority; the name keeps its case", "[syntax]") {
  CHECK(Nsid::parse("app.bsky.feed.threadGate").value().is_normal());
  CHECK_FALSE(Nsid::parse("app.Bsky.feed.post").value().is_normal());
}

TEST_CASE("record key: 1 to 512 characters, and never a step in a folder", "[syntax]") {
  CHECK(RecordKey::parse("a"));
  CHECK(RecordKey::parse(times(512, 'a')));
  CHECK(id_of(RecordKey::parse(times(513, 'a'))) == "record_key.syntax");
  CHECK(RecordKey::parse("..."));
  for (const auto* text : {"", ".", "..", "a/b", "a b", "a%20", "a\n", "\xc3\xa4", "a+b", "a@b"}) {
    CAPTURE(text);
    CHECK(id_of(RecordKey::parse(text)) == "record_key.syntax");
  }
}

TEST_CASE("path: a collection and a key, with one slash between", "[syntax]") {
  const RepoPath path = RepoPath::parse("app.bsky.feed.post/self").value();
  CHECK(path.collection.str() == "app.bsky.feed.post");
  CHECK(path.record_key.str() == "self");
  CHECK(path.str() == "app.bsky.feed.post/self");
  for (const auto* text : {"", "app.bsky.feed.post", "a.b.c/d/e", "a.b.c//d"}) {
    CAPTURE(text);
    CHECK(id_of(RepoPath::parse(text)) == "path.syntax");
  }
  CHECK(id_of(RepoPath::parse("/self")) == "nsid.syntax");
  CHECK(id_of(RepoPath::parse("a.b/self")) == "nsid.syntax");
  CHECK(id_of(RepoPath::parse("a.b.c/")) == "record_key.syntax");
  CHECK(id_of(RepoPath::parse("a.b.c/..")) == "record_key.syntax");
}

TEST_CASE("at-uri: one, two or three parts", "[syntax]") {
  const AtUri whole = AtUri::parse("at://Alice.example.com/a.b.c/self").value();
  CHECK(whole.authority.handle()->str() == "alice.example.com");
  CHECK(whole.collection->str() == "a.b.c");
  CHECK(whole.record_key->str() == "self");
  CHECK(whole.str() == "at://alice.example.com/a.b.c/self");
  CHECK(AtUri::parse("at://did:plc:abc").value().authority.did()->str() == "did:plc:abc");
  for (const auto* text : {"", "at://", "at://a.b/", "at://a.b/c", "at://a.b/a.b.c/", "at://a.b/a.b.c/d/e",
                           "at://a.b#c", "at://a.b?c", "AT://a.b", "https://a.b"}) {
    CAPTURE(text);
    CHECK(id_of(AtUri::parse(text)) == "at_uri.syntax");
  }
  CHECK(id_of(AtUri::parse("at://a.b/a.b.c/" + times(9000, 'a'))) == "at_uri.syntax");
}

TEST_CASE("account: what people type names one account or none", "[syntax]") {
  CHECK(parse_account("alice.example.com").value().str() == "alice.example.com");
  CHECK(parse_account(" @Alice.example.com\n").value().str() == "alice.example.com");
  CHECK(parse_account("did:plc:abc").value().did()->str() == "did:plc:abc");
  CHECK(parse_account("at://did:plc:abc/a.b.c/self").value().str() == "did:plc:abc");
  CHECK(parse_account("at://alice.example.com").value().handle()->str() == "alice.example.com");
  for (const auto* text :
       {"", "@", "alice", "@@a.b", "@did:plc:abc", "at://@a.b", "at://", "a@b.c", "https://a.b", "did:plc"}) {
    CAPTURE(text);
    CHECK(id_of(parse_account(text)) == "account.syntax");
  }
  // Copied from a page that marks the direction of handles: shown, so that it can be seen.
  CHECK(parse_account("\u202aa.b\u202c").error().message.find("\\u202a") != std::string::npos);
}
