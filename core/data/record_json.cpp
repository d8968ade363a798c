#include "core/data/record_json.h"

#include "core/base/encoding.h"
#include "core/data/json_text.h"
#include "core/ipld/cbor_walk.h"
#include "core/ipld/cid.h"

#include <array>
#include <charconv>

namespace atb::data {
namespace {

class JsonVisitor {
 public:
  explicit JsonVisitor(std::string& out) : out_(out) {}

  void begin_map() { begin('{', '}'); }
  void begin_array() { begin('[', ']'); }
  void end() {
    out_.push_back(open_.top().close);
    open_.pop();
  }
  void key(std::string_view name) {
    append_json_text(out_, name, next_comma(), ':');
    open_.top().after_key = true;
  }
  void text(std::string_view value) { append_json_text(out_, value, next_comma()); }
  void integer(std::int64_t value) {
    comma();
    std::array<char, 24> digits;  // NOLINT(cppcoreguidelines-pro-type-member-init)
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out_.append(digits.data(), end);
  }
  void bytes(ByteView value) {
    comma();
    out_ += R"({"$bytes":)";
    append_json_text(out_, base64_encode(value));
    out_.push_back('}');
  }
  void link(ByteView cid) {
    comma();
    out_ += R"({"$link":")";
    if (const auto parsed = ipld::Cid::blessed(cid.data())) parsed->append_to(out_);
    out_ += R"("})";
  }
  void boolean(bool value) {
    comma();
    out_ += value ? "true" : "false";
  }
  void null() {
    comma();
    out_ += "null";
  }
  // None of these in a record without a deviation.
  void key_unknown() {}
  void floating(double) { null(); }
  void opaque() { null(); }
  void deviation(ipld::CborRule) {}

 private:
  struct Level {
    char close;
    bool first;
    bool after_key;
  };
  // What goes before a key, and before a value that is no key's; zero for nothing.
  char next_comma() {
    if (open_.empty()) return '\0';
    Level& level = open_.top();
    const bool wanted = !level.after_key && !level.first;
    level.first = false;
    level.after_key = false;
    return wanted ? ',' : '\0';
  }
  void comma() {
    if (const char comma = next_comma(); comma != '\0') out_.push_back(comma);
  }
  void begin(char bracket, char close) {
    comma();
    out_.push_back(bracket);
    open_.push() = Level{close, true, false};
  }

  std::string& out_;
  ipld::SmallStack<Level, 16> open_;
};

}  // namespace

void append_record_json(std::string& out, ByteView record, const Limits& limits) {
  JsonVisitor visitor(out);
  static_cast<void>(ipld::CborWalk(record, limits, visitor).run());
}

}  // namespace atb::data
