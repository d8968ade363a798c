#include "core/base/report.h"

#include "core/base/log.h"
#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/base/stop.h"
#include "tests/support/catch.h"

#include <set>

using namespace atb;

namespace {

Finding finding(std::string id, Severity severity = Severity::info) {
  return {std::move(id), severity, "here", "why"};
}

Result<int> half(int number) {
  if (number % 2 != 0) return fail(ErrorKind::invalid_input, "test.odd", "odd", "take another");
  return number / 2;
}

Result<int> quarter(int number) {
  const int first = TRY_CONTEXT("while halving", half(number));
  return TRY(half(first));
}

}  // namespace

TEST_CASE("report: keeps a hundred findings of an id, counts all, and forgets no severity", "[report]") {
  Report report;
  for (int i = 0; i < 150; ++i) report.add(finding("block.hash", Severity::damage));
  report.add(finding("record.float"));
  CHECK(report.findings().size() == 101);
  CHECK(report.count("block.hash") == 150);
  CHECK(report.count("record.float") == 1);
  CHECK(report.count("other") == 0);
  CHECK(report.has(Severity::damage));
  CHECK(report.has(Severity::info));
  CHECK_FALSE(report.has(Severity::forged));

  Report none(0);
  none.add(finding("x", Severity::forged));
  CHECK(none.findings().empty());
  CHECK(none.has(Severity::forged));
}

TEST_CASE("report: merging adds counts, keeps the bound and brings the checks along", "[report]") {
  Report a(3);
  Report b(100);
  for (int i = 0; i < 2; ++i) a.add(finding("x"));
  for (int i = 0; i < 10; ++i) b.add(finding("x", Severity::warning));
  b.add(finding("y", Severity::alarm));
  b.add_check("signature", Outcome::passed, "by the key of the document");
  a.merge(b);
  CHECK(a.count("x") == 12);
  CHECK(a.count("y") == 1);
  CHECK(a.findings().size() == 4);
  CHECK(a.has(Severity::warning));
  CHECK(a.has(Severity::alarm));
  REQUIRE(a.check("signature"));
  a.merge(a);
  CHECK(a.count("x") == 12);
}

TEST_CASE("report: of several checks of one name the worst counts", "[report]") {
  Report report;
  CHECK(report.check("signature") == nullptr);
  report.add_check("signature", Outcome::passed, "1");
  CHECK(report.check("signature")->outcome == Outcome::passed);
  report.add_check("signature", Outcome::not_checked, "2");
  CHECK(report.check("signature")->detail == "2");
  report.add_check("signature", Outcome::failed, "3");
  report.add_check("signature", Outcome::passed, "4");
  CHECK(report.check("signature")->detail == "3");
  CHECK(report.checks().size() == 4);
}

TEST_CASE("report: severities, outcomes and error kinds have names of their own", "[report]") {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(Severity::forged); ++i)
    names.insert(name_of(static_cast<Severity>(i)));
  CHECK(names.size() == 6);
  CHECK(name_of(Outcome::not_checked) == "not_checked");
  CHECK(name_of(Outcome::passed) == "passed");
  CHECK(name_of(Outcome::failed) == "failed");
  names.clear();
  for (int i = 0; i <= static_cast<int>(ErrorKind::internal); ++i)
    names.insert(name_of(static_cast<ErrorKind>(i)));
  CHECK(names.size() == static_cast<std::size_t>(ErrorKind::internal) + 1);
  CHECK(name_of(ErrorKind::rate_limited) == "rate_limited");
}

TEST_CASE("result: TRY hands the error up, with the context added on the way", "[result]") {
  CHECK(quarter(12).value() == 3);
  const auto outer = quarter(3);
  REQUIRE_FALSE(outer);
  CHECK(outer.error().id == "test.odd");
  CHECK(outer.error().hint == "take another");
  CHECK(outer.error().context == std::vector<std::string>{"while halving"});
  CHECK(quarter(6).error().context.empty());
  CHECK(Error(ErrorKind::corrupt, "x", "y").at(7).at(8).offset == 7U);
}

TEST_CASE("stop: a request to stop becomes an error", "[result]") {
  std::stop_source source;
  CHECK(check_stop(source.get_token()));
  source.request_stop();
  const auto status = check_stop(source.get_token());
  REQUIRE_FALSE(status);
  CHECK(status.error().id == "stopped");
  CHECK(status.error().kind == ErrorKind::cancelled);
}

TEST_CASE("log and progress: the silent ones take anything", "[log]") {
  CHECK_FALSE(null_log().enabled(LogLevel::warning));
  null_log().write(LogLevel::warning, "test", "nothing");
  no_progress().report({.phase = "test"});
  CHECK(&null_log() == &null_log());
}
