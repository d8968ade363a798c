// A rotation key of the user's own, in a sealed file, before any operation names it.
#include "core/base/encoding.h"
#include "core/crypto/sealed.h"
#include "core/data/json.h"
#include "core/migrate/machine.h"
#include "core/migrate/move.h"
#include "core/os/atomic_file.h"

namespace atb::migrate {
namespace {

constexpr std::string_view kPurpose = "rotation-key";
constexpr std::size_t kMaxFile = 64U << 10;

Result<Secret> passphrase(Move& move, bool twice) {
  const std::string question =
      "Passphrase for the recovery key file " + move.journal.get(fact::kRecoveryPath) + ": ";
  for (int attempt = 0; attempt < 3; ++attempt) {
    Secret first = TRY(move.ask(move.sources.passphrase, "passphrase", question));
    if (!twice || account::is_set(move.sources.passphrase)) return first;
    const Secret second = TRY(move.world.prompter.secret("The same again: "));
    if (first.reveal() == second.reveal()) return first;
    move.world.prompter.show("The two differ. Once more.\n");
  }
  return fail(ErrorKind::auth, "move.passphrase", "no passphrase was agreed on",
              "run 'atbackup migrate resume'");
}

class KeepRecoveryKey final : public Step {
 public:
  std::string_view name() const override { return "recovery-key"; }
  std::string_view title() const override {
    return "Make a recovery key of your own, and keep it in a sealed file";
  }

  Result<Observation> observe(Move& move) override {
    const std::string path = move.journal.get(fact::kRecoveryPath);
    if (!wants_recovery_key(move.journal)) return Observation{true, "none wanted"};
    // The file may have been taken away to a safe place, as the words beside it advise.
    if (move.journal.has(fact::kRecoveryKey)) return Observation{true, move.journal.get(fact::kRecoveryKey)};
    return Observation{false, "no key yet"};
  }

  Status act(Move& move) override {
    const std::string path = move.journal.get(fact::kRecoveryPath);
    // A killed run may have left the file: its key may already be known to somebody, so it is used and not
    // replaced.
    if (os::exists(move.context.fs, path)) return reuse(move, path);
    const Secret phrase = TRY(passphrase(move, true));
    const crypto::PrivateKey key =
        TRY(crypto::PrivateKey::generate(crypto::Curve::k256, move.context.random));
    const Secret hex = key.scalar_hex();
    data::Object content;
    content.set("type", "atbackup rotation key")
        .set("did", move.did.str())
        .set("curve", std::string(crypto::name_of(key.curve())))
        .set("public", key.public_key().did_key())
        .set("private", std::string(hex.reveal()))
        .set("created", os::rfc3339(move.context.clock.wall_us()));
    const Secret text(data::to_json(data::Value(std::move(content)), data::JsonStyle::indented));
    TRY(os::write_file(move.context.fs, move.context.random, path,
                       as_bytes(TRY(crypto::seal(text.reveal(), phrase, kPurpose)))));
    if (move.world.prompter.can_ask()) {
      move.world.prompter.show(
          "\nYour recovery key for " + move.did.str() +
          ". It is shown this once: print it, or write it down, and keep it away from this computer.\n\n  " +
          std::string(crypto::name_of(key.curve())) + " " + std::string(hex.reveal()) +
          "\n\nThe same key lies, sealed with your passphrase, in " + path + "\n\n");
    }
    return move.journal.set(fact::kRecoveryKey, key.public_key().did_key());
  }

 private:
  static Status reuse(Move& move, const std::string& path) {
    const Bytes raw = TRY(os::read_file(move.context.fs, path, kMaxFile));
    if (!crypto::looks_sealed(as_text(raw))) {
      return fail(ErrorKind::conflict, "move.recovery_exists", "there is a file already: " + path,
                  "name another with --recovery-key-out");
    }
    const Secret phrase = TRY(passphrase(move, false));
    const Secret text = TRY_CONTEXT("while opening " + path, crypto::open(as_text(raw), phrase, kPurpose));
    const data::Value content = TRY(data::parse_json(text.reveal(), move.context.limits));
    if (data::text_or(content, "did", "") != move.did.str()) {
      return fail(ErrorKind::conflict, "move.recovery_exists", path + " holds a key of another account",
                  "name another file with --recovery-key-out");
    }
    const std::string key = TRY(data::require_text(content, "public"));
    // What counts is that the private half fits: the rest of the file is only words about it.
    const std::string curve = TRY(data::require_text(content, "curve"));
    Bytes scalar = TRY(hex_decode(TRY(data::require_text(content, "private"))));
    const auto held =
        crypto::PrivateKey::from_scalar(curve == "p256" ? crypto::Curve::p256 : crypto::Curve::k256, scalar);
    wipe(scalar.data(), scalar.size());
    if (!held || held->public_key().did_key() != key) {
      return fail(ErrorKind::corrupt, "move.recovery_file", path + " does not hold the key that it names",
                  "name another file with --recovery-key-out");
    }
    return move.journal.set(fact::kRecoveryKey, key);
  }
};

}  // namespace

std::unique_ptr<Step> recovery_key_step() { return std::make_unique<KeepRecoveryKey>(); }

}  // namespace atb::migrate
