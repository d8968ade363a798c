#include "core/account/key_file.h"

#include "core/base/encoding.h"
#include "core/base/text.h"
#include "core/crypto/sealed.h"
#include "core/data/json.h"
#include "core/os/atomic_file.h"
#include "core/os/clock.h"

#include <fmt/format.h>

namespace atb::account {
namespace {

constexpr std::string_view kPurpose = "rotation-key";
constexpr std::size_t kMaxFile = 64U << 10;
constexpr std::size_t kScalarDigits = 64;

Failure no_key_file(const std::string& path) {
  return fail(ErrorKind::bad_key, "key.format", path + " is no file of a rotation key",
              "it is a sealed file that this program made, or one line: k256 and the 64 digits that were "
              "printed");
}

Result<crypto::PrivateKey> key_of(std::string_view curve, std::string_view digits, const std::string& path) {
  if ((curve != "k256" && curve != "p256") || digits.size() != kScalarDigits) return no_key_file(path);
  auto scalar = hex_decode(digits);
  if (!scalar) return no_key_file(path);
  auto key =
      crypto::PrivateKey::from_scalar(curve == "p256" ? crypto::Curve::p256 : crypto::Curve::k256, *scalar);
  wipe(scalar->data(), scalar->size());
  if (!key) return no_key_file(path);
  return key;
}

// "k256 <64 hex digits>", as printed; white space around and between does not count.
Result<crypto::PrivateKey> from_sheet(std::string_view text, const std::string& path) {
  text = trim(text);
  constexpr std::size_t kCurveLength = 4;
  if (text.size() <= kCurveLength) return no_key_file(path);
  return key_of(text.substr(0, kCurveLength), trim(text.substr(kCurveLength)), path);
}

Status check_mode(os::FileSystem& fs, const std::string& path) {
  const os::FileInfo info = TRY(fs.stat(path));
  if ((info.mode & 0077U) == 0) return {};
  return fail(ErrorKind::refused, "secret.mode",
              fmt::format("{} holds a key that is not sealed, and can be read or changed by other users of "
                          "this machine (mode {:o})",
                          path, info.mode),
              "chmod 600 " + path);
}

Result<RotationKey> from_json(std::string_view text, const std::string& path, const Limits& limits) {
  const auto content = data::parse_json(text, limits);
  if (!content) return no_key_file(path);
  auto key = TRY(key_of(data::text_or(*content, "curve", ""), data::text_or(*content, "private", ""), path));
  // The rest of the file is only words about the private half, but words that are wrong are damage.
  if (data::text_or(*content, "public", "") != key.public_key().did_key())
    return fail(ErrorKind::corrupt, "key.mismatch", path + " does not hold the key that it names");
  return RotationKey{std::move(key), data::text_or(*content, "did", "")};
}

}  // namespace

Status write_key_file(os::FileSystem& fs, os::Random& random, const std::string& path, const RotationKey& key,
                      const Secret& passphrase, std::int64_t now_us) {
  const Secret hex = key.key.scalar_hex();
  data::Object content;
  content.set("type", "atbackup rotation key");
  if (!key.did.empty()) content.set("did", key.did);
  content.set("curve", std::string(crypto::name_of(key.key.curve())))
      .set("public", key.key.public_key().did_key())
      .set("private", std::string(hex.reveal()))
      .set("created", os::rfc3339(now_us));
  const Secret text(data::to_json(data::Value(std::move(content)), data::JsonStyle::indented));
  const std::string sealed = TRY(crypto::seal(text.reveal(), passphrase, kPurpose));
  return os::write_file(fs, random, path, as_bytes(sealed));
}

Result<KeyFile> KeyFile::read(os::FileSystem& fs, const std::string& path) {
  Bytes raw = TRY(os::read_file(fs, path, kMaxFile));
  Secret text = Secret::copy_of(as_text(raw));
  wipe(raw.data(), raw.size());
  if (crypto::looks_sealed(text.reveal())) return KeyFile(path, std::move(text), true);
  TRY(from_sheet(text.reveal(), path));
  TRY(check_mode(fs, path));
  return KeyFile(path, std::move(text), false);
}

bool KeyFile::claims_to_be_key() const {
  if (!sealed_) return true;
  const std::string wanted = "purpose: " + std::string(kPurpose);
  for (std::string_view line : split(text_.reveal(), '\n')) {
    if (trim(line) == wanted) return true;
  }
  return false;
}

Result<RotationKey> KeyFile::open(const Secret& passphrase, const Limits& limits) const {
  if (!sealed_) {
    crypto::PrivateKey key = TRY(from_sheet(text_.reveal(), path_));
    return RotationKey{std::move(key), {}};
  }
  const Secret text =
      TRY_CONTEXT("while opening " + path_, crypto::open(text_.reveal(), passphrase, kPurpose));
  return from_json(text.reveal(), path_, limits);
}

Result<Secret> choose_passphrase(const SecretSource& source, const std::string& path, os::FileSystem& fs,
                                 Prompter& prompter, const StopToken& stop) {
  const std::string question = "Passphrase for the recovery key file " + path + ": ";
  for (int attempt = 0; attempt < 3; ++attempt) {
    Secret first = TRY(obtain(source, "passphrase", question, fs, prompter, stop));
    if (is_set(source)) return first;
    const Secret second = TRY(prompter.secret("The same again: "));
    if (first.reveal() == second.reveal()) return first;
    prompter.show("The two differ. Once more.\n");
  }
  return fail(ErrorKind::auth, "key.passphrase", "no passphrase was agreed on", "run the same command again");
}

Result<RotationKey> open_key_file(os::FileSystem& fs, const std::string& path, const SecretSource& passphrase,
                                  Prompter& prompter, const Limits& limits, const StopToken& stop) {
  const KeyFile file = TRY(KeyFile::read(fs, path));
  if (!file.sealed()) return file.open(Secret(), limits);
  for (int attempt = 1;; ++attempt) {
    const Secret phrase =
        TRY(obtain(passphrase, "passphrase", "Passphrase of " + path + ": ", fs, prompter, stop));
    auto key = file.open(phrase, limits);
    if (key || key.error().id != "sealed.passphrase" || is_set(passphrase) || attempt == 3) return key;
    prompter.show("That is not its passphrase. Once more.\n");
  }
}

Result<crypto::PrivateKey> read_signing_key(os::FileSystem& fs, const std::string& path) {
  constexpr std::size_t kScalar = kScalarDigits / 2;
  constexpr std::string_view kCurve = "k256";
  Bytes raw = TRY(os::read_file(fs, path, kMaxFile));
  Bytes scalar;
  if (raw.size() == kScalar) {
    scalar = raw;
  } else {
    std::string_view digits = trim(as_text(raw));
    if (digits.starts_with(kCurve)) digits = trim(digits.substr(kCurve.size()));
    if (digits.size() == kScalarDigits) scalar = hex_decode(digits).value_or(Bytes());
  }
  auto key = crypto::PrivateKey::from_scalar(crypto::Curve::k256, scalar);
  wipe(raw.data(), raw.size());
  wipe(scalar.data(), scalar.size());
  if (!key) {
    return fail(ErrorKind::bad_key, "key.signing_format", path + " is no signing key of an account",
                "the reference server keeps it in actors/XX/DID/key, 32 bytes; their 64 hex digits do too");
  }
  TRY(check_mode(fs, path));
  return key;
}

void show_key_sheet(Prompter& prompter, const crypto::PrivateKey& key, const std::string& whose,
                    const std::string& path) {
  if (!prompter.can_ask()) return;
  const Secret hex = key.scalar_hex();
  std::string text = "\nYour recovery key " + whose +
                     ". It is shown this once: print it, or write it down, and keep it away from this "
                     "computer.\n\n  " +
                     std::string(crypto::name_of(key.curve())) + " ";
  text += hex.reveal();
  text += "\n\nThe same key lies, sealed with your passphrase, in " + path + "\n\n";
  prompter.show(text);
  wipe(text);
}

}  // namespace atb::account
