// A value of the protocol's data model (https://atproto.com/specs/data-model), and of plain JSON documents.
#pragma once

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/ipld/cid.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace atb::data {

class Value;
using Array = std::vector<Value>;

// Keys in the order they came or were set; no duplicates.
class Object {
 public:
  using Entry = std::pair<std::string, Value>;
  Object();
  Object(const Object&);
  Object(Object&&) noexcept;
  Object& operator=(const Object&);
  Object& operator=(Object&&) noexcept;
  ~Object();

  // An object of these entries, in their order; empty when a key comes twice. For many entries: set() looks
  // at all of them each time.
  static std::optional<Object> of(std::vector<Entry> entries);

  const Value* find(std::string_view key) const;
  // Replaces or appends; returns *this so that calls chain.
  Object& set(std::string key, Value value);
  void remove(std::string_view key);
  const std::vector<Entry>& entries() const { return entries_; }
  std::vector<Entry> take() &&;
  bool empty() const;
  void wipe();
  // Same keys and values, in whatever order.
  friend bool operator==(const Object& a, const Object& b);

 private:
  std::vector<Entry> entries_;
};

// double appears only when a document was read with floats allowed.
class Value {
 public:
  using Variant =
      std::variant<std::monostate, bool, std::int64_t, double, std::string, Bytes, ipld::Cid, Array, Object>;
  Value() = default;                                 // null
  Value(std::nullptr_t) {}                           // NOLINT(google-explicit-constructor)
  Value(bool value) : value_(value) {}               // NOLINT(google-explicit-constructor)
  Value(std::int64_t value) : value_(value) {}       // NOLINT(google-explicit-constructor)
  Value(int value) : value_(std::int64_t{value}) {}  // NOLINT(google-explicit-constructor)
  explicit Value(double value) : value_(value) {}
  Value(std::string value) : value_(std::move(value)) {}         // NOLINT(google-explicit-constructor)
  Value(std::string_view value) : value_(std::string(value)) {}  // NOLINT(google-explicit-constructor)
  Value(const char* value) : value_(std::string(value)) {}       // NOLINT(google-explicit-constructor)
  Value(Bytes value) : value_(std::move(value)) {}               // NOLINT(google-explicit-constructor)
  Value(ipld::Cid value) : value_(value) {}                      // NOLINT(google-explicit-constructor)
  Value(Array value) : value_(std::move(value)) {}               // NOLINT(google-explicit-constructor)
  Value(Object value) : value_(std::move(value)) {}              // NOLINT(google-explicit-constructor)

  const Variant& variant() const { return value_; }
  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  // nullptr when it is something else.
  const bool* boolean() const { return std::get_if<bool>(&value_); }
  const std::int64_t* integer() const { return std::get_if<std::int64_t>(&value_); }
  const std::string* text() const { return std::get_if<std::string>(&value_); }
  const Bytes* bytes() const { return std::get_if<Bytes>(&value_); }
  const ipld::Cid* link() const { return std::get_if<ipld::Cid>(&value_); }
  const Array* array() const { return std::get_if<Array>(&value_); }
  const Object* object() const { return std::get_if<Object>(&value_); }
  Object* object() { return std::get_if<Object>(&value_); }

  // Member of an object; nullptr when this is no object or has no such key.
  const Value* find(std::string_view key) const;
  // Overwrites every text in it, for a document that held secrets; null after it.
  void wipe();
  friend bool operator==(const Value&, const Value&) = default;

 private:
  Variant value_;
};

// Required members, for documents of known shape: id "json.missing" or "json.type" (kind corrupt), naming the
// key.
Result<std::string> require_text(const Value& object, std::string_view key);
Result<std::int64_t> require_integer(const Value& object, std::string_view key);
Result<bool> require_boolean(const Value& object, std::string_view key);
// Optional members: empty when absent or null; "json.type" when of another type.
Result<std::optional<std::string>> optional_text(const Value& object, std::string_view key);
// Text of a member, or `fallback` when it is absent or of another type (for lenient, informative reads).
std::string text_or(const Value& object, std::string_view key, std::string_view fallback);

}  // namespace atb::data
