// The reference server (@atproto/pds) from an installed copy, as a process of its own.
#pragma once

#include "core/os/file_system.h"
#include "core/os/random.h"
#include "core/os/running_program.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atb::rehearse {

struct InstalledServer {
  std::string folder;   // its node_modules/ has it
  std::string version;  // of the package
  std::string node;     // the program to run it with
};

// In `wanted`, when it is not empty, else in the first of `places` that has one. Node.js lies beside it (the
// package node-linux-…, or bin/node), or is found by PATH. Ids (kind refused): "rehearse.no_server",
// "rehearse.no_node" (none, or older than the server needs).
Result<InstalledServer> find_server(os::FileSystem& fs, const std::string& wanted,
                                    const std::vector<std::string>& places, const StopToken& stop);

// What a person types to get one.
std::string how_to_install(const std::string& folder);

inline constexpr std::string_view kHandleDomain = ".rehearsal.test";
// As most hosts have it.
inline constexpr std::uint64_t kUploadLimit = 100U << 20;

struct RunningServer {
  os::RunningProgram program;
  std::string url;
};
// Of the drill: where the server asks who an account is.
struct Identities {
  std::string directory;  // URL of the private directory
  std::string document;   // of a did:web: URL of the document that stands for the public one; else empty
};
// Starts it in `folder`, which it removes itself when this process is gone, unless `keep`. Ids:
// "rehearse.server" (remote: it does not start; its own words are in the message), those of
// os::RunningProgram.
Result<RunningServer> start_server(os::FileSystem& fs, os::Random& random, const InstalledServer& server,
                                   const std::string& folder, const Identities& identities, bool keep,
                                   const StopToken& stop);

// Where else the server wanted to go, and was kept from it: names, each once.
std::vector<std::string> refused_places(os::FileSystem& fs, const std::string& folder);

}  // namespace atb::rehearse
