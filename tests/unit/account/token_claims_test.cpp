#include "tests/unit/account/logins.h"

using namespace atb;
using namespace atb::test;
using account::Scope;

TEST_CASE("account: the scope of a token tells which password it came from", "[account]") {
  struct Case {
    const char* scope;
    Scope expected;
  };
  const auto each = GENERATE(values<Case>({{"com.atproto.access", Scope::full},
                                           {"com.atproto.appPass", Scope::app_password},
                                           {"com.atproto.appPassPrivileged", Scope::app_password},
                                           {"com.atproto.takendown", Scope::takendown},
                                           {"com.atproto.refresh", Scope::unknown},
                                           {"", Scope::unknown}}));
  CHECK(account::scope_of(Secret(jwt(fmt::format(R"({{"scope":"{}"}})", each.scope)))) == each.expected);
}

TEST_CASE("account: the end of a token is read where it is readable", "[account]") {
  CHECK(account::expiry_of(Secret(jwt(R"({"exp":1767323045})"))) == 1'767'323'045);
  CHECK(account::expiry_of(Secret(jwt(R"({"exp":1767323045,"x":1.5})"))) == 1'767'323'045);
  for (const std::string& text :
       {std::string(), std::string("opaque"), std::string("a.b.c"), std::string("a.b"), std::string("....."),
        jwt("{}"), jwt("[]"), jwt("nonsense"), jwt(R"({"exp":"soon"})"), jwt(R"({"exp":-5})"),
        jwt(R"({"exp":1.5})")}) {
    CHECK_FALSE(account::expiry_of(Secret::copy_of(text)));
    CHECK(account::scope_of(Secret::copy_of(text)) == Scope::unknown);
  }
}
