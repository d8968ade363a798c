// A lone CAR in memory through the public entry of verify.
#pragma once

#include "core/backup/folder.h"
#include "core/verify/verify.h"
#include "tests/support/mem_fs.h"
#include "tests/support/repo_fixture.h"

#include <array>

namespace atb::test {

inline constexpr std::array kBlockOrders = {BlockOrder::depth_first, BlockOrder::reference_server,
                                            BlockOrder::shuffled};

// `log` lies beside it, unless it is empty.
inline Result<verify::Verdict> verify_car(ByteView car, const std::string& log,
                                          const verify::Options& options, verify::Taker* taker = nullptr) {
  MemFs fs;
  fs.put("/a.car", as_text(car));
  if (!log.empty()) fs.put("/a.car.plc-log.json", log);
  const auto source = TRY(backup::open_backup(fs, "/a.car"));
  return verify::verify_backup(*source, options, no_progress(), {}, taker);
}

// Fails the backup: what exit codes above 0 are made of.
inline bool fails(const verify::Verdict& verdict) {
  const Report& report = verdict.report;
  return report.has(Severity::forged) || report.has(Severity::damage) || report.has(Severity::missing) ||
         !verdict.proof.authentic;
}

}  // namespace atb::test
