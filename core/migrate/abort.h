// `migrate abort`: gives a move up, as far as its state lets it. What may be done is decided by a pure
// function; the doing is a list of steps for the machine (machine.h), so it may be killed anywhere and run
// again.
#pragma once

#include "core/migrate/migrate.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace atb::migrate {

struct AbortFacts {
  std::string old_host;
  std::string new_host;
  std::string handle;          // on the new host
  bool web = false;            // a did:web: the user publishes, and takes back
  bool submitted = false;      // the identity names the new host, or did
  bool claimed = false;        // the identity names a temporary key of this move
  bool hostile = false;        // … and with that the old host's keys went out (--hostile-host)
  bool account_made = false;   // on the new host, or it may have been
  bool returned = false;       // into an account that was there before
  bool has_signed = false;     // an operation was signed and not published
  std::string recovery_file;   // that the move has made; empty: none
  std::string backup;          // that it was to be made from
  std::string submitted_undo;  // who could undo the published change, and until when: a sentence
  // When a change was last handed over that is not in the directory; it may still arrive.
  std::optional<std::int64_t> handed_over_us;
  std::int64_t now_us = 0;
};

struct AbortPlan {
  bool undo_claim = false;
  std::vector<std::string> will;  // what is done, sentences
  std::vector<std::string> left;  // what stays where, sentences
};

// Kind refused: "abort.too_late" (the identity has moved: forward, or a revert), "abort.wait" (a change is on
// its way, or not: look again after the time that the hint names).
Result<AbortPlan> plan_abort(const AbortFacts& facts);
constexpr std::int64_t kOnItsWayUs = 10LL * 60 * 1'000'000;

struct Aborted {
  std::string did;
  std::string old_host;
  std::string new_host;
  std::string folder;  // where the move's journal, and its backup if it made one, lie now
  bool identity_restored = false;
  std::vector<std::string> left;
};
// Ids besides: those of resume() for choosing a move, "move.confirm" and "move.not_agreed" (refused), and for
// undoing a claim those of signing with the user's key.
Result<Aborted> abort(const World& world, const std::optional<syntax::AtIdentifier>& account,
                      const Options& options, const SecretSources& secrets);

}  // namespace atb::migrate
