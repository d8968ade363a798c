#include "tests/unit/exporter/exporting.h"

#include <chrono>
#include <condition_variable>
#include <mutex>

using namespace atb;
using namespace atb::test::exporting;

namespace {

constexpr std::chrono::seconds kPatience(30);

// A DNS that says nothing until it is let.
class SlowTxt final : public net::TxtResolver {
 public:
  explicit SlowTxt(std::string text) : text_(std::move(text)) {}
  Result<std::vector<std::string>> txt(const std::string&, const StopToken& stop) override {
    std::unique_lock lock(mutex_);
    const bool let = changed_.wait_for(lock, stop, kPatience, [this] { return let_; });
    stopped_ = stop.stop_requested();
    TRY(check_stop(stop));
    if (!let) return fail(ErrorKind::timeout, "dns.timeout", "nobody let it speak");
    return std::vector<std::string>{text_};
  }
  void let() {
    const std::scoped_lock lock(mutex_);
    let_ = true;
    changed_.notify_all();
  }
  bool was_stopped() const { return stopped_; }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::string text_;
  bool let_ = false;
  std::atomic<bool> stopped_ = false;
};

// An account whose handle is looked up in a slow DNS.
struct SlowWorld {
  test::ExportWorld world{test::make_account({.records = 20})};
  SlowTxt dns{"did=" + world.account.did()};
  identity::Resolver resolver{world.http, dns, net::Url::parse(test::kTestPlc).value(),
                              world.log,  {},  world.clock};

  // `then` happens when the host is asked for this, before it answers.
  void when_asked(std::string method, std::function<void()> then) {
    world.host.intercept([method = std::move(method), then = std::move(then)](
                             std::string_view asked, const auto&) -> std::optional<Result<test::Answer>> {
      if (asked == method) then();
      return std::nullopt;
    });
  }
  exporter::Context context() { return context(world.progress); }
  exporter::Context context(Progress& progress) {
    return {.http = world.http,
            .resolver = resolver,
            .sessions = world.sessions,
            .fs = world.fs,
            .clock = world.clock,
            .random = world.random,
            .log = world.log,
            .progress = progress,
            .stop = world.stop.get_token(),
            .limits = {}};
  }
};

}  // namespace

TEST_CASE("export: the repository does not wait for the handle's proof", "[exporter]") {
  SlowWorld slow;
  slow.when_asked("com.atproto.sync.getRepo", [&] { slow.dns.let(); });
  const bool folder = GENERATE(false, true);
  const auto exported = folder ? exporter::export_folder(slow.context(), slow.world.who(), kFolder, {})
                               : exporter::export_car(slow.context(), slow.world.who(), kCar, {});
  REQUIRE(exported);
  CHECK(exported->handle == "alice.test");
  if (folder) CHECK(slow.world.fs.get(file(backup::kManifestFile))->find("alice.test") != std::string::npos);
}

TEST_CASE("export: one that fails does not wait for the handle's proof either", "[exporter]") {
  SlowWorld slow;
  slow.world.host.intercept([](std::string_view asked, const auto&) -> std::optional<Result<test::Answer>> {
    if (asked != "com.atproto.sync.getRepo") return std::nullopt;
    return test::Answer{.status = 400, .body = R"({"error":"RepoNotFound","message":"gone"})"};
  });
  CHECK_FALSE(exporter::export_car(slow.context(), slow.world.who(), kCar, {}));
  CHECK(slow.dns.was_stopped());
}

TEST_CASE("export: a stop while only the handle is not proven yet loses no file", "[exporter]") {
  SlowWorld slow;
  slow.world.fs.set_hook([&](const test::MemFs::Operation& operation) -> std::optional<Error> {
    if (operation.name == "rename" && operation.to == kCar) slow.world.stop.request_stop();
    return std::nullopt;
  });
  const auto exported = exporter::export_car(slow.context(), slow.world.who(), kCar, {});
  REQUIRE(exported);
  CHECK(exported->handle.empty());
  CHECK(slow.dns.was_stopped());
  CHECK(slow.world.fs.get(kCar) == text_of(slow.world.account.repo.car(test::BlockOrder::depth_first)));
}

// Stops when a phase has ended.
class StopAfter final : public Progress {
 public:
  StopAfter(std::string_view phase, std::stop_source& stop) : phase_(phase), stop_(stop) {}
  void report(const ProgressEvent& event) override {
    if (event.phase == phase_ && event.done) stop_.request_stop();
  }

 private:
  std::string_view phase_;
  std::stop_source& stop_;
};

TEST_CASE("export: a folder's manifest does not say that a handle is unproven because of a stop",
          "[exporter]") {
  SlowWorld slow;
  StopAfter stop("blobs", slow.world.stop);
  exporter::Context context = slow.context(stop);
  const auto exported = exporter::export_folder(context, slow.world.who(), kFolder, {});
  REQUIRE_FALSE(exported);
  CHECK(exported.error().id == "stopped");
  CHECK(slow.dns.was_stopped());
  CHECK_FALSE(slow.world.fs.get(file(backup::kManifestFile)));
}

TEST_CASE("export: a handle's proof is not waited for without end", "[exporter]") {
  SlowWorld slow;
  auto identity = slow.resolver.locate(slow.world.who(), {});
  REQUIRE(identity);
  CHECK_FALSE(identity->handle);
  const exporter::HandleProof proof(slow.resolver, *std::move(identity), {});
  const auto early = proof.wait(std::chrono::milliseconds(1));
  REQUIRE(early);
  CHECK_FALSE(*early);
  slow.dns.let();
  CHECK(proof.wait(kPatience).value() == "alice.test");
}
