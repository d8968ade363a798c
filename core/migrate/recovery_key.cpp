// A rotation key of the user's own, in a sealed file, before any operation names it.
#include "core/account/key_file.h"
#include "core/migrate/machine.h"
#include "core/migrate/move.h"

namespace atb::migrate {
namespace {

class KeepRecoveryKey final : public Step {
 public:
  std::string_view name() const override { return "recovery-key"; }
  std::string_view title() const override {
    return "Make a recovery key of your own, and keep it in a sealed file";
  }

  Result<Observation> observe(Move& move) override {
    if (!wants_recovery_key(move.journal)) return Observation{true, "none wanted"};
    // The file may have been taken away to a safe place, as the words beside it advise.
    if (move.journal.has(fact::kRecoveryKey)) return Observation{true, move.journal.get(fact::kRecoveryKey)};
    return Observation{false, "no key yet"};
  }

  Status act(Move& move) override {
    exporter::Context& context = move.context;
    const std::string path = move.journal.get(fact::kRecoveryPath);
    // A killed run may have left the file: its key may already be known to somebody, so it is used and not
    // replaced.
    if (os::exists(context.fs, path)) return reuse(move, path);
    const Secret phrase = TRY(account::choose_passphrase(move.sources.passphrase, path, context.fs,
                                                         move.world.prompter, move.stop()));
    auto key = TRY(crypto::PrivateKey::generate(crypto::Curve::k256, context.random));
    const account::RotationKey made{std::move(key), move.did.str()};
    TRY(account::write_key_file(context.fs, context.random, path, made, phrase, context.clock.wall_us()));
    account::show_key_sheet(move.world.prompter, made.key, "for " + move.did.str(), path);
    return move.journal.set(fact::kRecoveryKey, made.key.public_key().did_key());
  }

 private:
  static Status reuse(Move& move, const std::string& path) {
    const auto kept = account::KeyFile::read(move.context.fs, path);
    if (!kept || !kept->sealed()) {
      return fail(ErrorKind::conflict, "move.recovery_exists", "there is a file already: " + path,
                  "name another with --recovery-key-out");
    }
    const account::RotationKey key =
        TRY(account::open_key_file(move.context.fs, path, move.sources.passphrase, move.world.prompter,
                                   move.context.limits, move.stop()));
    if (key.did != move.did.str()) {
      return fail(ErrorKind::conflict, "move.recovery_exists", path + " holds a key of another account",
                  "name another file with --recovery-key-out");
    }
    return move.journal.set(fact::kRecoveryKey, key.key.public_key().did_key());
  }
};

}  // namespace

std::unique_ptr<Step> recovery_key_step() { return std::make_unique<KeepRecoveryKey>(); }

}  // namespace atb::migrate
