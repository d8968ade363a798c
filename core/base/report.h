// A report: what was checked, with which outcome, and what was found on the way. Verification, export and the
// move all speak through it; the command line turns it into text, JSON and an exit code.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace atb {

enum class Severity : std::uint8_t {
  info,     // unusual but authentic: told, never a failure
  warning,  // someone may want to look
  alarm,    // kept, but someone should look (exit 23)
  missing,  // something named is not there (exit 3)
  damage,   // corrupt or missing against the manifest (exit 20)
  forged,   // authentic-looking but not authentic (exit 21)
};

struct Finding {
  std::string id;  // stable, dotted: "blob.missing"; tests and JSON share it
  Severity severity = Severity::info;
  std::string where;   // a path, record path, CID; may be empty; may hold remote text
  std::string detail;  // one sentence; may hold remote text
};

enum class Outcome : std::uint8_t { passed, failed, not_checked };

// One link of the chain of proof, such as "signature".
struct Check {
  std::string name;
  Outcome outcome = Outcome::not_checked;
  std::string detail;  // what was proven, or why it was not checked
};

std::string_view name_of(Severity severity);
std::string_view name_of(Outcome outcome);

class FindingSink {
 public:
  virtual ~FindingSink() = default;
  virtual void add(Finding finding) = 0;
};

// Keeps at most `kept_per_id` findings of each id and counts the rest: a damaged repository can have a
// million.
class Report final : public FindingSink {
 public:
  explicit Report(std::size_t kept_per_id = 100) : kept_per_id_(kept_per_id) {}

  void add(Finding finding) override;
  void add_check(std::string name, Outcome outcome, std::string detail);

  const std::vector<Finding>& findings() const { return findings_; }
  const std::vector<Check>& checks() const { return checks_; }
  // The check of that name, the worst where there are several (failed, not checked, passed); null if none.
  // Lives until the report next changes.
  const Check* check(std::string_view name) const;
  // How often `id` was reported, kept or not.
  std::uint64_t count(std::string_view id) const;
  bool has(Severity severity) const;
  // Adds what `other` holds and counted; of each id at most `kept_per_id` are kept, as ever.
  void merge(const Report& other);

 private:
  struct Count {
    std::string id;
    std::uint64_t number = 0;
    std::size_t kept = 0;
  };
  Count& count_of(std::string_view id);
  void keep(Count& count, Finding finding);

  std::size_t kept_per_id_;
  std::vector<Finding> findings_;
  std::vector<Check> checks_;
  std::vector<Count> counts_;
  std::uint8_t severities_ = 0;  // bit per Severity
};

}  // namespace atb
