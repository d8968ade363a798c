#include "core/exporter/fetch_repo.h"

#include "core/base/encoding.h"
#include "core/exporter/repository_file.h"
#include "tests/support/catch.h"
#include "tests/support/export_world.h"

#include <set>

using namespace atb;

namespace {

constexpr std::string_view kGetRepo = "com.atproto.sync.getRepo";
constexpr std::string_view kGetBlocks = "com.atproto.sync.getBlocks";

std::string text_of(const Bytes& bytes) { return std::string(as_text(bytes)); }

test::Answer car_answer(std::string body) { return {.status = 200, .body = std::move(body), .chunk = 777}; }

struct Fetching : test::ExportWorld {
  explicit Fetching(test::RepoOptions options = {.records = 60}) : ExportWorld(test::make_account(options)) {
    REQUIRE(fs.make_folders("/work"));
  }
  Result<exporter::FetchedRepo> fetch() {
    scratch.emplace(os::AtomicFile::create(fs, random, "/work/spool").value());
    spool.emplace(*scratch, scratch->content(), car::LookAtBlock(), held_bytes);
    const auto audited =
        plc::audit_log(account.repo.did, plc::parse_log(account.log_json(), {}).value()).value();
    const verify::KeyEvidence evidence{.log = &audited, .document = nullptr, .given = {}};
    const xrpc::Client client(http, net::Url::parse(test::kTestHost).value(), nullptr, {}, clock);
    return exporter::fetch_repo(context(), client, account.repo.did, evidence, *spool,
                                {.room = room, .file = file ? &*file : nullptr, .root = &root});
  }
  // Written on the way, from now on.
  void write_file() {
    file.emplace(in, exporter::RepositoryFile::Setup{
                         .path = "/work/repo.car",
                         .create = [this] { return os::AtomicFile::create(fs, random, "/work/repo.car"); },
                         .hashed = true});
  }
  bool is_written() {
    return std::ranges::any_of(fs.list("/work").value(),
                               [](const std::string& name) { return name.starts_with(".repo.car."); });
  }
  // getRepo gives this body; everything else as usual.
  void repo_is(std::string body) {
    host.intercept([body](std::string_view method, const auto&) -> std::optional<Result<test::Answer>> {
      if (method != kGetRepo) return std::nullopt;
      return car_answer(body);
    });
  }
  std::string car_without(const std::set<ipld::Cid>& left_out) const {
    std::vector<test::NamedBlock> blocks;
    for (const auto& block : account.repo.blocks) {
      if (!left_out.contains(block.first)) blocks.push_back(block);
    }
    return text_of(test::car_of(std::span(&account.repo.commit, 1), blocks));
  }
  std::string id_of_failure() {
    const auto fetched = fetch();
    return fetched ? "none" : fetched.error().id;
  }
  exporter::Context in = context();
  std::optional<exporter::RepositoryFile> file;
  exporter::Room room;
  std::size_t held_bytes = car::Spool::kHeldBytes;
  std::optional<ipld::Cid> root;
  std::optional<os::AtomicFile> scratch;
  std::optional<car::Spool> spool;
};

}  // namespace

TEST_CASE("fetch: a repository in the reference server's block order arrives whole and proven",
          "[exporter]") {
  Fetching world;
  const auto fetched = world.fetch();
  REQUIRE(fetched);
  CHECK(fetched->root == world.account.repo.commit);
  CHECK(fetched->proof.sound());
  CHECK(fetched->report.findings().empty());
  CHECK(world.host.calls(kGetRepo) == 1);
  CHECK(world.host.calls(kGetBlocks) == 0);
  CHECK(world.progress.last("repository"));
  CHECK(world.progress.last("proof"));
}

TEST_CASE("fetch: the file is written while the repository is proven, depth-first", "[exporter]") {
  Fetching world({.records = 3000});
  world.write_file();
  std::set<ipld::Cid> lost;
  SECTION("all at once") {}
  SECTION("anew when blocks came later") {
    lost.insert(world.account.repo.blocks[3].first);
    lost.insert(world.account.repo.blocks[1000].first);
    world.repo_is(world.car_without(lost));
  }
  const auto fetched = world.fetch();
  REQUIRE(fetched);
  CHECK((world.host.calls(kGetBlocks) == 0) == lost.empty());
  const auto& facts = world.file->facts();
  CHECK(facts.blocks == world.account.repo.blocks.size());
  CHECK(facts.extra_blocks == 0);
  REQUIRE(world.file->file().commit());
  const std::string written = world.fs.get("/work/repo.car").value();
  CHECK(facts.bytes == written.size());
  CHECK(world.file->sha256() == hex_encode(crypto::sha256(as_bytes(written))));
  CHECK(written == text_of(world.account.repo.car()));
}

TEST_CASE("fetch: no file is left of a repository that is not whole, or not the account's", "[exporter]") {
  Fetching world;
  world.write_file();
  SECTION("a block is lost") {
    world.repo_is(world.car_without({world.account.repo.blocks[5].first}));
    world.host.drop_block(world.account.repo.blocks[5].first);
    CHECK(world.id_of_failure() == "export.incomplete");
  }
  SECTION("another account's, on a disk that has no room for it either") {
    world.fs.set_free_space(16U << 20);
    world.repo_is(text_of(test::make_account({.records = 5, .seed = 8}).repo.car()));
    CHECK(world.id_of_failure() == "export.wrong_did");
  }
  SECTION("the disk fails while it is written") {
    world.fs.set_hook([](const test::MemFs::Operation& operation) -> std::optional<Error> {
      if (operation.name != "write") return std::nullopt;
      return Error(ErrorKind::io, "file.write", "the disk is broken");
    });
    CHECK(world.id_of_failure() == "file.write");
  }
  SECTION("there is no room for it") {
    world.fs.set_free_space(16U << 20);
    CHECK(world.id_of_failure() == "export.no_space");
  }
  CHECK_FALSE(world.is_written());
}

TEST_CASE("fetch: what was written of a repository that is not whole is gone before it is fetched again",
          "[exporter]") {
  Fetching world;
  world.write_file();
  const std::string holed = world.car_without({world.account.repo.records.begin()->second});
  int asked = 0;
  world.host.intercept([&](std::string_view method, const auto&) -> std::optional<Result<test::Answer>> {
    if (method == kGetBlocks) return test::Answer{.status = 501, .body = "{}"};
    if (method != kGetRepo) return std::nullopt;
    CHECK_FALSE(world.is_written());
    return ++asked == 1 ? std::optional<Result<test::Answer>>(car_answer(holed)) : std::nullopt;
  });
  REQUIRE(world.fetch());
  CHECK(asked > 1);
  CHECK(world.is_written());
}

TEST_CASE("fetch: what is no CAR is told by what it looks like", "[exporter]") {
  Fetching world;
  world.repo_is("<!DOCTYPE html><html><body>502 Bad Gateway</body></html>");
  const auto html = world.fetch();
  REQUIRE_FALSE(html);
  CHECK(html.error().id == "export.not_a_repo");
  CHECK(html.error().message.contains("HTML"));
  CHECK_FALSE(world.root);
  world.repo_is("");
  CHECK(world.id_of_failure() == "export.not_a_repo");
  world.repo_is(R"({"error":"InternalServerError"})");
  CHECK(world.id_of_failure() == "export.not_a_repo");
}

TEST_CASE("fetch: a body cut at any block is filled up by getBlocks", "[exporter]") {
  Fetching world({.records = 12});
  const auto& blocks = world.account.repo.blocks;
  for (std::size_t count = 0; count < blocks.size(); ++count) {
    world.repo_is(
        text_of(test::car_of(std::span(&world.account.repo.commit, 1), std::span(blocks).first(count))));
    const auto fetched = world.fetch();
    INFO("cut after block " << count);
    REQUIRE(fetched);
    CHECK(fetched->proof.sound());
    CHECK(fetched->report.count("export.filled_blocks") == 1);
  }
}

TEST_CASE("fetch: a body cut inside a block, and a connection that breaks, keep what came", "[exporter]") {
  Fetching world({.records = 12});
  const std::string car = text_of(world.account.repo.car());
  for (std::size_t size = 80; size < car.size(); size += 61) {
    world.repo_is(car.substr(0, size));
    INFO("cut at byte " << size);
    CHECK(world.fetch());
  }
  world.host.intercept([&](std::string_view method, const auto&) -> std::optional<Result<test::Answer>> {
    if (method != kGetRepo) return std::nullopt;
    test::Answer answer = car_answer(car.substr(0, car.size() / 2));
    answer.then_fail = Error(ErrorKind::network, "http.reset", "the connection was reset");
    return answer;
  });
  const auto fetched = world.fetch();
  REQUIRE(fetched);
  CHECK(fetched->proof.sound());
}

TEST_CASE("fetch: a flipped byte in any block heals when the host has the right one, and is damage otherwise",
          "[exporter]") {
  Fetching world({.records = 8});
  const Bytes car = world.account.repo.car();
  MemoryBytes file(car);
  const auto source = stream_of(file);
  auto reader = car::Reader::open(*source, {}).value();
  while (const auto section = reader.next().value()) {
    Bytes spoiled = car;
    spoiled[static_cast<std::size_t>(section->block_offset) + section->block.size() / 2] ^= 1U;
    const ipld::Cid cid = *section->cid;
    world.repo_is(text_of(spoiled));
    const auto healed = world.fetch();
    REQUIRE(healed);
    CHECK(healed->report.count("export.wrong_blocks") == 1);

    Fetching other({.records = 8});
    other.repo_is(text_of(spoiled));
    other.host.drop_block(cid);
    CHECK(other.id_of_failure() == "export.damaged");
  }
}

TEST_CASE("fetch: another account's repository is refused", "[exporter]") {
  Fetching world;
  world.repo_is(text_of(test::make_account({.records = 5, .seed = 8}).repo.car()));
  const auto fetched = world.fetch();
  REQUIRE_FALSE(fetched);
  CHECK(fetched.error().id == "export.wrong_did");
  CHECK(fetched.error().kind == ErrorKind::untrusted);
  CHECK(world.root);  // what came can be kept for a look
}

TEST_CASE("fetch: a signature that is not the account's is refused", "[exporter]") {
  Fetching world;
  const auto serve = [&](const std::function<void(repo::Commit&)>& change) {
    world.repo_is(text_of(test::with_commit(world.account.repo, change).car()));
    const auto fetched = world.fetch();
    REQUIRE_FALSE(fetched);
    CHECK(fetched.error().id == "export.signature");
    CHECK(fetched.error().kind == ErrorKind::untrusted);
  };
  serve([](repo::Commit& commit) { commit.signature.assign(64, 0); });
  serve([](repo::Commit& commit) { REQUIRE(repo::sign_commit(commit, test::plc_key(5))); });
}

TEST_CASE("fetch: a tree that breaks the rules is the host's damage", "[exporter]") {
  Fetching world;
  // The root of the tree is a record.
  const auto odd = test::with_commit(world.account.repo, [&](repo::Commit& commit) {
    commit.data = world.account.repo.records.begin()->second;
    REQUIRE(repo::sign_commit(commit, world.account.repo.key));
  });
  world.repo_is(text_of(odd.car()));
  const auto fetched = world.fetch();
  REQUIRE_FALSE(fetched);
  CHECK(fetched.error().id == "export.damaged");
  CHECK(fetched.error().kind == ErrorKind::corrupt);
}

TEST_CASE("fetch: one lost block among many does not keep the others from coming", "[exporter]") {
  Fetching world({.records = 200});
  std::set<ipld::Cid> left_out;
  for (const auto& [path, cid] : world.account.repo.records) {
    if (left_out.size() < 70) left_out.insert(cid);
  }
  world.repo_is(world.car_without(left_out));
  world.host.drop_block(*left_out.begin());
  const auto fetched = world.fetch();
  REQUIRE_FALSE(fetched);
  CHECK(fetched.error().id == "export.incomplete");
  CHECK(fetched.error().kind == ErrorKind::incomplete);
  CHECK(fetched.error().message.contains(left_out.begin()->str()));
  for (const ipld::Cid& cid : left_out) CHECK(world.spool->has(cid) == (cid != *left_out.begin()));
  CHECK(world.host.calls(kGetRepo) == 6);  // three times all, three times since
}

TEST_CASE("fetch: a host without getBlocks is asked for everything again", "[exporter]") {
  Fetching world({.records = 40});
  const std::string holed = world.car_without({world.account.repo.records.begin()->second});
  const std::string whole = text_of(world.account.repo.car());
  int asked = 0;
  world.host.intercept(
      [&](std::string_view method,
          const test::FakeHost::Parameters& parameters) -> std::optional<Result<test::Answer>> {
        if (method == kGetBlocks)
          return test::Answer{.status = 501, .body = R"({"error":"MethodNotImplemented"})"};
        if (method != kGetRepo) return std::nullopt;
        if (parameters.contains("since"))
          return test::Answer{.status = 400, .body = R"({"error":"InvalidRequest"})"};
        return car_answer(++asked < 3 ? holed : whole);
      });
  const auto fetched = world.fetch();
  REQUIRE(fetched);
  CHECK(fetched->report.count("export.restarted") == 1);
}

TEST_CASE("fetch: an account that posts meanwhile is caught up with by since", "[exporter]") {
  Fetching world({.records = 60});
  const auto newer =
      test::next_repo(world.account, {.records = 70, .rev_us = world.account.repo.rev.unix_us() + 1000});
  std::set<ipld::Cid> still_there;
  for (const auto& [cid, block] : newer.blocks) still_there.insert(cid);
  // The old commit's own nodes are gone by the time they would be sent.
  std::set<ipld::Cid> gone;
  for (const auto& [cid, block] : world.account.repo.blocks) {
    if (!still_there.contains(cid) && cid != world.account.repo.commit) gone.insert(cid);
  }
  REQUIRE_FALSE(gone.empty());
  const std::string holed = world.car_without(gone);
  const std::string catch_up = text_of(newer.car());
  world.host.serve(newer);
  world.host.intercept(
      [&](std::string_view method,
          const test::FakeHost::Parameters& parameters) -> std::optional<Result<test::Answer>> {
        if (method != kGetRepo) return std::nullopt;
        return car_answer(parameters.contains("since") ? catch_up : holed);
      });
  const auto fetched = world.fetch();
  REQUIRE(fetched);
  CHECK(fetched->root == newer.commit);
  CHECK(world.root == newer.commit);
}

TEST_CASE("fetch: an answer that says no is handed up as it is", "[exporter]") {
  Fetching world;
  const auto says = [&](int status, std::string body) {
    world.host.intercept([=](std::string_view method, const auto&) -> std::optional<Result<test::Answer>> {
      if (method != kGetRepo) return std::nullopt;
      return test::Answer{.status = status, .body = body};
    });
    const auto fetched = world.fetch();
    REQUIRE_FALSE(fetched);
    return fetched.error().kind;
  };
  CHECK(says(400, R"({"error":"RepoTakendown","message":"gone"})") == ErrorKind::gone);
  CHECK(says(401, R"({"error":"AuthMissing","message":"log in"})") == ErrorKind::auth);
  CHECK(says(404, "not here") == ErrorKind::not_found);
  CHECK(says(413, "too large") == ErrorKind::limit_exceeded);
  CHECK(says(429, "slower") == ErrorKind::rate_limited);
  CHECK(says(500, "oops") == ErrorKind::network);
}

TEST_CASE("fetch: no host, no repository", "[exporter]") {
  Fetching world;
  world.host.intercept([](std::string_view, const auto&) -> std::optional<Result<test::Answer>> {
    return Result<test::Answer>(Error(ErrorKind::timeout, "http.stalled", "nothing came for a minute"));
  });
  const auto fetched = world.fetch();
  REQUIRE_FALSE(fetched);
  CHECK(fetched.error().id == "http.stalled");
}

TEST_CASE("fetch: too little space is told before the disk is full", "[exporter]") {
  Fetching world;
  world.room = {.folder = "/work", .copies = 2};
  world.fs.set_free_space(17U << 20);
  CHECK(world.id_of_failure() == "none");
  world.fs.set_free_space(16U << 20);
  CHECK(world.id_of_failure() == "export.no_space");
}

TEST_CASE("fetch: an interruption ends it", "[exporter]") {
  Fetching world;
  world.stop.request_stop();
  const auto fetched = world.fetch();
  REQUIRE_FALSE(fetched);
  CHECK(fetched.error().kind == ErrorKind::cancelled);
}

TEST_CASE("fetch: a disk that fails is our own fault, not the host's", "[exporter]") {
  Fetching world({.records = 3000});  // less than a buffer never reaches the disk
  world.held_bytes = 0;
  world.fs.set_hook([](const test::MemFs::Operation& operation) -> std::optional<Error> {
    if (operation.name != "write") return std::nullopt;
    return Error(ErrorKind::io, "file.write", "the disk is broken");
  });
  const auto fetched = world.fetch();
  REQUIRE_FALSE(fetched);
  CHECK(fetched.error().id == "file.write");
}
