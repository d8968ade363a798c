#include "tests/support/vectors.h"

#include "core/syntax/at_uri.h"
#include "core/syntax/datetime.h"
#include "core/syntax/tid.h"
#include "tests/support/catch.h"

using namespace atb;
using namespace atb::syntax;

namespace {

// Runs a list; each case that is judged wrongly is named with its line.
template <class Parse>
void run(const std::string& name, bool valid, Parse parse) {
  const auto folder = test::vectors("interop/syntax");
  if (!folder) return;
  for (const auto& [where, text] : test::numbered_vector_lines(*folder / name)) {
    CAPTURE(where, text);
    CHECK(parse(text).has_value() == valid);
  }
}

template <class T>
void run_both(const std::string& name) {
  run(name + "_syntax_valid.txt", true, T::parse);
  run(name + "_syntax_invalid.txt", false, T::parse);
}

}  // namespace

TEST_CASE("syntax: the public lists of DIDs", "[vectors]") { run_both<Did>("did"); }
TEST_CASE("syntax: the public lists of handles", "[vectors]") { run_both<Handle>("handle"); }
TEST_CASE("syntax: the public lists of handles and DIDs", "[vectors]") {
  run_both<AtIdentifier>("atidentifier");
}
TEST_CASE("syntax: the public lists of NSIDs", "[vectors]") { run_both<Nsid>("nsid"); }
TEST_CASE("syntax: the public lists of record keys", "[vectors]") { run_both<RecordKey>("recordkey"); }
TEST_CASE("syntax: the public lists of TIDs", "[vectors]") { run_both<Tid>("tid"); }
TEST_CASE("syntax: the public lists of AT-URIs", "[vectors]") { run_both<AtUri>("aturi"); }

TEST_CASE("syntax: the public lists of datetimes", "[vectors]") {
  run_both<Datetime>("datetime");
  run("datetime_parse_invalid.txt", false, [](const std::string& text) {
    auto result = Datetime::parse(text);
    if (!result) CHECK(result.error().id == "datetime.value");
    return result;
  });
}

TEST_CASE("syntax: what the public lists hold as valid is kept as it was", "[vectors]") {
  const auto folder = test::vectors("interop/syntax");
  if (!folder) return;
  for (const auto& text : test::read_vector_lines(*folder / "did_syntax_valid.txt")) {
    CHECK(Did::parse(text).value().str() == text);
  }
  for (const auto& text : test::read_vector_lines(*folder / "nsid_syntax_valid.txt")) {
    CHECK(Nsid::parse(text).value().str() == text);
  }
  for (const auto& text : test::read_vector_lines(*folder / "tid_syntax_valid.txt")) {
    CHECK(Tid::parse(text).value().str() == text);
  }
  for (const auto& text : test::read_vector_lines(*folder / "aturi_syntax_valid.txt")) {
    CHECK(AtUri::parse(text).value().str() == text);
  }
}
