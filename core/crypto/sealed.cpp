#include "core/crypto/sealed.h"

#include "core/base/bytes.h"
#include "core/base/encoding.h"
#include "core/base/text.h"
#include "core/crypto/sha256.h"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <vector>

namespace atb::crypto {
namespace {

constexpr std::string_view kTitle = "atbackup sealed text ";
constexpr std::string_view kVersion = "1";
constexpr std::size_t kPlainMax = 1U << 20U;
constexpr std::size_t kSealedMax = 2U << 20U;
constexpr std::size_t kPurposeMax = 64;
constexpr std::size_t kLineChars = 64;
constexpr std::size_t kSumBytes = 8;

using Salt = std::array<std::uint8_t, crypto_pwhash_argon2id_SALTBYTES>;
using Nonce = std::array<std::uint8_t, crypto_aead_xchacha20poly1305_ietf_NPUBBYTES>;

// Work of Argon2id.
struct Work {
  std::uint64_t passes = 0;
  std::uint64_t memory_kib = 0;
};

constexpr Work kNormal{3, 256U << 10U};
constexpr Work kFast{1, 64};
// A file must not make the reader take more than this: 1 GiB, some ten seconds.
constexpr Work kMost{10, 1U << 20U};

const Work& work_of(KdfCost cost) { return cost == KdfCost::normal ? kNormal : kFast; }

struct Sealed {
  std::string purpose;
  Work work;
  Salt salt{};
  Nonce nonce{};
  Bytes box;
};

Failure bad_format(std::string_view why) {
  return fail(ErrorKind::corrupt, "sealed.format", fmt::format("the sealed text is damaged: {}", why),
              "take another copy of the file");
}

Status ready() {
  if (sodium_init() < 0) return fail(ErrorKind::internal, "sealed.sodium", "libsodium cannot start");
  return {};
}

bool is_purpose(std::string_view text) {
  return !text.empty() && text.size() <= kPurposeMax && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

// The lines before the box. Bound to it as associated data, so that none can be changed.
std::string header_of(const Sealed& sealed) {
  return fmt::format("{}{}\npurpose: {}\nargon2id: passes={} memory-kib={}\nsalt: {}\nnonce: {}\n\n", kTitle,
                     kVersion, sealed.purpose, sealed.work.passes, sealed.work.memory_kib,
                     base64_encode(sealed.salt), base64_encode(sealed.nonce));
}

std::string body_of(const Sealed& sealed) {
  const std::string text = base64_encode(sealed.box);
  std::string lines;
  for (std::size_t at = 0; at < text.size(); at += kLineChars) lines += text.substr(at, kLineChars) + "\n";
  return lines;
}

// Tells a damaged copy from a wrong passphrase. Not a secret, and no proof.
std::string sum_of(const Sealed& sealed) {
  const Digest digest = sha256(as_bytes(header_of(sealed) + body_of(sealed)));
  return hex_encode(ByteView(digest).first(kSumBytes));
}

std::string write(const Sealed& sealed) {
  return header_of(sealed) + body_of(sealed) + "\nsum: " + sum_of(sealed) + "\n";
}

// Takes "name: value" apart.
Result<std::string_view> field(std::string_view line, std::string_view name) {
  if (!line.starts_with(name) || !line.substr(name.size()).starts_with(": ")) {
    return bad_format(fmt::format("the line \"{}\" is missing", name));
  }
  return line.substr(name.size() + 2);
}

Result<Work> parse_work(std::string_view text) {
  const auto parts = split(text, ' ');
  constexpr std::string_view kPasses = "passes=";
  constexpr std::string_view kMemory = "memory-kib=";
  if (parts.size() != 2 || !parts[0].starts_with(kPasses) || !parts[1].starts_with(kMemory)) {
    return bad_format("the line \"argon2id\" cannot be read");
  }
  const auto passes = parse_decimal(parts[0].substr(kPasses.size()));
  const auto memory = parse_decimal(parts[1].substr(kMemory.size()));
  if (!passes || !memory) return bad_format("the line \"argon2id\" cannot be read");
  return Work{*passes, *memory};
}

template <std::size_t kSize>
Status parse_bytes(std::string_view text, std::array<std::uint8_t, kSize>& out) {
  const auto bytes = base64_decode(text);
  if (!bytes || bytes->size() != kSize) return bad_format("salt or nonce cannot be read");
  std::ranges::copy(*bytes, out.begin());
  return {};
}

Status check_title(std::string_view line) {
  if (!line.starts_with(kTitle)) return bad_format("it does not begin as one");
  const std::string_view version = line.substr(kTitle.size());
  if (version == kVersion) return {};
  if (!parse_decimal(version)) return bad_format("its version cannot be read");
  return fail(
      ErrorKind::unsupported, "sealed.version",
      fmt::format("the sealed text is of version {}; this program reads version {}", version, kVersion),
      "use a newer atbackup");
}

// Editors and mail change white space at the ends of lines; that is no damage.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines = split(trim(text), '\n');
  for (std::string_view& line : lines) line = trim(line);
  return lines;
}

Result<Sealed> read(std::string_view text) {
  if (text.size() > kSealedMax) return bad_format("it is too long");
  const auto lines = lines_of(text);
  TRY(check_title(lines[0]));
  // Title, purpose, argon2id, salt, nonce, "", box…, "", sum.
  constexpr std::size_t kFirstOfBox = 6;
  if (lines.size() < kFirstOfBox + 3 || !lines[kFirstOfBox - 1].empty() || !lines[lines.size() - 2].empty()) {
    return bad_format("lines are missing");
  }
  Sealed sealed;
  sealed.purpose = TRY(field(lines[1], "purpose"));
  sealed.work = TRY(parse_work(TRY(field(lines[2], "argon2id"))));
  TRY(parse_bytes(TRY(field(lines[3], "salt")), sealed.salt));
  TRY(parse_bytes(TRY(field(lines[4], "nonce")), sealed.nonce));
  std::string box;
  for (std::size_t i = kFirstOfBox; i < lines.size() - 2; ++i) box += lines[i];
  auto bytes = base64_decode(box);
  if (!bytes || bytes->size() < crypto_aead_xchacha20poly1305_ietf_ABYTES)
    return bad_format("its content cannot be read");
  sealed.box = std::move(*bytes);
  if (TRY(field(lines.back(), "sum")) != sum_of(sealed))
    return bad_format("its sum is wrong, something was changed");
  return sealed;
}

// From the passphrase, which is taken byte for byte.
struct Key {
  std::array<std::uint8_t, crypto_aead_xchacha20poly1305_ietf_KEYBYTES> bytes{};
  Key() = default;
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;
  ~Key() { wipe(bytes.data(), bytes.size()); }
};

Status derive(const Secret& passphrase, const Sealed& sealed, Key& key) {
  const std::string_view text = passphrase.reveal();
  if (crypto_pwhash(key.bytes.data(), key.bytes.size(), text.data(), text.size(), sealed.salt.data(),
                    sealed.work.passes, static_cast<std::size_t>(sealed.work.memory_kib) * 1024,
                    crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return fail(ErrorKind::io, "sealed.memory",
                fmt::format("the machine does not give the {} MiB of memory that the passphrase needs",
                            sealed.work.memory_kib / 1024),
                "close other programs, or use a machine with more memory");
  }
  return {};
}

}  // namespace

Result<std::string> seal(std::string_view plain, const Secret& passphrase, std::string_view purpose,
                         KdfCost cost) {
  TRY(ready());
  if (!is_purpose(purpose))
    return fail(ErrorKind::internal, "sealed.purpose", "not a purpose of a sealed text");
  if (passphrase.empty()) {
    return fail(ErrorKind::invalid_input, "sealed.no_passphrase", "the passphrase is empty",
                "choose one of several words");
  }
  if (plain.size() > kPlainMax) {
    return fail(ErrorKind::limit_exceeded, "sealed.too_large",
                fmt::format("more than {} bytes to seal", kPlainMax));
  }
  Sealed sealed{.purpose = std::string(purpose), .work = work_of(cost), .box = {}};
  randombytes_buf(sealed.salt.data(), sealed.salt.size());
  randombytes_buf(sealed.nonce.data(), sealed.nonce.size());
  Key key;
  TRY(derive(passphrase, sealed, key));

  const std::string header = header_of(sealed);
  const ByteView plain_bytes = as_bytes(plain);
  const ByteView bound = as_bytes(header);
  sealed.box.resize(plain.size() + crypto_aead_xchacha20poly1305_ietf_ABYTES);
  crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.box.data(), nullptr, plain_bytes.data(),
                                             plain_bytes.size(), bound.data(), bound.size(), nullptr,
                                             sealed.nonce.data(), key.bytes.data());
  return write(sealed);
}

Result<Secret> open(std::string_view text, const Secret& passphrase, std::string_view purpose,
                    KdfCost least) {
  TRY(ready());
  const Sealed sealed = TRY(read(text));
  if (sealed.purpose != purpose) {
    return fail(ErrorKind::invalid_input, "sealed.purpose",
                fmt::format("the sealed text is a \"{}\", wanted is a \"{}\"",
                            printable(sealed.purpose, kPurposeMax), purpose),
                "name the other file");
  }
  const Work& floor = work_of(least);
  if (sealed.work.passes < floor.passes || sealed.work.memory_kib < floor.memory_kib ||
      sealed.work.passes > kMost.passes || sealed.work.memory_kib > kMost.memory_kib) {
    return fail(ErrorKind::refused, "sealed.work",
                fmt::format("the sealed text asks for {} passes over {} KiB, outside of what is safe",
                            sealed.work.passes, sealed.work.memory_kib),
                "it was not made by this program; do not use it");
  }
  Key key;
  TRY(derive(passphrase, sealed, key));

  const std::string header = header_of(sealed);
  const ByteView bound = as_bytes(header);
  std::string plain(sealed.box.size() - crypto_aead_xchacha20poly1305_ietf_ABYTES, '\0');
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(reinterpret_cast<unsigned char*>(plain.data()), nullptr,
                                                 nullptr, sealed.box.data(), sealed.box.size(), bound.data(),
                                                 bound.size(), sealed.nonce.data(), key.bytes.data()) != 0) {
    return fail(ErrorKind::bad_key, "sealed.passphrase", "the passphrase is wrong", "try again");
  }
  return Secret(std::move(plain));
}

bool looks_sealed(std::string_view text) { return trim(text).starts_with(kTitle); }

}  // namespace atb::crypto
