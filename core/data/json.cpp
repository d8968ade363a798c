#include "core/data/json.h"

#include "core/base/text.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace atb::data {
namespace {

using Sax = nlohmann::json_sax<nlohmann::json>;

// nlohmann's number for "a number does not fit a double".
constexpr int kNumberOverflow = 406;

// Builds the tree from nlohmann's events; its own tree keeps the last of duplicate keys and turns large
// integers into doubles without a word. Each event returns false to stop, with the reason in error_.
class Builder final : public Sax {
 public:
  Builder(const Limits& limits, Floats floats) : max_depth_(limits.json_depth), floats_(floats) {}

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(std::int64_t value) override { return add(value); }
  bool number_unsigned(std::uint64_t value) override {
    if (value > static_cast<std::uint64_t>(INT64_MAX)) return integer_too_large();
    return add(static_cast<std::int64_t>(value));
  }
  bool number_float(double value, const std::string& text) override {
    const bool integer = text.find_first_of(".eE") == std::string::npos;
    if (integer) return integer_too_large();
    if (floats_ == Floats::refuse) {
      return stop("json.float", fmt::format("the JSON has the number {}, where only integers may be", text));
    }
    return add(Value(value));
  }
  bool string(std::string& value) override { return add(std::move(value)); }
  bool binary(nlohmann::json::binary_t&) override { return false; }  // not in JSON text
  bool start_object(std::size_t) override { return begin(true); }
  bool key(std::string& name) override {
    open_.back().key = std::move(name);
    return true;
  }
  bool end_object() override {
    std::vector<Object::Entry> entries = std::move(open_.back().entries);
    open_.pop_back();
    auto object = Object::of(std::move(entries));
    if (!object) return stop("json.duplicate_key", "an object of the JSON has a key twice");
    return add(*std::move(object));
  }
  bool start_array(std::size_t) override { return begin(false); }
  bool end_array() override {
    Array items = std::move(open_.back().items);
    open_.pop_back();
    return add(std::move(items));
  }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::json::exception& error) override {
    if (error.id == kNumberOverflow) return stop("json.float", "a number of the JSON does not fit a double");
    stop("json.syntax", fmt::format("the text is not valid JSON, at byte {}", position));
    error_.offset = position;
    return false;
  }

  Error take_error() { return std::move(error_); }
  Value take() { return std::move(root_); }

 private:
  struct Level {
    bool map = false;
    std::string key;
    Array items;
    std::vector<Object::Entry> entries;
  };

  bool stop(std::string_view id, std::string message) {
    error_ = Error(ErrorKind::corrupt, id, std::move(message));
    return false;
  }
  bool integer_too_large() {
    return stop("json.integer_range", "an integer of the JSON does not fit 64 bits with a sign");
  }
  bool begin(bool map) {
    if (open_.size() >= max_depth_) return stop("json.depth", "the JSON is nested deeper than the limit");
    open_.push_back({map, {}, {}, {}});
    return true;
  }
  bool add(Value value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (Level& level = open_.back(); level.map) {
      level.entries.emplace_back(std::move(level.key), std::move(value));
    } else {
      level.items.push_back(std::move(value));
    }
    return true;
  }

  std::size_t max_depth_;
  Floats floats_;
  std::vector<Level> open_;
  Value root_;
  Error error_;
};

}  // namespace

Result<Value> parse_json(std::string_view text, const Limits& limits, Floats floats) {
  if (text.size() > limits.json_bytes) {
    return fail(ErrorKind::limit_exceeded, "json.too_large",
                fmt::format("the JSON has {} bytes; the limit is {}", text.size(), limits.json_bytes));
  }
  if (!valid_utf8(text)) return fail(ErrorKind::corrupt, "json.utf8", "the JSON is not valid UTF-8");
  // Two leniencies of nlohmann: it skips a byte order mark, and takes a zero byte for the end of the text.
  if (text.starts_with("\xef\xbb\xbf")) {
    return fail(ErrorKind::corrupt, "json.syntax", "the JSON begins with a byte order mark");
  }
  if (const auto zero = text.find('\0'); zero != std::string_view::npos) {
    return Error(ErrorKind::corrupt, "json.syntax", fmt::format("the JSON has a zero byte, at byte {}", zero))
        .at(zero);
  }
  Builder builder(limits, floats);
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) return builder.take_error();
  return builder.take();
}

}  // namespace atb::data
