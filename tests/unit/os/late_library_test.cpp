#include "core/os/late_library.h"

#include "tests/support/catch.h"

using atb::os::LateLibrary;

TEST_CASE("late library: a function of it can be called", "[os]") {
  const auto library = LateLibrary::load("libm.so.6");
  REQUIRE(library);
  double (*cosine)(double) = nullptr;
  REQUIRE(library->find("cos", cosine));
  REQUIRE(cosine != nullptr);
  CHECK(cosine(0.0) == 1.0);
}

TEST_CASE("late library: one that is not there, or has no such function, is told", "[os]") {
  const auto missing = LateLibrary::load("libatbackup-of-nobody.so.9");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().id == "library.missing");
  CHECK(missing.error().message.find("libatbackup-of-nobody.so.9") != std::string::npos);

  const auto library = LateLibrary::load("libm.so.6");
  REQUIRE(library);
  double (*none)(double) = nullptr;
  const atb::Status found = library->find("cosine_of_nobody", none);
  REQUIRE_FALSE(found);
  CHECK(found.error().id == "library.function");
  CHECK(none == nullptr);
}
