#include "core/base/encoding.h"
#include "core/base/text.h"
#include "core/data/json.h"
#include "core/data/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <iterator>

namespace atb::data {
namespace {

struct Character {
  std::uint32_t code = 0;
  std::size_t size = 1;
  bool valid = false;
};

// The character that `text` begins with; one byte that is not valid where it begins with no character.
Character first_of(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (!valid_utf8(text.substr(0, size))) return {};
  std::uint32_t code = lead & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) code = code << 6U | (byte(i) & 0x3fU);
  return {code, size, true};
}

// C0, DEL and C1, characters that set the direction of text, and the two line separators that JavaScript
// minds.
bool needs_escape(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x61c || code == 0x200e || code == 0x200f ||
         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

void append_escape(std::string& out, std::uint32_t code) {
  switch (code) {
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", code);
  }
}

// Nothing to escape in it, and nothing to look at beyond it.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t byte = 0x20; byte < 0x7f; ++byte) plain[byte] = byte != '"' && byte != '\\';
  return plain;
}();

constexpr std::uint64_t each_byte(std::uint8_t byte) { return 0x0101'0101'0101'0101U * byte; }

// Are all eight bytes plain? A byte that is not may make its neighbour look so too, never the other way.
inline bool eight_plain(std::uint64_t bytes) {
  const auto zero_in = [](std::uint64_t x) { return (x - each_byte(1)) & ~x; };
  const std::uint64_t odd = bytes | (bytes + each_byte(1)) | ((bytes - each_byte(0x20)) & ~bytes) |
                            zero_in(bytes ^ each_byte('"')) | zero_in(bytes ^ each_byte('\\'));
  return (odd & each_byte(0x80)) == 0;
}

using Sixteen = std::uint8_t __attribute__((vector_size(16)));

inline bool sixteen_plain(std::string_view text, std::size_t at) {
  Sixteen bytes;
  std::memcpy(&bytes, text.data() + at, sizeof bytes);
  const auto odd = (bytes < 0x20) | (bytes >= 0x7f) | (bytes == '"') | (bytes == '\\');
  const auto halves = std::bit_cast<std::array<std::uint64_t, 2>>(odd);
  return (halves[0] | halves[1]) == 0;
}

template <class Word>
inline std::uint64_t word_at(std::string_view text, std::size_t at) {
  Word word = 0;
  std::memcpy(&word, text.data() + at, sizeof word);
  return word;
}

// The same for less than eight: some are looked at twice.
inline bool few_plain(std::string_view text) {
  const std::size_t size = text.size();
  if (size == 0) return true;
  if (size < 4) {
    const std::uint64_t first = word_at<std::uint8_t>(text, 0);
    const std::uint64_t middle = word_at<std::uint8_t>(text, size / 2);
    const std::uint64_t last = word_at<std::uint8_t>(text, size - 1);
    return eight_plain(first | middle << 8U | last << 16U | each_byte(' ') << 24U);
  }
  return eight_plain(word_at<std::uint32_t>(text, 0) | word_at<std::uint32_t>(text, size - 4) << 32U);
}

bool all_plain(std::string_view text) {
  const std::size_t size = text.size();
  if (size < 8) return few_plain(text);
  if (size < 16)
    return eight_plain(word_at<std::uint64_t>(text, 0)) &&
           eight_plain(word_at<std::uint64_t>(text, size - 8));
  for (std::size_t at = 0; at + 16 < size; at += 16) {
    if (!sixteen_plain(text, at)) return false;
  }
  return sixteen_plain(text, size - 16);
}

// Bytes at the front that are plain.
std::size_t plain_run(std::string_view text) {
  std::size_t run = 0;
  while (text.size() - run >= 16 && sixteen_plain(text, run)) run += 16;
  while (run < text.size() && kPlain[static_cast<std::uint8_t>(text[run])]) ++run;
  return run;
}

// Recursive: values come from readers that bound their depth, and their own destructor recurses the same way.
class Writer {
 public:
  explicit Writer(JsonStyle style) : indented_(style == JsonStyle::indented) {}

  void operator()(std::monostate) { out_ += "null"; }
  void operator()(bool value) { out_ += value ? "true" : "false"; }
  void operator()(std::int64_t value) { fmt::format_to(std::back_inserter(out_), "{}", value); }
  void operator()(double value) {
    if (!std::isfinite(value)) {
      out_ += "null";  // JSON has no word for these, and no reader of ours makes them
      return;
    }
    const std::string shortest = fmt::format("{}", value);
    out_ += shortest;
    // Still a float when it is read again.
    if (shortest.find_first_of(".e") == std::string::npos) out_ += ".0";
  }
  void operator()(const std::string& value) { append_json_text(out_, value); }
  void operator()(const Bytes& value) {
    open('{');
    member("$bytes");
    append_json_text(out_, base64_encode(value));
    close('}', false);
  }
  void operator()(const ipld::Cid& value) {
    open('{');
    member("$link");
    append_json_text(out_, value.str());
    close('}', false);
  }
  void operator()(const Array& array) {
    open('[');
    bool first = true;
    for (const Value& item : array) {
      next_line(!first);
      first = false;
      std::visit(*this, item.variant());
    }
    close(']', first);
  }
  void operator()(const Object& object) {
    open('{');
    bool first = true;
    for (const auto& [key, value] : object.entries()) {
      if (!first) out_.push_back(',');
      first = false;
      member(key);
      std::visit(*this, value.variant());
    }
    close('}', first);
  }
  std::string take() { return std::move(out_); }

 private:
  void new_line() {
    if (!indented_) return;
    out_.push_back('\n');
    out_.append(2 * level_, ' ');
  }
  void next_line(bool comma) {
    if (comma) out_.push_back(',');
    new_line();
  }
  void open(char bracket) {
    out_.push_back(bracket);
    ++level_;
  }
  void close(char bracket, bool is_empty) {
    --level_;
    if (!is_empty) new_line();
    out_.push_back(bracket);
  }
  void member(std::string_view key) {
    new_line();
    append_json_text(out_, key);
    out_ += indented_ ? ": " : ":";
  }

  bool indented_;
  std::size_t level_ = 0;
  std::string out_;
};

// Nearly all text: no letter needs a look, so all is written at once.
void append_plain(std::string& out, std::string_view text, char before, char after) {
  const std::size_t held = out.size();
  const std::size_t most = held + text.size() + 4;
  out.resize_and_overwrite(most, [&](char* letters, std::size_t) {
    char* next = letters + held;
    *next = before;
    next += before == '\0' ? 0 : 1;
    *next++ = '"';
    if (!text.empty()) std::memcpy(next, text.data(), text.size());
    next += text.size();
    *next++ = '"';
    *next = after;
    next += after == '\0' ? 0 : 1;
    return next - letters;
  });
}

}  // namespace

void append_json_text(std::string& out, std::string_view text, char before, char after) {
  if (all_plain(text)) return append_plain(out, text, before, after);
  if (before != '\0') out.push_back(before);
  out.push_back('"');
  while (!text.empty()) {
    const std::size_t run = plain_run(text);
    out += text.substr(0, run);
    text.remove_prefix(run);
    if (text.empty()) break;
    const Character next = first_of(text);
    if (!next.valid) {
      out += "\\ufffd";
    } else if (needs_escape(next.code)) {
      append_escape(out, next.code);
    } else {
      if (next.code == '"' || next.code == '\\') out.push_back('\\');
      out += text.substr(0, next.size);
    }
    text.remove_prefix(next.size);
  }
  out.push_back('"');
  if (after != '\0') out.push_back(after);
}

std::string to_json(const Value& value, JsonStyle style) {
  Writer writer(style);
  std::visit(writer, value.variant());
  return writer.take();
}

}  // namespace atb::data
