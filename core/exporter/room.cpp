#include "core/exporter/room.h"

#include "core/base/text.h"

#include <fmt/format.h>

namespace atb::exporter {
namespace {

constexpr std::uint64_t kMargin = 16U << 20;

}  // namespace

Status check_room(os::FileSystem& fs, const std::string& folder, std::uint64_t bytes) {
  const std::uint64_t free = TRY(fs.free_space(folder));
  const std::uint64_t needed = bytes + kMargin;
  if (free >= needed) return {};
  return fail(ErrorKind::no_space, "export.no_space",
              fmt::format("{} has {} free, and at least {} are needed", folder, human_bytes(free),
                          human_bytes(needed)),
              "make room, or export to another disk; nothing was changed");
}

}  // namespace atb::exporter
