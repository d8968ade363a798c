// An export killed at every single change of the disk, and run again: the end is the same, and on the way a
// verification never finds less than there was before.
#include "core/exporter/exporter.h"
#include "tests/support/catch.h"
#include "tests/support/export_world.h"

using namespace atb;

namespace {

constexpr const char* kFolder = "/backup";
constexpr const char* kCar = "/out/alice.car";

enum class Death : std::uint8_t { process, power };

void die(test::MemFs& fs, Death death) {
  fs.heal();
  if (death == Death::process) fs.kill();
  if (death == Death::power) fs.crash();
}

bool sound_backup(const Result<verify::Verdict>& verdict) {
  return verdict && verdict->proof.sound() && !verdict->report.has(Severity::damage) &&
         !verdict->report.has(Severity::forged) && !verdict->report.has(Severity::missing);
}

std::map<std::string, std::string> content(const test::MemFs& fs) {
  std::map<std::string, std::string> files;
  for (const std::string& path : fs.files()) files[path] = *fs.get(path);
  return files;
}

// Runs `run` dying at its N-th change, for each N until it gets through. `check` sees what is left each time.
template <class Prepare, class Run, class Check>
std::size_t die_everywhere(Death death, Prepare prepare, Run run, Check check) {
  for (std::size_t at = 0;; ++at) {
    test::ExportWorld world(prepare());
    run(world, true);  // the state before
    world.host.serve(
        test::next_repo(world.account, {.records = 24, .rev_us = world.account.repo.rev.unix_us() + 10}));
    world.fs.die_after(at);
    const bool through = run(world, false);
    die(world.fs, death);
    INFO("died at change " << at << (death == Death::power ? ", power cut" : ", killed"));
    check(world);
    REQUIRE(run(world, false));
    check(world);
    const auto verdict = test::verify_at(world.fs, world.fs.get(kCar) ? kCar : kFolder);
    REQUIRE(sound_backup(verdict));
    if (through) return at;
    for (const std::string& path : world.fs.files())
      REQUIRE_FALSE(os::is_temporary_name(os::base_name(path)));
  }
}

test::AccountFixture small_account() { return test::make_account({.records = 16}); }

}  // namespace

TEST_CASE(
    "killed: an update of a folder dies at every change, and the next run ends where an undisturbed one does",
    "[exporter][fault]") {
  const auto death = GENERATE(Death::process, Death::power);
  exporter::Options options;
  options.jobs = 1;
  const auto run = [&](test::ExportWorld& world, bool) {
    return exporter::export_folder(world.context(), world.who(), kFolder, options).has_value();
  };
  test::ExportWorld calm(small_account());
  REQUIRE(run(calm, true));
  calm.host.serve(
      test::next_repo(calm.account, {.records = 24, .rev_us = calm.account.repo.rev.unix_us() + 10}));
  REQUIRE(run(calm, false));
  const auto expected = content(calm.fs);

  const std::size_t changes = die_everywhere(death, small_account, run, [&](test::ExportWorld& world) {
    const auto verdict = test::verify_at(world.fs, kFolder);
    if (!sound_backup(verdict)) {
      for (const auto& finding : verdict->report.findings())
        UNSCOPED_INFO(finding.id << " " << finding.where << " " << finding.detail);
    }
    REQUIRE(sound_backup(verdict));
  });
  CHECK(changes > 20);

  test::ExportWorld last(small_account());
  REQUIRE(run(last, true));
  last.host.serve(
      test::next_repo(last.account, {.records = 24, .rev_us = last.account.repo.rev.unix_us() + 10}));
  last.fs.die_after(changes / 2);
  REQUIRE_FALSE(run(last, false));
  die(last.fs, death);
  REQUIRE(run(last, false));
  CHECK(content(last.fs) == expected);
}

TEST_CASE("killed: two updates in a row that die at every pair of changes leave a backup that verifies",
          "[exporter][fault][slow]") {
  exporter::Options options;
  options.jobs = 1;
  const auto run = [&](test::ExportWorld& world) {
    return exporter::export_folder(world.context(), world.who(), kFolder, options).has_value();
  };
  // The number of changes from the first of publish() on, counted from the end, is all that matters here.
  test::ExportWorld probe(test::make_account({.records = 8}));
  REQUIRE(run(probe));
  probe.host.serve(
      test::next_repo(probe.account, {.records = 9, .rev_us = probe.account.repo.rev.unix_us() + 10}));
  probe.fs.forget_operations();
  const std::size_t before = probe.fs.changes();
  REQUIRE(run(probe));
  const std::size_t total = probe.fs.changes() - before;
  for (std::size_t first = total > 18 ? total - 18 : 0; first < total; ++first) {
    for (std::size_t second = 0; second < total + 8; second += 7) {
      test::ExportWorld world(test::make_account({.records = 8}));
      REQUIRE(run(world));
      for (int round = 1; round <= 2; ++round) {
        world.clock.advance(std::chrono::hours(1));
        world.account.log.update(world.account.log.state(), test::plc_key(1),
                                 test::kPlcEpochUs + round * test::kPlcHourUs);
        world.host.set_log(world.account.log_json());
        world.host.serve(
            test::next_repo(world.account, {.records = 8 + static_cast<std::size_t>(round),
                                            .rev_us = world.account.repo.rev.unix_us() + round * 10}));
        world.fs.die_after(round == 1 ? first : second);
        static_cast<void>(run(world));
        die(world.fs, Death::power);
        const auto verdict = test::verify_at(world.fs, kFolder);
        INFO("died at " << first << " and " << second << ", round " << round);
        REQUIRE(sound_backup(verdict));
      }
      REQUIRE(run(world));
      REQUIRE(sound_backup(test::verify_at(world.fs, kFolder)));
    }
  }
}

TEST_CASE("killed: a first export into a folder leaves no backup or a whole one", "[exporter][fault]") {
  const auto death = GENERATE(Death::process, Death::power);
  exporter::Options options;
  options.jobs = 1;
  for (std::size_t at = 0;; ++at) {
    test::ExportWorld world(small_account());
    world.fs.die_after(at);
    const bool through = exporter::export_folder(world.context(), world.who(), kFolder, options).has_value();
    die(world.fs, death);
    INFO("died at change " << at);
    const auto verdict = test::verify_at(world.fs, kFolder);
    if (!verdict) {
      REQUIRE(verdict.error().kind == ErrorKind::not_found);
    } else {
      REQUIRE(sound_backup(verdict));
    }
    REQUIRE(exporter::export_folder(world.context(), world.who(), kFolder, options));
    REQUIRE(sound_backup(test::verify_at(world.fs, kFolder)));
    if (through) break;
  }
}

TEST_CASE("killed: an export to a CAR leaves the older one or the new one", "[exporter][fault]") {
  const auto death = GENERATE(Death::process, Death::power);
  const auto run = [&](test::ExportWorld& world, bool) {
    return exporter::export_car(world.context(), world.who(), kCar, {}).has_value();
  };
  die_everywhere(death, small_account, run,
                 [&](test::ExportWorld& world) { REQUIRE(sound_backup(test::verify_at(world.fs, kCar))); });
}

TEST_CASE("killed: one failed write is told, and the next run goes on", "[exporter][fault]") {
  test::ExportWorld world(small_account());
  exporter::Options options;
  options.jobs = 1;
  for (std::size_t at = 0;; ++at) {
    world.fs.fail_after(at);
    const auto exported =
        exporter::export_folder(world.context(), world.who(), "/again" + std::to_string(at), options);
    if (exported) break;
    CHECK(exported.error().id == "file.injected");
    world.fs.heal();
    REQUIRE(exporter::export_folder(world.context(), world.who(), "/again" + std::to_string(at), options));
  }
}
