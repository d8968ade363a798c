// Could this account leave its host today? Judged from what was observed: pure.
#pragma once

#include "core/base/error.h"
#include "core/base/report.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atb::migrate {

// A host, or the directory, as it answered just now.
struct ServerHealth {
  std::string who;  // "the account's host", "the directory", "the new host"
  std::string origin;
  bool reached = false;  // it answered, whatever it said
  bool healthy = false;
  std::string problem;  // may hold remote text
  std::int64_t millis = 0;
};

struct BackupHealth {
  std::string path;
  std::string problem;          // it cannot be read, or does not prove; empty: it is sound
  std::int64_t created_us = 0;  // 0: it does not say
  std::uint64_t records = 0;
  std::uint64_t blobs = 0;
  std::uint64_t missing_blobs = 0;
  bool has_blobs = true;
  bool has_preferences = false;
  bool log_differs = false;  // its log is no beginning of the directory's
  bool behind = false;       // the host has another commit by now
};

struct KeyHealth {
  std::string key;   // did:key; empty: none is known
  std::string file;  // empty: none was named
  bool opened = false;
  std::string problem;              // why it did not open
  std::optional<std::size_t> rank;  // in the record now, 0 is the highest
  std::size_t keys = 0;             // that the record lists
  bool host_above = false;          // a key that is likely the host's stands above it
};

// An operation that is in force, and that nothing here has made.
struct ForeignOperation {
  std::string cid;
  std::int64_t created_us = 0;
  std::string signer;         // did:key
  std::size_t rank = 0;       // of the signer
  std::int64_t until_us = 0;  // until then the user's key can undo it; 0: it cannot
};

struct Symptoms {
  std::string account;  // as the user named it
  std::string did;      // empty: it could not be found out
  std::string handle;
  std::string host;  // origin; empty: unknown
  std::int64_t now_us = 0;
  std::string identity_problem;     // why nothing is known of the identity; empty: it is known
  bool identity_untrusted = false;  // the record itself does not hold
  bool plc = true;
  std::vector<ServerHealth> servers;  // the account's host first, where it is known
  std::string account_problem;        // why the host does not serve the account; empty: it does
  bool deactivated = false;           // … as it holds it as deactivated, although the identity names it
  bool handle_proven = true;
  bool handle_of_host = false;  // it dies with the host
  std::optional<BackupHealth> backup;
  KeyHealth key;
  std::vector<ForeignOperation> foreign;
  // The directory shows another log than it has shown before: how (identity/witness.h). May hold remote text.
  std::vector<Finding> contradictions;
  std::string target;  // origin, when one was named
  std::vector<Error> target_obstacles;
};

enum class Verdict : std::uint8_t {
  ready,      // it could leave today, even if its host were gone
  leave_now,  // it could, and its host is failing
  not_ready,
};
std::string_view name_of(Verdict verdict);

struct Point {
  std::string name;  // "host", "key", "backup", "history", "handle", "target", "identity"
  atb::Outcome outcome = atb::Outcome::not_checked;
  int points = 0;  // of `of`
  int of = 0;
  std::string detail;   // a sentence; may hold remote text
  std::string next;     // what would mend it; empty: nothing to do
  bool blocks = false;  // as long as it is so, the account is not ready
};

struct Diagnosis {
  Verdict verdict = Verdict::not_ready;
  int score = 0;  // of 100
  std::vector<Point> points;
  std::string next;  // the one thing to do first; empty: nothing
};

// Nobody answers, of two or more: then it is the way there that fails, and not all of them at once.
bool network_fails(const std::vector<Symptoms>& accounts);
Diagnosis diagnose(const Symptoms& symptoms, bool network_fails);

}  // namespace atb::migrate
