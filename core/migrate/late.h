// What was written on the old host and did not come along: between the last catch-up of a move and the moment
// the old host was deactivated, or, after a move without the old host, what the backup did not have. Private
// to this module.
//
// It is kept in the move's folder, under late/: the old host's last repository, proven, and the blobs that
// its late records refer to. So it can be brought over later, when the old host may be gone.
#pragma once

#include "core/migrate/machine.h"
#include "core/migrate/move.h"

#include <optional>
#include <string>
#include <vector>

namespace atb::migrate {

struct LateRecord {
  std::string path;                // collection/record key
  std::optional<ipld::Cid> moved;  // as it was moved; empty: it is new
  std::optional<ipld::Cid> now;    // as the old host has it; empty: deleted there
};
// From the journal.
Result<std::vector<LateRecord>> late_records(const Move& move);

// Fetches the old host's repository, compares it with what was moved, and keeps what is late. Needs a session
// there. "late.backup" (refused): the backup that was moved is not there as it was.
Status gather_late_records(Move& move);

enum class Standing : std::uint8_t {
  there,     // the new host has it as the old one does
  open,      // it has what was moved
  overtaken  // it was changed on the new host since, and stays so
};
Result<Standing> place_of(Move& move, const LateRecord& record);
// One after the other, each looked at before and after. Blobs first. Failing ones are told as findings;
// "late.not_brought" (incomplete).
Status bring_late_records(Move& move, const std::vector<LateRecord>& records);

// "3 posts, 1 change, 2 deletions", and the first paths.
std::string describe_late(const std::vector<LateRecord>& records);

// After the move: the old host asked once more, or its late records brought over.
std::unique_ptr<Step> late_records_step();

}  // namespace atb::migrate
