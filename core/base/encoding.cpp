#include "core/base/encoding.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace atb {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kBase32 = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::string_view kBase58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::size_t kBase58MaxChars = 512;
constexpr std::uint8_t kNoDigit = 0xff;

using Digits = std::array<std::uint8_t, 256>;

consteval Digits digits_of(std::string_view alphabet) {
  Digits digits{};
  digits.fill(kNoDigit);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    digits[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return digits;
}

consteval Digits hex_digits() {
  Digits digits = digits_of(kHex);
  for (std::uint8_t i = 0; i < 6; ++i) digits['A' + i] = static_cast<std::uint8_t>(10 + i);
  return digits;
}

constexpr Digits kHexDigits = hex_digits();
constexpr Digits kBase32Digits = digits_of(kBase32);
constexpr Digits kBase58Digits = digits_of(kBase58);
constexpr Digits kBase64Digits = digits_of(kBase64);
constexpr Digits kBase64UrlDigits = digits_of(kBase64Url);

Error bad_character(std::string_view name, std::size_t at) {
  return Error(ErrorKind::invalid_input, fmt::format("encoding.{}", name),
               fmt::format("not {}: character {} is not of its alphabet", name, at + 1));
}

Error bad_length(std::string_view name, std::size_t length) {
  return Error(ErrorKind::invalid_input, fmt::format("encoding.{}", name),
               fmt::format("not {}: no value has a text of {} characters", name, length));
}

// Digits of `bits` bits each, most significant first; the last one filled up with zero bits.
template <unsigned kBits>
void append_bits(std::string& out, ByteView bytes, std::string_view alphabet) {
  constexpr std::uint32_t kMask = (1U << kBits) - 1;
  const std::size_t before = out.size();
  out.resize(before + (bytes.size() * 8 + kBits - 1) / kBits);
  const char* const letters = alphabet.data();  // 2^kBits of them
  char* next = out.data() + before;
  std::uint32_t pool = 0;
  unsigned held = 0;
  for (const std::uint8_t byte : bytes) {
    pool = pool << 8U | byte;
    held += 8;
    while (held >= kBits) {
      held -= kBits;
      *next++ = letters[pool >> held & kMask];
    }
  }
  if (held > 0) *next = letters[pool << (kBits - held) & kMask];
}

template <unsigned kBits>
std::string encode_bits(ByteView bytes, std::string_view alphabet) {
  std::string out;
  append_bits<kBits>(out, bytes, alphabet);
  return out;
}

// 40 bits as eight letters of base32, side by side in one word; the first is in its highest byte.
std::uint64_t eight_letters(std::uint64_t bits) {
  constexpr std::uint64_t kEach = 0x0101'0101'0101'0101;
  bits = (bits & 0xff'fff0'0000U) << 12U | (bits & 0xf'ffffU);
  bits = (bits & 0x000f'fc00'000f'fc00U) << 6U | (bits & 0x0000'03ff'0000'03ffU);
  bits = (bits & 0x03e0'03e0'03e0'03e0U) << 3U | (bits & 0x001f'001f'001f'001fU);
  const std::uint64_t digits = (bits + kEach * (128 - 26)) >> 7U & kEach;  // where '2' to '7' are wanted
  return bits + kEach * 'a' - digits * ('a' + 26 - '2');
}

Result<Bytes> decode_bits(std::string_view text, const Digits& digits, unsigned bits, std::string_view name) {
  // A last digit that adds no whole byte would be a second text for the same value.
  if (text.size() * bits % 8 >= bits) return bad_length(name, text.size());
  Bytes out;
  out.reserve(text.size() * bits / 8);
  std::uint32_t pool = 0;
  unsigned held = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::uint8_t digit = digits[static_cast<std::uint8_t>(text[i])];
    if (digit == kNoDigit) return bad_character(name, i);
    pool = (pool << bits | digit) & 0xffffU;
    held += bits;
    if (held < 8) continue;
    held -= 8;
    out.push_back(static_cast<std::uint8_t>(pool >> held & 0xffU));
  }
  if ((pool & ((1U << held) - 1)) != 0) {
    return fail(ErrorKind::invalid_input, fmt::format("encoding.{}", name),
                fmt::format("not {}: the unused bits of the last character are not zero", name));
  }
  return out;
}

}  // namespace

std::string hex_encode(ByteView bytes) { return encode_bits<4>(bytes, kHex); }
Result<Bytes> hex_decode(std::string_view text) { return decode_bits(text, kHexDigits, 4, "hex"); }

void base32_append(std::string& out, ByteView bytes) {
  const std::size_t groups = bytes.size() / 5;
  std::size_t at = out.size();
  out.resize(at + groups * 8);
  for (std::size_t i = 0; i < groups; ++i, at += 8) {
    std::uint64_t group = 0;
    for (const std::uint8_t byte : bytes.subspan(i * 5, 5)) group = group << 8U | byte;
    const std::uint64_t letters = eight_letters(group);
    for (std::size_t j = 0; j < 8; ++j) out[at + j] = static_cast<char>(letters >> (56 - 8 * j) & 0xffU);
  }
  append_bits<5>(out, bytes.subspan(groups * 5), kBase32);
}

std::string base32_encode(ByteView bytes) {
  std::string out;
  base32_append(out, bytes);
  return out;
}
Result<Bytes> base32_decode(std::string_view text) { return decode_bits(text, kBase32Digits, 5, "base32"); }

std::string base64_encode(ByteView bytes) { return encode_bits<6>(bytes, kBase64); }

Result<Bytes> base64_decode(std::string_view text) {
  if (text.ends_with('=')) {
    if (text.size() % 4 != 0) return bad_length("base64", text.size());
    text.remove_suffix(text.ends_with("==") ? 2 : 1);
    if (text.size() % 4 == 0) return bad_length("base64", text.size());
  }
  return decode_bits(text, kBase64Digits, 6, "base64");
}

std::string base64url_encode(ByteView bytes) { return encode_bits<6>(bytes, kBase64Url); }
Result<Bytes> base64url_decode(std::string_view text) {
  return decode_bits(text, kBase64UrlDigits, 6, "base64url");
}

std::string base58_encode(ByteView bytes) {
  const auto zeros = static_cast<std::size_t>(
      std::ranges::find_if(bytes, [](std::uint8_t b) { return b != 0; }) - bytes.begin());
  Bytes digits;  // least significant first
  for (const std::uint8_t byte : bytes.subspan(zeros)) {
    std::uint32_t carry = byte;
    for (std::uint8_t& digit : digits) {
      carry += std::uint32_t{digit} << 8U;
      digit = static_cast<std::uint8_t>(carry % 58);
      carry /= 58;
    }
    for (; carry > 0; carry /= 58) digits.push_back(static_cast<std::uint8_t>(carry % 58));
  }
  std::string out(zeros, kBase58[0]);
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) out += kBase58[*digit];
  return out;
}

Result<Bytes> base58_decode(std::string_view text) {
  if (text.size() > kBase58MaxChars) {
    return fail(ErrorKind::invalid_input, "encoding.base58",
                fmt::format("not base58: {} characters, at most {} are read", text.size(), kBase58MaxChars));
  }
  const std::size_t zeros = std::min(text.find_first_not_of(kBase58[0]), text.size());
  Bytes bytes;  // least significant first
  for (std::size_t i = zeros; i < text.size(); ++i) {
    std::uint32_t carry = kBase58Digits[static_cast<std::uint8_t>(text[i])];
    if (carry == kNoDigit) return bad_character("base58", i);
    for (std::uint8_t& byte : bytes) {
      carry += std::uint32_t{byte} * 58;
      byte = static_cast<std::uint8_t>(carry & 0xffU);
      carry >>= 8U;
    }
    if (carry > 0) bytes.push_back(static_cast<std::uint8_t>(carry));
  }
  bytes.resize(bytes.size() + zeros, 0);
  std::ranges::reverse(bytes);
  return bytes;
}

}  // namespace atb
