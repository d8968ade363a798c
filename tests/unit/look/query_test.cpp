#include "core/look/query.h"

#include "tests/support/catch.h"
#include "tests/support/error_id.h"

using namespace atb;
using look::parse_query;
using look::parse_record_query;
using test::error_id;

namespace {

constexpr const char* kDid = "did:plc:ewvi7nxzyoun6zhxrhs64oiz";

syntax::Did did(std::string_view text = kDid) { return syntax::Did::parse(text).value(); }

}  // namespace

TEST_CASE("query: a collection, an AT-URI of any length, or nothing", "[look]") {
  CHECK(parse_query("")->matches("anything at all"));
  const auto posts = parse_query("app.bsky.feed.post").value();
  CHECK(posts.matches("app.bsky.feed.post/3k"));
  CHECK_FALSE(posts.matches("app.bsky.feed.postgate/3k"));
  CHECK_FALSE(posts.matches("app.bsky.feed.like/3k"));
  CHECK(posts.matches("app.bsky.feed.post"));  // a path without a key, from a broken tree
  const auto one = parse_query("at://alice.test/app.bsky.feed.post/3k").value();
  CHECK(one.matches("app.bsky.feed.post/3k"));
  CHECK_FALSE(one.matches("app.bsky.feed.post/3kz"));
  CHECK_FALSE(one.matches("app.bsky.feed.post"));
  CHECK(parse_query("at://alice.test")->matches("a/b"));
  CHECK(error_id(parse_query("no collection")) == "nsid.syntax");
  CHECK(error_id(parse_query("at://alice.test/x y")) == "at_uri.syntax");
}

TEST_CASE("query: a record needs its key", "[look]") {
  CHECK(parse_record_query("at://alice.test/app.bsky.feed.post/3k")->record_key == "3k");
  CHECK(error_id(parse_record_query("at://alice.test/app.bsky.feed.post")) == "look.no_record_key");
  CHECK(error_id(parse_record_query("app.bsky.feed.post/3k")) == "at_uri.syntax");
}

TEST_CASE("query: the account is held against the backup's, by DID or by the handle it names", "[look]") {
  CHECK(parse_query("app.bsky.feed.post")->check_account(did(), ""));
  CHECK(parse_query(std::string("at://") + kDid)->check_account(did(), ""));
  CHECK(parse_query("at://Alice.test")->check_account(did(), "alice.test"));
  const auto other = parse_query("at://bob.test")->check_account(did(), "alice.test");
  CHECK(error_id(other) == "look.other_account");
  CHECK(other.error().kind == ErrorKind::not_found);
  CHECK(error_id(parse_query("at://alice.test")->check_account(did(), "")) == "look.other_account");
  CHECK(error_id(parse_query("at://did:web:alice.test")->check_account(did(), "alice.test")) ==
        "look.other_account");
}
