#include "core/account/known_keys.h"

#include "core/base/encoding.h"
#include "core/base/limits.h"
#include "core/base/secret.h"
#include "core/crypto/sha256.h"
#include "core/data/json.h"
#include "core/os/atomic_file.h"
#include "core/os/clock.h"

#include <algorithm>

namespace atb::account {
namespace {

constexpr std::size_t kMaxFile = 64U << 10;
constexpr std::string_view kEnding = ".json";

}  // namespace

KnownKeys::KnownKeys(os::FileSystem& fs, os::Random& random, std::string folder)
    : fs_(fs), random_(random), folder_(std::move(folder)) {}

Result<std::string> KnownKeys::hash_of(const std::string& path) {
  Bytes file = TRY(os::read_file(fs_, path, kMaxFile));
  const auto hash = crypto::sha256(file);
  wipe(file.data(), file.size());
  return hex_encode(hash);
}

Status KnownKeys::remember(const std::string& path, const std::string& did_key, const std::string& made_for,
                           std::int64_t now_us) {
  const std::string hash = TRY(hash_of(path));
  data::Object known;
  known.set("file", path).set("key", did_key).set("made_for", made_for).set("seen", os::rfc3339(now_us));
  TRY(fs_.make_folders(folder_));
  return os::write_file(fs_, random_, os::join(folder_, hash + std::string(kEnding)),
                        as_bytes(data::to_json(data::Value(std::move(known))) + "\n"));
}

std::optional<KnownKey> KnownKeys::read(const std::string& hash) {
  const auto text = os::read_file(fs_, os::join(folder_, hash + std::string(kEnding)), kMaxFile);
  if (!text) return std::nullopt;
  const auto json = data::parse_json(as_text(*text), Limits{});
  if (!json || data::text_or(*json, "key", "").empty()) return std::nullopt;
  return KnownKey{.hash = hash,
                  .path = data::text_or(*json, "file", ""),
                  .did_key = data::text_or(*json, "key", ""),
                  .made_for = data::text_or(*json, "made_for", ""),
                  .seen = data::text_or(*json, "seen", "")};
}

Result<std::optional<KnownKey>> KnownKeys::find(const std::string& path) { return read(TRY(hash_of(path))); }

Result<std::vector<KnownKey>> KnownKeys::list() {
  std::vector<KnownKey> keys;
  const auto names = fs_.list(folder_);
  if (!names && names.error().kind == ErrorKind::not_found) return keys;
  if (!names) return std::unexpected(names.error());
  for (const std::string& name : *names) {
    if (!name.ends_with(kEnding) || os::is_temporary_name(name)) continue;
    if (auto known = read(name.substr(0, name.size() - kEnding.size()))) keys.push_back(*std::move(known));
  }
  std::ranges::sort(keys, {}, &KnownKey::path);
  return keys;
}

}  // namespace atb::account
