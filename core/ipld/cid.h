// Content identifiers, in the one form the protocol blesses
// (https://atproto.com/specs/data-model#link-and-cid-formats): CIDv1, SHA-256, codec dag-cbor (records,
// nodes, commits) or raw (blobs). 36 bytes, no allocation.
#pragma once

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/crypto/sha256.h"

#include <array>
#include <compare>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace atb::ipld {

enum class Codec : std::uint8_t { raw = 0x55, dag_cbor = 0x71 };

class Cid {
 public:
  static constexpr std::size_t kBytes = 36;  // 01 <codec> 12 20 <32 bytes of digest>

  Cid(Codec codec, const crypto::Digest& digest) : digest_(digest), codec_(codec) {}
  // The CID of a block: hashes it.
  static Cid of(Codec codec, ByteView block) { return {codec, crypto::sha256(block)}; }
  // Base32 text "bafy…"/"bafk…". Ids "cid.syntax"; "cid.unsupported" (kind unsupported) for a well-formed CID
  // of another version, hash or codec.
  static Result<Cid> parse(std::string_view text);
  // Are the 36 bytes at `bytes` of the blessed form? from_bytes() says what is wrong.
  static bool is_blessed(const std::uint8_t* bytes) {
    return bytes[0] == 1 && bytes[2] == 0x12 && bytes[3] == 0x20 &&
           (bytes[1] == static_cast<std::uint8_t>(Codec::dag_cbor) ||
            bytes[1] == static_cast<std::uint8_t>(Codec::raw));
  }
  // Of 36 bytes that are: made where it is to be, for a million links.
  struct Blessed {
    const std::uint8_t* bytes;
  };
  explicit Cid(Blessed blessed) : codec_(static_cast<Codec>(blessed.bytes[1])) {
    std::memcpy(digest_.data(), blessed.bytes + 4, digest_.size());
  }
  // Both at once; empty for all else.
  static std::optional<Cid> blessed(const std::uint8_t* bytes) {
    if (!is_blessed(bytes)) return std::nullopt;
    return std::optional<Cid>(std::in_place, Blessed{bytes});
  }
  // Exactly the 36 bytes. Same ids.
  static Result<Cid> from_bytes(ByteView bytes);

  Codec codec() const { return codec_; }
  const crypto::Digest& digest() const { return digest_; }
  std::string str() const;
  void append_to(std::string& out) const;  // the same
  std::array<std::uint8_t, kBytes> bytes() const;

  friend bool operator==(const Cid& a, const Cid& b) {
    return a.codec_ == b.codec_ && crypto::same_digest(a.digest_.data(), b.digest_.data());
  }
  // As their bytes: the codec first.
  friend std::strong_ordering operator<=>(const Cid& a, const Cid& b) {
    if (a.codec_ != b.codec_) return a.codec_ <=> b.codec_;
    return a.digest_ <=> b.digest_;
  }

 private:
  // First, so that a digest and the CID around it are copied by the same words: a processor waits where it
  // reads words other than those just written.
  crypto::Digest digest_;
  Codec codec_;
};

}  // namespace atb::ipld

template <>
struct std::hash<atb::ipld::Cid> {
  std::size_t operator()(const atb::ipld::Cid& cid) const {
    std::size_t value = 0;  // a digest is already uniform
    std::memcpy(&value, cid.digest().data(), sizeof value);
    return value;
  }
};
