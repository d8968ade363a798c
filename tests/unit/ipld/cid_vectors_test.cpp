#include "core/ipld/cid.h"
#include "tests/support/catch.h"
#include "tests/support/vectors.h"

using atb::ipld::Cid;

TEST_CASE("cid vectors: valid CIDs are taken, or told to be of another kind", "[cid][vectors]") {
  const auto folder = atb::test::vectors("interop/syntax");
  if (!folder) return;
  std::size_t count = 0;
  for (const auto& line : atb::test::read_vector_lines(*folder / "cid_syntax_valid.txt")) {
    CAPTURE(line);
    ++count;
    const auto cid = Cid::parse(line);
    if (cid) {
      CHECK(cid->str() == line);
    } else {
      CHECK(cid.error().id == "cid.unsupported");
    }
  }
  CHECK(count > 0);
}

TEST_CASE("cid vectors: invalid CIDs are refused", "[cid][vectors]") {
  const auto folder = atb::test::vectors("interop/syntax");
  if (!folder) return;
  std::size_t count = 0;
  for (const auto& line : atb::test::read_vector_lines(*folder / "cid_syntax_invalid.txt")) {
    CAPTURE(line);
    ++count;
    const auto cid = Cid::parse(line);
    REQUIRE_FALSE(cid);
    // Version 0 has a name of its own; all others are no CID.
    CHECK(cid.error().id == (line.starts_with("Qm") ? "cid.unsupported" : "cid.syntax"));
  }
  CHECK(count > 0);
}
