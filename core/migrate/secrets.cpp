#include "core/migrate/secrets.h"

#include "core/crypto/sealed.h"
#include "core/data/json.h"
#include "core/os/atomic_file.h"

namespace atb::migrate {
namespace {

constexpr std::string_view kPurpose = "move-secrets";
constexpr std::size_t kMaxFile = 64U << 10;

}  // namespace

SecretsFile::SecretsFile(os::FileSystem& fs, os::Random& random, std::string path, const Secret* passphrase)
    : fs_(&fs), random_(&random), path_(std::move(path)) {
  if (passphrase != nullptr) passphrase_ = passphrase->clone();
}

Result<SecretsFile> SecretsFile::open(os::FileSystem& fs, os::Random& random, std::string path,
                                      const Secret* passphrase) {
  SecretsFile secrets(fs, random, std::move(path), passphrase);
  auto raw = os::read_file(fs, secrets.path_, kMaxFile);
  // Only a file that is not there is none: one that cannot be read now would else be written anew, without
  // the password that an account was made with.
  if (!raw && raw.error().kind == ErrorKind::not_found) return secrets;
  if (!raw) return std::unexpected(std::move(raw).error());
  Secret text{std::string(as_text(*raw))};
  wipe(raw->data(), raw->size());
  if (crypto::looks_sealed(text.reveal())) {
    if (passphrase == nullptr) {
      return fail(ErrorKind::bad_key, "secrets.passphrase_needed",
                  "the secrets of this move are wrapped with a passphrase",
                  "give it with --passphrase-file or --passphrase-command, or at a terminal");
    }
    text = TRY_CONTEXT("while opening the secrets of this move",
                       crypto::open(text.reveal(), *passphrase, kPurpose));
  }
  auto parsed = data::parse_json(text.reveal(), Limits{});
  data::Object* const object = parsed ? parsed->object() : nullptr;
  if (object == nullptr) {
    return fail(ErrorKind::corrupt, "secrets.format",
                "the secrets of this move cannot be read: " + secrets.path_);
  }
  for (const auto& [name, value] : object->entries()) {
    if (const std::string* secret = value.text())
      secrets.values_.insert_or_assign(name, Secret::copy_of(*secret));
  }
  object->wipe();
  return secrets;
}

const Secret* SecretsFile::get(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : &found->second;
}

Status SecretsFile::put(std::string_view name, const Secret& value) {
  values_.insert_or_assign(std::string(name), value.clone());
  return save();
}

Status SecretsFile::save() const {
  data::Object object;
  for (const auto& [name, value] : values_) object.set(name, std::string(value.reveal()));
  data::Value content(std::move(object));
  const Secret text(data::to_json(content));
  content.wipe();
  if (!passphrase_) return os::write_file(*fs_, *random_, path_, as_bytes(text.reveal()));
  const std::string sealed = TRY(crypto::seal(text.reveal(), *passphrase_, kPurpose));
  return os::write_file(*fs_, *random_, path_, as_bytes(sealed));
}

Status SecretsFile::erase() {
  values_.clear();
  if (!os::exists(*fs_, path_)) return {};
  TRY(fs_->remove(path_));
  return fs_->sync_folder(os::parent_of(path_));
}

}  // namespace atb::migrate
