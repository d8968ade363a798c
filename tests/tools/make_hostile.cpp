// Writes the hostile repositories of tests/support/hostile, each beside its valid twin, as files for other
// programs and for a look: NAME.car, NAME.twin.car, their PLC logs, and index.jsonl with what verify has to
// tell of each.
#include "core/data/json.h"
#include "tests/support/hostile/hostile.h"

#include <fmt/core.h>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace {

using namespace atb;

void write_file(const std::filesystem::path& path, ByteView bytes) {
  std::ofstream file(path, std::ios::binary);
  const std::string_view text = as_text(bytes);
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
  file.close();
  if (!file) throw std::runtime_error("cannot write " + path.string());
}

void write_car(const std::filesystem::path& path, const Bytes& car, const std::string& log) {
  write_file(path, car);
  write_file(path.string() + ".plc-log.json", as_bytes(log));
}

void run(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  std::string index;
  for (const test::HostileRepo& repo : test::hostile_repos()) {
    write_car(folder / (repo.name + ".car"), repo.bad_car(test::BlockOrder::depth_first),
              repo.log.value_or(test::hostile_log()));
    write_car(folder / (repo.name + ".twin.car"), repo.twin.car(), test::hostile_log());
    data::Array findings;
    for (const test::Expected& one : repo.findings)
      findings.emplace_back(data::Object().set("id", one.id).set("severity", name_of(one.severity)));
    data::Object line;
    line.set("name", repo.name).set("findings", std::move(findings));
    if (repo.expected) line.set("did", *repo.expected);
    // Broken only for a reader with other limits than the usual ones.
    if (repo.limits) line.set("limited", true);
    index += data::to_json(line) + "\n";
  }
  write_file(folder / "index.jsonl", as_bytes(index));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "make_hostile FOLDER\n");
    return 2;
  }
  try {
    run(argv[1]);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "make_hostile: {}\n", error.what());
    return 1;
  }
}
