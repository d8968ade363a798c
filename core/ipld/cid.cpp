#include "core/ipld/cid.h"

#include "core/base/cursor.h"
#include "core/base/encoding.h"

#include <algorithm>

namespace atb::ipld {
namespace {

constexpr std::uint64_t kSha256 = 0x12;
constexpr std::array<std::uint8_t, 2> kSha256Prefix = {0x12, 0x20};
constexpr std::size_t kMinText = 8;
constexpr std::size_t kMaxText = 256;
// First letters of the multibase table that a CID text may have, apart from 'b'.
constexpr std::string_view kOtherBases = "079fFvVtTBcChkKRzZmMuU";

Failure bad_syntax(std::string_view what) {
  return fail(ErrorKind::invalid_input, "cid.syntax", std::string(what));
}
Failure not_blessed(std::string_view what) {
  return fail(ErrorKind::unsupported, "cid.unsupported", std::string(what),
              "the protocol uses CID version 1 with SHA-256, of codec dag-cbor or raw, in base32");
}

bool is_text_of_a_cid(std::string_view text) {
  if (text.size() < kMinText || text.size() > kMaxText) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '=';
  });
}

}  // namespace

Result<Cid> Cid::from_bytes(ByteView bytes) {
  if (bytes.size() == kBytes) {
    if (const auto cid = blessed(bytes.data())) return *cid;
  }
  // Version 0 is a bare multihash: it has no version and no codec of its own.
  if (bytes.size() == 34 && std::equal(kSha256Prefix.begin(), kSha256Prefix.end(), bytes.begin())) {
    return not_blessed("the CID is of version 0");
  }
  Cursor cursor(bytes);
  const auto version = cursor.varint();
  const auto codec = cursor.varint();
  const auto hash = cursor.varint();
  const auto size = cursor.varint();
  if (!version || !codec || !hash || !size) return bad_syntax("the bytes are not a CID");
  if (*version != 1) return not_blessed("the CID is of an unknown version");
  if (*size != cursor.left()) return bad_syntax("the digest of the CID has another length than the CID says");
  if (*hash != kSha256 || *size != sizeof(crypto::Digest))
    return not_blessed("the CID has another hash than SHA-256");
  const bool raw = *codec == static_cast<std::uint64_t>(Codec::raw);
  if (!raw && *codec != static_cast<std::uint64_t>(Codec::dag_cbor))
    return not_blessed("the CID has another codec");
  crypto::Digest digest{};
  std::ranges::copy(bytes.last(digest.size()), digest.begin());
  return Cid(raw ? Codec::raw : Codec::dag_cbor, digest);
}

Result<Cid> Cid::parse(std::string_view text) {
  if (!is_text_of_a_cid(text)) return bad_syntax("the text is not a CID");
  if (text.front() != 'b') {
    if (text.starts_with("Qm") && text.size() == 46) return not_blessed("the CID is of version 0");
    if (kOtherBases.find(text.front()) != std::string_view::npos)
      return not_blessed("the CID is not in base32");
    return bad_syntax("the text is not a CID");
  }
  const auto bytes = base32_decode(text.substr(1));
  if (!bytes) return bad_syntax("the CID is not valid base32");
  return from_bytes(*bytes);
}

std::array<std::uint8_t, Cid::kBytes> Cid::bytes() const {
  std::array<std::uint8_t, kBytes> out = {0x01, static_cast<std::uint8_t>(codec_), 0x12, 0x20};
  std::ranges::copy(digest_, out.begin() + 4);
  return out;
}

void Cid::append_to(std::string& out) const {
  out.push_back('b');
  base32_append(out, bytes());
}

std::string Cid::str() const {
  std::string text;
  append_to(text);
  return text;
}

}  // namespace atb::ipld
