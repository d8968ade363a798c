#include "core/base/secret.h"

#include "tests/support/catch.h"

#include <fmt/format.h>

#include <cstring>
#include <ostream>
#include <type_traits>

using namespace atb;

// A secret cannot be copied, printed, logged or compared by mistake: such code does not compile.
template <class T>
concept Streamable = requires(std::ostream& out, const T& value) { out << value; };
template <class T>
concept Comparable = requires(const T& value) { value == value; };

static_assert(!std::is_copy_constructible_v<Secret>);
static_assert(!std::is_copy_assignable_v<Secret>);
static_assert(std::is_nothrow_move_constructible_v<Secret>);
static_assert(std::is_nothrow_move_assignable_v<Secret>);
static_assert(!std::is_convertible_v<std::string, Secret>);
static_assert(!std::is_convertible_v<Secret, std::string>);
static_assert(!std::is_convertible_v<Secret, std::string_view>);
static_assert(!fmt::is_formattable<Secret>::value);
static_assert(!Streamable<Secret>);
static_assert(!Comparable<Secret>);

TEST_CASE("secret: is handed over by move and leaves nothing behind", "[secret]") {
  for (const std::string_view text :
       {"short", "a long secret that does not fit into the string object itself"}) {
    Secret first = Secret::copy_of(text);
    Secret second = std::move(first);
    CHECK(first.empty());  // NOLINT(bugprone-use-after-move): that is the question
    CHECK(second.reveal() == text);
    Secret third = Secret::copy_of("what was here before");
    third = std::move(second);
    CHECK(second.empty());  // NOLINT(bugprone-use-after-move)
    CHECK(third.reveal() == text);
    CHECK(third.clone().reveal() == text);
    third.clear();
    CHECK(third.empty());
  }
}

TEST_CASE("secret: a short secret is wiped from the object it was moved out of", "[secret]") {
  alignas(Secret) unsigned char memory[sizeof(Secret)];
  auto* secret = new (memory) Secret(std::string("hunter2-hunter"));
  const Secret moved = std::move(*secret);
  secret->~Secret();
  CHECK(std::string_view(reinterpret_cast<const char*>(memory), sizeof memory).find("hunter") ==
        std::string_view::npos);
  CHECK(moved.reveal() == "hunter2-hunter");
}

TEST_CASE("secret: a wiped text has nothing left in its memory", "[secret]") {
  std::string text = "a long secret that does not fit into the string object itself";
  const char* memory = text.data();
  const std::size_t size = text.size();
  wipe(text);
  CHECK(text.empty());
  REQUIRE(text.data() == memory);
  CHECK(std::string(memory, size) == std::string(size, '\0'));
  wipe(nullptr, 0);
}
