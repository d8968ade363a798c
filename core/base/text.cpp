#include "core/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace atb {
namespace {

struct Decoded {
  char32_t code = 0;
  std::size_t length = 0;  // 0: not valid UTF-8 here
};

struct Range {
  char32_t first;
  char32_t last;
};

// Characters that move the cursor, change the direction of what follows, or cannot be seen at all.
constexpr std::array kUnprintable = {
    Range{0x0000, 0x001f},    // C0
    Range{0x007f, 0x009f},    // DEL and C1
    Range{0x00ad, 0x00ad},    // soft hyphen
    Range{0x061c, 0x061c},    // Arabic letter mark
    Range{0x180e, 0x180e},    // Mongolian vowel separator
    Range{0x200b, 0x200f},    // zero width space, joiners, direction marks
    Range{0x2028, 0x202e},    // line and paragraph separators, bidirectional embeddings and overrides
    Range{0x2060, 0x206f},    // word joiner, invisible operators, bidirectional isolates
    Range{0xfeff, 0xfeff},    // byte order mark
    Range{0xfff9, 0xfffb},    // interlinear annotation
    Range{0xe0000, 0xe0fff},  // tags and what else is never drawn
};

bool is_printable(char32_t code) {
  return std::ranges::none_of(
      kUnprintable, [code](const Range& range) { return code >= range.first && code <= range.last; });
}

// Shortest forms only, no surrogates, nothing past U+10FFFF.
Decoded decode_utf8(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  std::size_t length = 0;
  char32_t code = 0;
  char32_t least = 0;
  if ((lead & 0xe0U) == 0xc0) {
    length = 2, code = lead & 0x1fU, least = 0x80;
  } else if ((lead & 0xf0U) == 0xe0) {
    length = 3, code = lead & 0x0fU, least = 0x800;
  } else if ((lead & 0xf8U) == 0xf0) {
    length = 4, code = lead & 0x07U, least = 0x10000;
  } else {
    return {};
  }
  if (text.size() < length) return {};
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return {};
    code = code << 6U | (byte(i) & 0x3fU);
  }
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < least || surrogate || code > 0x10ffff) return {};
  return {code, length};
}

// What a lead byte of 0x80 or above promises (RFC 3629, section 4). Length 0: no character begins so.
struct Lead {
  std::uint8_t length;
  std::uint8_t second_min;
  std::uint8_t second_max;
};

// Whole elements are assigned: g++ 12 forgets the other members when one of them is, at compile time.
constexpr std::array<Lead, 128> kLeads = [] {
  std::array<Lead, 128> leads{};
  for (std::size_t lead = 0xc2; lead <= 0xdf; ++lead) leads[lead - 0x80] = {2, 0x80, 0xbf};
  for (std::size_t lead = 0xe0; lead <= 0xef; ++lead) leads[lead - 0x80] = {3, 0x80, 0xbf};
  for (std::size_t lead = 0xf0; lead <= 0xf4; ++lead) leads[lead - 0x80] = {4, 0x80, 0xbf};
  leads[0xe0 - 0x80] = {3, 0xa0, 0xbf};  // shorter forms exist
  leads[0xed - 0x80] = {3, 0x80, 0x9f};  // surrogates
  leads[0xf0 - 0x80] = {4, 0x90, 0xbf};  // shorter forms exist
  leads[0xf4 - 0x80] = {4, 0x80, 0x8f};  // past U+10FFFF
  return leads;
}();

std::string escape(char32_t code) {
  const auto number = static_cast<std::uint32_t>(code);
  if (number < 0x80) return fmt::format("\\x{:02x}", number);
  if (number < 0x10000) return fmt::format("\\u{:04x}", number);
  return fmt::format("\\U{:08x}", number);
}

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

}  // namespace

// Runs over every text of every record: a table by lead byte, and plain ASCII eight bytes at a time.
bool valid_utf8(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080'8080'8080'8080;
  const auto byte = [text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::size_t size = text.size();
  std::size_t at = 0;
  while (at < size) {
    if (byte(at) < 0x80) {
      std::uint64_t word = kHighBits;
      if (size - at >= sizeof word) std::memcpy(&word, text.data() + at, sizeof word);
      at += (word & kHighBits) == 0 ? sizeof word : 1;
      continue;
    }
    const Lead lead = kLeads[byte(at) - 0x80U];
    if (lead.length == 0 || size - at < lead.length) return false;
    if (byte(at + 1) < lead.second_min || byte(at + 1) > lead.second_max) return false;
    if (lead.length > 2 && (byte(at + 2) & 0xc0U) != 0x80) return false;
    if (lead.length > 3 && (byte(at + 3) & 0xc0U) != 0x80) return false;
    at += lead.length;
  }
  return true;
}

std::string printable(std::string_view text, std::size_t max_bytes) {
  constexpr std::string_view kCut = "…";
  std::string out;
  std::size_t fits_with_cut = 0;  // length of the longest beginning that leaves room for the sign
  while (!text.empty()) {
    const Decoded next = decode_utf8(text);
    const std::size_t used = std::max<std::size_t>(next.length, 1);
    if (next.length == 0) {
      out += fmt::format("\\x{:02x}", static_cast<std::uint8_t>(text[0]));
    } else if (is_printable(next.code)) {
      out += text.substr(0, used);
    } else {
      out += escape(next.code);
    }
    if (out.size() > max_bytes) {
      out.resize(fits_with_cut);
      if (max_bytes >= kCut.size()) out += kCut;
      return out;
    }
    if (out.size() + kCut.size() <= max_bytes) fits_with_cut = out.size();
    text.remove_prefix(used);
  }
  return out;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string lower_ascii(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::optional<std::uint64_t> parse_decimal(std::string_view text) {
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (__builtin_mul_overflow(value, 10U, &value) || __builtin_add_overflow(value, digit, &value))
      return std::nullopt;
  }
  return value;
}

std::string human_bytes(std::uint64_t bytes) {
  if (bytes == 1) return "1 byte";
  if (bytes < 1000) return fmt::format("{} bytes", bytes);
  constexpr std::array kUnits = {"kB", "MB", "GB", "TB", "PB", "EB"};
  std::uint64_t scale = 1000;
  std::size_t unit = 0;
  // From 999.5 of one unit on, the rounded number would read "1000".
  while (unit + 1 < kUnits.size() && bytes / scale >= 999 && bytes >= scale * 1000 - scale / 2) {
    scale *= 1000;
    ++unit;
  }
  const std::uint64_t tenths = bytes / (scale / 10) + (bytes % (scale / 10) >= scale / 20 ? 1 : 0);
  if (tenths < 100) return fmt::format("{}.{} {}", tenths / 10, tenths % 10, kUnits[unit]);
  return fmt::format("{} {}", bytes / scale + (bytes % scale >= scale / 2 ? 1 : 0), kUnits[unit]);
}

}  // namespace atb
