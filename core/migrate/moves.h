// The moves on this machine, and one of them opened under its lock. Private to this module.
#pragma once

#include "core/migrate/move.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace atb::migrate {

struct OpenMove {
  std::unique_ptr<os::FileLock> lock;
  std::unique_ptr<Move> move;
  bool resumed = false;
};
Result<OpenMove> open_move(const World& world, const MovePaths& paths, const Options& options,
                           const SecretSources& sources);
Result<std::unique_ptr<os::FileLock>> lock_of(const World& world, const MovePaths& paths);
// A move that is over makes room for the next one of the same account; its journal and backup are kept beside
// it, under this ending. Gives the folder's new name.
Result<std::string> set_aside(exporter::Context& context, const MovePaths& paths, std::string ending);

struct Known {
  MovePaths paths;
  std::string did;
  std::string account;
  std::string handle;
  bool finished = false;            // and tidied up
  bool aborted = false;             // given up, and tidied up
  std::optional<Error> unreadable;  // then nothing above but the paths is known

  bool over() const { return finished || aborted; }
};
// One journal that cannot be read hides no other move.
Result<std::vector<Known>> known_moves(os::FileSystem& fs, os::Clock& clock, const std::string& state_folder);
// The one that is named, or the only one that is not over: "move.none" (not_found), "move.several"
// (invalid_input).
Result<const Known*> choose(const std::vector<Known>& moves,
                            const std::optional<syntax::AtIdentifier>& account);

}  // namespace atb::migrate
