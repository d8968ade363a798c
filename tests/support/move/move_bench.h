// A move from one fake host to another, run as often as one likes with fresh objects over the same disk: as
// a program that is started again.
#pragma once

#include "core/migrate/abort.h"
#include "core/migrate/activate.h"
#include "core/migrate/doctor.h"
#include "core/migrate/dry_run.h"
#include "core/migrate/enroll.h"
#include "core/migrate/publish.h"
#include "core/net/retrying_client.h"
#include "tests/support/capture_log.h"
#include "tests/support/fake_network.h"
#include "tests/support/faults.h"
#include "tests/support/temp_folder.h"

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace atb::test {

// A person who knows the passwords, reads the mail, and agrees, unless the test says otherwise.
class Person final : public account::Prompter {
 public:
  explicit Person(FakeNetwork& network) : network_(network) {}

  // Given instead of the usual answer to the next question that contains `part`; in the order they are added.
  void next_time(std::string part, std::string answer) {
    special_.emplace_back(std::move(part), std::move(answer));
  }
  bool present = true;
  Faults* faults = nullptr;

  bool can_ask() const override { return present; }
  Result<Secret> secret(const std::string& question) override {
    hidden.push_back(question);
    return Secret(TRY(answer(question)));
  }
  Result<std::string> line(const std::string& question) override { return answer(question); }
  Result<bool> confirm(const std::string& question) override { return TRY(answer(question)) == "yes"; }
  void show(const std::string& text) override { shown += text; }

  std::vector<std::string> questions;
  std::vector<std::string> hidden;  // those of them that were asked without echo
  std::string shown;
  bool was_asked(std::string_view part) const;
  std::size_t times_asked(std::string_view part) const;

 private:
  Result<std::string> answer(const std::string& question);
  FakeNetwork& network_;
  std::deque<std::pair<std::string, std::string>> special_;
};

class CollectSteps final : public migrate::Watcher {
 public:
  void step(const migrate::StepEvent& event) override;
  void finding(const Finding& finding) override { findings.push_back(finding); }
  void say(std::string_view text) override;
  // Told of a document that is to be published.
  std::function<void(const std::string& document)> publish;
  std::vector<std::string> steps;  // "import observed"
  std::string said;
  std::vector<Finding> findings;
  Faults* faults = nullptr;
};

class MoveBench {
 public:
  explicit MoveBench(std::size_t records = 12, FakeNetwork::Method method = FakeNetwork::Method::plc);

  struct Run {
    Result<migrate::Outcome> result;
    bool struck = false;
    bool killed = false;
    std::string victim;
    std::vector<std::string> files;  // the operations on files, in order
  };
  // 'migrate ACCOUNT --to NEW', or 'migrate resume' when `resume`.
  Run start(Strike strike = {}) { return run(false, strike); }
  Run resume(Strike strike = {}) { return run(true, strike); }
  // 'migrate resume ACCOUNT': a finished move too is looked at again.
  Run look_again(Strike strike = {}) { return run(true, strike, true); }
  Run run(bool resume, Strike strike, bool named = false);
  Result<std::vector<migrate::MoveStatus>> status();

  // From here on nobody is there: secrets come from files, and what a script must say is in the options.
  void leave_terminal();
  // The user has a rotation key, in the file user.key, and a backup, in the folder my-backup; then the old
  // host dies. The options say to leave without it.
  enum class Enrolled : std::uint8_t { now, already };
  void lose_old_host(Enrolled enrolled = Enrolled::now);
  // The account has lived on the new host before: what it was then is there, deactivated, under a password of
  // its own; it holds most of the present records, and one that is gone since.
  static constexpr const char* kFormerPassword = "former-secret-55ce";
  void leave_shell();
  // The host signs an operation of its own, an hour later: the handle is `handle`, and with `take_key` the
  // user's key is gone. Its CID.
  std::string betray(const std::string& handle, bool take_key);
  // The host gives the identity up for good, an hour later. The CID of that.
  std::string give_up();
  // 'key enroll ACCOUNT --rotation-key FILE', as a program that is started again.
  struct Enrolment {
    Result<migrate::Enrolled> result;
    bool struck = false;
    std::string victim;
  };
  Enrolment enroll(Strike strike = {});
  // 'migrate ACCOUNT --to NEW --dry-run'; what it asked of whom is in `asked`.
  Result<migrate::DryRun> dry_run();
  std::vector<std::string> asked;  // "GET https://…"
  // 'migrate abort', as a program that is started again.
  Result<migrate::Aborted> abort(Strike strike = {});
  bool struck = false;  // was that abort?
  // 'migrate activate ACCOUNT'.
  Result<migrate::Activated> activate(Strike strike = {});
  // 'doctor ACCOUNT'.
  Result<std::vector<migrate::Examined>> doctor(const migrate::DoctorOptions& wanted);
  // 'plc revert ACCOUNT', 'plc submit FILE'.
  struct Change {
    Result<migrate::Published> result;
    bool struck = false;
    std::string victim;
  };
  Change revert(const std::string& target = {}, Strike strike = {});
  Change submit(const plc::Operation& operation, Strike strike = {});
  // A backup of the account as the old host has it, preferences too, in the folder my-backup.
  void take_backup();
  // A file beside the state folder, 0600. Its path.
  std::string secret_file(const std::string& name, std::string_view content);
  // The account's signing key, as an operator has saved it from the old host's disk: 32 bytes in a file.
  std::string saved_signing_key();
  std::string file(const std::string& name) const { return temp_.file(name); }

  // What does not hold of a finished move; empty when all does.
  std::string complaints();

  std::string state_folder() const { return temp_.file("state"); }
  std::string move_folder() const;
  // The ways of other hosts that the move has met.
  std::vector<std::string> ways() const;
  // All files under the state folder that hold this text.
  std::vector<std::string> files_with(std::string_view text) const;

  FakeNetwork network;
  migrate::Options options;
  migrate::SecretSources sources;
  std::string account;  // the DID at first
  int operations = 1;   // that the directory must have taken in the end; of a did:web: publications
  int accounts = 1;     // that the new host must have made
  int activations = 1;
  std::size_t preferences = 1;                             // that must be there
  std::string there_password = FakeNetwork::kNewPassword;  // that the account there must have
  bool patient = false;                                    // as in production: with RetryingClient
  bool witnesses = false;                                  // … and logs that are seen are kept
  Person person{network};
  CollectSteps watcher;
  CaptureLog log;

 private:
  void with_world(Faults& faults, const std::function<void(const migrate::World&)>& body);
  TempFolder temp_;
  std::size_t records_;
  SeededRandom random_{99};
};

}  // namespace atb::test
