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

namespace atb::ipld {

enum class Codec : std::uint8_t { raw = 0x55, dag_cbor = 0x71 };

class Cid {
 public:
  static constexpr std::size_t kBytes = 36;  // 01 <codec> 12 20 <32 bytes of digest>

  Cid(Codec codec, const crypto::Digest& digest) : codec_(codec), digest_(digest) {}
  // The CID of a block: hashes it.
  static Cid of(Codec codec, ByteView block) { return {codec, crypto::sha256(block)}; }
  // Base32 text "bafy…"/"bafk…". Ids "cid.syntax"; "cid.unsupported" (kind unsupported) for a well-formed CID
  // of another version, hash or codec.
  static Result<Cid> parse(std::string_view text);
  // The 36 bytes at `bytes` in the blessed form; empty for all else. from_bytes() says what is wrong.
  static std::optional<Cid> blessed(const std::uint8_t* bytes) {
    const bool raw = bytes[1] == static_cast<std::uint8_t>(Codec::raw);
    if (bytes[0] != 1 || bytes[2] != 0x12 || bytes[3] != 0x20 ||
        (!raw && bytes[1] != static_cast<std::uint8_t>(Codec::dag_cbor)))
      return std::nullopt;
    crypto::Digest digest;
    std::memcpy(digest.data(), bytes + 4, digest.size());
    return Cid(raw ? Codec::raw : Codec::dag_cbor, digest);
  }
  // Exactly the 36 bytes. Same ids.
  static Result<Cid> from_bytes(ByteView bytes);

  Codec codec() const { return codec_; }
  const crypto::Digest& digest() const { return digest_; }
  std::string str() const;
  std::array<std::uint8_t, kBytes> bytes() const;

  friend auto operator<=>(const Cid&, const Cid&) = default;

 private:
  Codec codec_;
  crypto::Digest digest_;
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
