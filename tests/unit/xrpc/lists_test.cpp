#include "core/xrpc/cursor_guard.h"
#include "core/xrpc/endpoints.h"
#include "tests/unit/xrpc/fake_host.h"

#include <fmt/format.h>

#include <algorithm>

using namespace atb;
using namespace atb::test;

namespace {

std::string raw_cid(int number) {
  return ipld::Cid::of(ipld::Codec::raw, as_bytes(fmt::format("blob {}", number))).str();
}

std::string cursor_of(const SentRequest& request) {
  const std::size_t at = request.url.find("cursor=");
  return at == std::string::npos ? std::string() : request.url.substr(at + 7);
}

// Pages of one blob each: 0, 1, …, last; after `last` the cursor goes back to `back_to` (or ends, for -1).
ScriptedHttp::Handler pages(int last, int back_to) {
  return [last, back_to](const SentRequest& request) -> Result<Answer> {
    const std::string cursor = cursor_of(request);
    const int page = cursor.empty() ? 0 : std::stoi(cursor);
    const int next = page < last ? page + 1 : back_to;
    std::string body = fmt::format(R"({{"cids":["{}"])", raw_cid(page));
    if (next >= 0) body += fmt::format(R"(,"cursor":"{}")", next);
    return Answer{.body = body + "}"};
  };
}

}  // namespace

TEST_CASE("xrpc: blobs are listed over all pages, sorted, each once", "[xrpc]") {
  FakeHost host(pages(6, -1));
  const auto blobs = xrpc::list_blobs(host.client, did_of(), {});
  REQUIRE(blobs);
  CHECK(blobs->size() == 7);
  CHECK(std::ranges::is_sorted(*blobs));
  CHECK(host.http.requests().size() == 7);
  CHECK(host.http.lines()[0].ends_with("listBlobs?did=did%3Aplc%3Aewvi7nxzyoun6zhxrhs64oiz&limit=500"));

  FakeHost twice([](const SentRequest& request) -> Result<Answer> {
    const std::string next = cursor_of(request).empty() ? R"(,"cursor":"x")" : "";
    return Answer{.body = fmt::format(R"({{"cids":["{0}","{0}"]{1}}})", raw_cid(1), next)};
  });
  CHECK(xrpc::list_blobs(twice.client, did_of(), {})->size() == 1);
}

TEST_CASE("xrpc: an account without blobs has an empty list", "[xrpc]") {
  FakeHost host(R"({"cids":[]})");
  CHECK(xrpc::list_blobs(host.client, did_of(), {})->empty());
}

TEST_CASE("xrpc: a cursor that comes back ends the list with an error", "[xrpc]") {
  const int last = GENERATE(0, 1, 2, 7, 30);
  const int back_to = GENERATE(0, 1, 2, 7, 30);
  if (back_to > last) return;
  FakeHost host(pages(last, back_to));
  const Error error = error_from(xrpc::list_blobs(host.client, did_of(), {}));
  CHECK(error.id == "xrpc.cursor_loop");
  CHECK(error.kind == ErrorKind::remote);
  CHECK(host.http.requests().size() <= static_cast<std::size_t>(4 * (last + 2)));
}

TEST_CASE("xrpc: a list without end is ended at the limit of pages", "[xrpc]") {
  FakeHost fits(pages(3, -1), nullptr, Limits{.list_pages = 4});
  const auto all = xrpc::list_blobs(fits.client, did_of(), {});
  REQUIRE(all);
  CHECK(all->size() == 4);
  FakeHost host(pages(4, -1), nullptr, Limits{.list_pages = 4});
  const Error error = error_from(xrpc::list_blobs(host.client, did_of(), {}));
  CHECK(error.id == "xrpc.list_too_long");
  CHECK(error.kind == ErrorKind::limit_exceeded);
}

TEST_CASE("xrpc: a list of blobs that holds something else is the host's fault", "[xrpc]") {
  const std::string body = GENERATE(R"({})", R"({"cids":["x"]})", R"({"cids":[7]})", R"({"cids":"x"})",
                                    R"({"cids":[],"cursor":7})", R"([])");
  FakeHost host(body);
  CHECK(error_from(xrpc::list_blobs(host.client, did_of(), {})).id == "xrpc.answer");
}

TEST_CASE("xrpc: missing blobs come page by page", "[xrpc]") {
  FakeHost host([](const SentRequest& request) -> Result<Answer> {
    const std::string next = cursor_of(request).empty() ? R"(,"cursor":"two")" : "";
    return Answer{
        .body = fmt::format(R"({{"blobs":[{{"cid":"{}","recordUri":"at://x/y/z"}}]{}}})", raw_cid(1), next)};
  });
  std::string cursor;
  auto page = xrpc::list_missing_blobs(host.client, 9999, cursor, {});
  REQUIRE(page);
  REQUIRE(page->size() == 1);
  CHECK(page->front().cid.str() == raw_cid(1));
  CHECK(page->front().record_uri == "at://x/y/z");
  CHECK(cursor == "two");
  REQUIRE(xrpc::list_missing_blobs(host.client, 1, cursor, {}));
  CHECK(cursor.empty());
  CHECK(host.http.lines()[0].ends_with("listMissingBlobs?limit=500"));
  CHECK(host.http.lines()[1].ends_with("listMissingBlobs?limit=1&cursor=two"));
}

TEST_CASE("xrpc: missing blobs under the same cursor again are an error", "[xrpc]") {
  FakeHost host(R"({"blobs":[],"cursor":"same"})");
  std::string cursor = "same";
  CHECK(error_from(xrpc::list_missing_blobs(host.client, 10, cursor, {})).id == "xrpc.cursor_loop");
}

TEST_CASE("xrpc: missing blobs without their fields are named", "[xrpc]") {
  FakeHost host(R"({"blobs":[{"cid":"x"}]})");
  std::string cursor;
  const Error error = error_from(xrpc::list_missing_blobs(host.client, 10, cursor, {}));
  CHECK(error.id == "xrpc.answer");
  CHECK(error.message.find("'blobs[].cid'") != std::string::npos);
}

TEST_CASE("xrpc: a long walk without repetition is no loop", "[xrpc]") {
  xrpc::CursorGuard guard;
  for (int i = 0; i < 10'000; ++i) REQUIRE(guard.advance(fmt::format("{}", i)));
  CHECK(guard.pages() == 10'000);
}
