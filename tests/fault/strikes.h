// Strikes a scenario at its first outside call, at its second, at its third, and so on until a run passes
// without having been struck. Whatever the blow: going on must lead to the same end.
#pragma once

#include "tests/support/move/move_bench.h"

#include <functional>
#include <string>

namespace atb::test {

struct Scenario {
  std::function<void(MoveBench&)> prepare;  // may be empty
  // What is wrong right after the blow; empty when nothing is.
  std::function<std::string(MoveBench&)> underway;
  // … and when all is done, beside MoveBench::complaints(). May be empty.
  std::function<std::string(MoveBench&, const migrate::Outcome&)> at_the_end;
  bool aftercare = false;  // what could not be done after the move is tried again, before the end is judged
  FakeNetwork::Method method = FakeNetwork::Method::plc;
};

std::string words_of(const Result<migrate::Outcome>& result);
// Goes on until it is done. Empty, or why not.
std::string go_on(MoveBench& bench, MoveBench::Run& run);
void check_everywhere(const Scenario& scenario, Seam seam, Blow blow, bool patient, std::size_t at_least);
// Requests that do not arrive, whose reply is lost, after which it is killed.
void check_requests(const Scenario& scenario, std::size_t at_least);

}  // namespace atb::test
