// Writes a whole signed repository of invented records as a CAR, for tests that need one larger than a server
// can be filled with in reasonable time, or one that no server makes (P-256), and for the bench. With every
// shape of record it is made in memory: about 1.5 GB for a million records. A typical one is not.
#include "core/base/text.h"
#include "core/data/json.h"
#include "tests/support/plc_fixture.h"
#include "tests/support/repo_fixture.h"
#include "tests/support/typical_repo.h"

#include <fmt/core.h>

#include <array>
#include <cstdio>
#include <exception>
#include <fstream>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>

namespace {

using namespace atb;

constexpr std::string_view kUsage = R"(make_repo --records N --out F.car [OPTIONS]

Writes F.car, and beside it F.car.plc-log.json and F.car.did.json, as an export does.

  --mix MIX           of the records. every-shape: what records can hold, and pictures. typical: what accounts
                      of the network hold, 60 % likes; its pictures are named only (every-shape)
  --curve k256|p256   of the signing key (k256)
  --order ORDER       of the blocks: depth-first, reference-server, shuffled (depth-first)
  --pictures N        at most N posts have a picture; otherwise one in eight
  --blobs DIR         write the pictures too, each named by its CID, into this folder, which must be there
  --handle H          in the identity (big.test)
  --host URL          in the identity (http://localhost:2583)
  --did DID           the repository of this account: the identity is not ours to make
)";

enum class Mix : std::uint8_t { every_shape, typical };

struct Arguments {
  test::RepoOptions repo;
  Mix mix = Mix::every_shape;
  test::BlockOrder order = test::BlockOrder::depth_first;
  std::string handle = "big.test";
  std::string host = "http://localhost:2583";
  std::string out;
  std::string blobs;
  bool records_given = false;
  bool did_given = false;
};

[[noreturn]] void wrong(const std::string& what) { throw std::runtime_error(what); }

template <class T>
T one_of(const std::string& option, std::string_view value,
         std::initializer_list<std::pair<std::string_view, T>> names) {
  for (const auto& [name, meaning] : names) {
    if (name == value) return meaning;
  }
  wrong(fmt::format("{} cannot be \"{}\"", option, value));
}

std::size_t number(const std::string& option, std::string_view value) {
  const auto parsed = parse_decimal(value);
  if (!parsed) wrong(fmt::format("{} needs a number, not \"{}\"", option, value));
  return *parsed;
}

void take(Arguments& arguments, const std::string& option, const std::string& value) {
  if (option == "--records") {
    arguments.repo.records = number(option, value);
    arguments.records_given = true;
  } else if (option == "--mix") {
    arguments.mix =
        one_of<Mix>(option, value, {{"every-shape", Mix::every_shape}, {"typical", Mix::typical}});
  } else if (option == "--curve") {
    arguments.repo.curve =
        one_of<crypto::Curve>(option, value, {{"k256", crypto::Curve::k256}, {"p256", crypto::Curve::p256}});
  } else if (option == "--order") {
    arguments.order = one_of<test::BlockOrder>(option, value,
                                               {{"depth-first", test::BlockOrder::depth_first},
                                                {"reference-server", test::BlockOrder::reference_server},
                                                {"shuffled", test::BlockOrder::shuffled}});
  } else if (option == "--pictures") {
    arguments.repo.most_pictures = number(option, value);
  } else if (option == "--did") {
    arguments.repo.did = value;
    arguments.did_given = true;
  } else if (option == "--handle") {
    arguments.handle = value;
  } else if (option == "--host") {
    arguments.host = value;
  } else if (option == "--out") {
    arguments.out = value;
  } else if (option == "--blobs") {
    arguments.blobs = value;
  } else {
    wrong(fmt::format("there is no option {}", option));
  }
}

Arguments parse(std::span<const char* const> words) {
  Arguments arguments;
  for (std::size_t i = 0; i < words.size(); i += 2) {
    if (i + 1 == words.size()) wrong(fmt::format("{} needs a value", words[i]));
    take(arguments, words[i], words[i + 1]);
  }
  if (!arguments.records_given || arguments.out.empty()) wrong("--records and --out are needed");
  if (arguments.mix == Mix::typical &&
      (!arguments.blobs.empty() || arguments.repo.most_pictures != SIZE_MAX)) {
    wrong("a typical repository has no pictures of its own: --blobs and --pictures are for the other mix");
  }
  return arguments;
}

class FileSink final : public ByteSink {
 public:
  explicit FileSink(const std::string& path) : path_(path), file_(path, std::ios::binary) { check(); }
  Status write(ByteView bytes) override {
    const std::string_view text = as_text(bytes);
    file_.write(text.data(), static_cast<std::streamsize>(text.size()));
    check();
    return {};
  }
  void close() {
    file_.close();
    check();
  }

 private:
  void check() const {
    if (!file_) wrong("cannot write " + path_);
  }
  std::string path_;
  std::ofstream file_;
};

void write_file(const std::string& path, ByteView bytes) {
  FileSink file(path);
  (void)file.write(bytes);
  file.close();
}

// As the directory gives it out.
std::string document_of(const test::PlcLog& log) {
  const plc::State& state = log.state();
  const std::string& did = log.did().str();
  const std::string& key = state.verification_methods.begin()->second;
  data::Array contexts;
  for (const char* context : {"https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"})
    contexts.emplace_back(context);
  data::Array names;
  for (const std::string& name : state.also_known_as) names.emplace_back(name);
  data::Array methods;
  methods.emplace_back(data::Object()
                           .set("id", did + "#atproto")
                           .set("type", "Multikey")
                           .set("controller", did)
                           .set("publicKeyMultibase", key.substr(std::string_view("did:key:").size())));
  data::Array services;
  services.emplace_back(data::Object()
                            .set("id", "#atproto_pds")
                            .set("type", "AtprotoPersonalDataServer")
                            .set("serviceEndpoint", state.services.begin()->second.endpoint));
  return data::to_json(data::Object()
                           .set("@context", std::move(contexts))
                           .set("id", did)
                           .set("alsoKnownAs", std::move(names))
                           .set("verificationMethod", std::move(methods))
                           .set("service", std::move(services)));
}

test::PlcLog make_identity(const Arguments& arguments) {
  const auto key = test::test_key(arguments.repo.curve, arguments.repo.seed);
  const auto rotation = test::plc_key(1);
  return {test::plc_state({rotation.public_key().did_key()}, key.public_key().did_key(), arguments.handle,
                          arguments.host),
          rotation};
}

data::Object write_every_shape(const Arguments& arguments, ByteSink& out) {
  const test::RepoFixture repo = test::make_repo(arguments.repo);
  if (const Status written = repo.write_car(out, arguments.order); !written) wrong(written.error().message);
  if (!arguments.blobs.empty()) {
    for (const auto& blob : repo.blobs) write_file(arguments.blobs + "/" + blob.cid.str(), blob.bytes);
  }
  return data::Object()
      .set("rev", repo.rev.str())
      .set("commit", repo.commit.str())
      .set("records", static_cast<std::int64_t>(repo.records.size()))
      .set("blocks", static_cast<std::int64_t>(repo.blocks.size()));
}

data::Object write_typical(const Arguments& arguments, ByteSink& out) {
  const auto facts = test::write_typical_repo(arguments.repo, arguments.order, arguments.out, out);
  return data::Object()
      .set("rev", facts.rev.str())
      .set("commit", facts.commit.str())
      .set("records", static_cast<std::int64_t>(facts.records))
      .set("blocks", static_cast<std::int64_t>(facts.blocks))
      .set("nodes", static_cast<std::int64_t>(facts.nodes))
      .set("record_bytes", static_cast<std::int64_t>(facts.record_bytes));
}

void run(Arguments arguments) {
  std::optional<test::PlcLog> log;
  if (!arguments.did_given) {
    log.emplace(make_identity(arguments));
    arguments.repo.did = log->did().str();
  }
  FileSink out(arguments.out);
  data::Object facts =
      arguments.mix == Mix::typical ? write_typical(arguments, out) : write_every_shape(arguments, out);
  out.close();
  if (log) {
    write_file(arguments.out + ".plc-log.json", as_bytes(log->audit_json()));
    write_file(arguments.out + ".did.json", as_bytes(document_of(*log)));
  }
  facts.set("did", arguments.repo.did);
  facts.set("key", test::test_key(arguments.repo.curve, arguments.repo.seed).public_key().did_key());
  fmt::print("{}\n", data::to_json(facts));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(parse(std::span<const char* const>(argv, static_cast<std::size_t>(argc)).subspan(1)));
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "make_repo: {}\n\n{}", error.what(), kUsage);
    return 2;
  }
}
