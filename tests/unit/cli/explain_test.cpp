#include "cli/explain/explain.h"

#include "tests/support/catch.h"
#include "tests/unit/cli/cli_bench.h"

#include <set>

using namespace atb;
using namespace atb::test;

TEST_CASE("explain: the paragraph of an id, on paper and as JSON", "[cli]") {
  CliBench bench;
  const auto words = bench.run({"explain", "mst.missing_record"});
  CHECK(words.exit == 0);
  CHECK(words.out.find("one record is lost") != std::string::npos);
  CHECK(words.out.find('#') == std::string::npos);
  const auto json = bench.run({"--json", "explain", "mst.missing_record"});
  REQUIRE(json.of_type("explanation").size() == 1);
  CHECK(data::text_or(json.of_type("explanation")[0], "text", "") == cli::explain("mst.missing_record"));
  CHECK(json.last("type") == "summary");
}

TEST_CASE("explain: an id that is not known is a wrong argument, and the nearest are named", "[cli]") {
  CliBench bench;
  const auto unknown = bench.run({"--json", "explain", "mst.mising_node"});
  CHECK(unknown.exit == 2);
  CHECK(unknown.last("id") == "explain.unknown_id");
  CHECK(unknown.last("hint").find("did you mean mst.missing_node") == 0);
  CHECK(bench.run({"--json", "explain", "missing_node"}).last("hint").find("mst.missing_node") !=
        std::string::npos);
  CHECK(bench.run({"--json", "explain", "qqqqqqqqqqqqqqqqqqqqqqqq"}).last("hint") ==
        "--json shows the ids, and so does -v");
  CHECK(bench.run({"explain", std::string(100'000, 'x')}).exit == 2);
}

TEST_CASE("explain: every id has words, and one place", "[cli]") {
  std::set<std::string_view> seen;
  for (const std::string_view id : cli::explained_ids()) {
    INFO(id);
    CHECK(seen.insert(id).second);
    CHECK(cli::explain(id).value_or("").size() > 20);
  }
  CHECK(seen.size() > 300);
  CHECK(cli::explain("xrpc.http_502") == cli::explain("xrpc.http_NNN"));
  CHECK_FALSE(cli::explain("xrpc.http_").has_value());
  CHECK_FALSE(cli::explain("").has_value());
}
