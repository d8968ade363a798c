// Offering what was written on the old host and did not come along.
#include "core/migrate/asking.h"
#include "core/migrate/late.h"

#include <fmt/format.h>

#include <algorithm>

namespace atb::migrate {
namespace {

constexpr std::string_view kBring = "bring";
constexpr std::string_view kLeave = "leave";
constexpr std::string_view kNotBrought = "On the old host";  // how the note begins

class LateRecords final : public Step {
 public:
  std::string_view name() const override { return "late-posts"; }
  std::string_view title() const override { return "Look for what was written on the old host meanwhile"; }
  bool must_hold() const override { return false; }

  Result<Observation> observe(Move& move) override {
    if (auto unseen = TRY(what_is_unseen(move)); !unseen.empty()) return Observation{false, unseen};
    const auto records = TRY(late_records(move));
    if (records.empty()) return Observation{true, "nothing was written there that did not come along"};
    const std::string decision = decision_of(move);
    if (decision == kLeave) return Observation{true, fmt::format("{} records stay there", records.size())};
    if (decision != kBring) return Observation{false, fmt::format("{} late records", records.size())};
    std::size_t open = 0;
    for (const LateRecord& record : records) {
      if (TRY(place_of(move, record)) == Standing::open) ++open;
    }
    return Observation{open == 0,
                       fmt::format("{} of {} late records are to be brought over", open, records.size())};
  }

  // After the move its sessions are gone: who wants something from a host then logs in anew.
  Status act(Move& move) override {
    if (!TRY(what_is_unseen(move)).empty()) {
      if (TRY(move.old_host.session()) == nullptr) TRY(move.old_host.keep(TRY(log_in_on_old_host(move))));
      if (!TRY(what_is_unseen(move)).empty()) {
        TRY(gather_late_records(move));
      } else {
        TRY(move.journal.set(fact::kLateHead, move.journal.get(fact::kBackupCommit)));
      }
    }
    const auto records = TRY(late_records(move));
    if (records.empty()) return {};
    if (move.options.bring_late) TRY(move.journal.set(fact::kLateDecision, kBring));
    if (decision_of(move) != kBring) TRY(decide(move, records));
    if (decision_of(move) != kBring) return {};
    if (!TRY(move.new_host.works(move.stop()))) TRY(log_in_new_step()->act(move));
    TRY(bring_late_records(move, records));
    TRY(move.forget_notes(kNotBrought));
    return note_overtaken(move, records);
  }

 private:
  static std::string decision_of(const Move& move) {
    if (move.options.bring_late) return std::string(kBring);
    return move.journal.get(fact::kLateDecision);
  }

  // Empty: the old host's last state is known. What was kept of it counts where it cannot be asked any more.
  static Result<std::string> what_is_unseen(Move& move) {
    if (TRY(move.old_host.session()) == nullptr)
      return move.journal.has(fact::kLateHead) ? std::string() : "the old host was not looked at";
    const xrpc::Client host = TRY(move.old_host.client());
    const auto latest = TRY(xrpc::get_latest_commit(host, move.did, move.stop()));
    const std::string head = latest.cid.str();
    if (head == move.journal.get(fact::kBackupCommit) || head == move.journal.get(fact::kLateHead))
      return std::string();
    return "the old host has another commit than what was moved: " + head;
  }

  static Status decide(Move& move, const std::vector<LateRecord>& records) {
    const std::string old = move.old_host.host().origin();
    move.world.watcher.say(
        fmt::format("On {} {} were written, changed or deleted that did not come along:\n{}", old,
                    records.size() == 1 ? "1 record" : fmt::format("{} records", records.size()),
                    describe_late(records)));
    const bool bring =
        move.world.prompter.can_ask() && TRY(move.world.prompter.confirm("Bring them to the new host now?"));
    TRY(move.journal.set(fact::kLateDecision, bring ? kBring : kLeave));
    if (bring) return {};
    return move.note(
        fmt::format("{} {} {} records were written, changed or deleted that did not come along, the first "
                    "{}. They are kept "
                    "in {}; 'atbackup migrate resume {} --bring-late-posts' brings them over.",
                    kNotBrought, old, records.size(), records.front().path,
                    os::join(move.paths.folder, "late"), move.did.str()));
  }

  static Status note_overtaken(Move& move, const std::vector<LateRecord>& records) {
    std::vector<std::string> paths;
    for (const LateRecord& record : records) {
      if (TRY(place_of(move, record)) == Standing::overtaken) paths.push_back(record.path);
    }
    if (paths.empty()) return {};
    return move.note(
        fmt::format("{} records were changed on both hosts since; the new host's stay, the first "
                    "{}. The old host's are in {}.",
                    paths.size(), paths.front(), os::join(move.paths.folder, "late")));
  }
};

}  // namespace

std::unique_ptr<Step> late_records_step() { return std::make_unique<LateRecords>(); }

}  // namespace atb::migrate
