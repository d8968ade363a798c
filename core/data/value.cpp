#include "core/data/value.h"

#include "core/base/secret.h"

#include <fmt/core.h>

#include <algorithm>

namespace atb::data {
namespace {

using Sorted = std::vector<const Object::Entry*>;

Sorted sorted(const std::vector<Object::Entry>& entries) {
  Sorted out;
  out.reserve(entries.size());
  for (const auto& entry : entries) out.push_back(&entry);
  std::ranges::sort(out, {}, [](const Object::Entry* entry) -> const std::string& { return entry->first; });
  return out;
}

Result<const Value*> require(const Value& object, std::string_view key) {
  const Value* value = object.find(key);
  if (value == nullptr) {
    return fail(ErrorKind::corrupt, "json.missing", fmt::format("the document has no \"{}\"", key));
  }
  return value;
}

Failure wrong_type(std::string_view key, std::string_view wanted) {
  return fail(ErrorKind::corrupt, "json.type", fmt::format("\"{}\" of the document is not {}", key, wanted));
}

}  // namespace

Object::Object() = default;
Object::Object(const Object&) = default;
Object::Object(Object&&) noexcept = default;
Object& Object::operator=(const Object&) = default;
Object& Object::operator=(Object&&) noexcept = default;
Object::~Object() = default;

std::optional<Object> Object::of(std::vector<Entry> entries) {
  const auto same_key = [](const Entry* a, const Entry* b) { return a->first == b->first; };
  const Sorted order = sorted(entries);
  if (std::ranges::adjacent_find(order, same_key) != order.end()) return std::nullopt;
  Object object;
  object.entries_ = std::move(entries);
  return object;
}

void Object::wipe() {
  for (Entry& entry : entries_) entry.second.wipe();
  entries_.clear();
}

void Value::wipe() {
  if (auto* const text = std::get_if<std::string>(&value_)) atb::wipe(*text);
  if (auto* const bytes = std::get_if<Bytes>(&value_)) atb::wipe(bytes->data(), bytes->size());
  if (auto* const array = std::get_if<Array>(&value_)) {
    for (Value& value : *array) value.wipe();
  }
  if (Object* const inner = object()) inner->wipe();
  value_ = std::monostate{};
}

const Value* Object::find(std::string_view key) const {
  const auto found = std::ranges::find(entries_, key, &Entry::first);
  return found == entries_.end() ? nullptr : &found->second;
}

Object& Object::set(std::string key, Value value) {
  const auto found = std::ranges::find(entries_, key, &Entry::first);
  if (found == entries_.end()) {
    entries_.emplace_back(std::move(key), std::move(value));
  } else {
    found->second = std::move(value);
  }
  return *this;
}

void Object::remove(std::string_view key) {
  std::erase_if(entries_, [key](const Entry& entry) { return entry.first == key; });
}

std::vector<Object::Entry> Object::take() && { return std::move(entries_); }

bool Object::empty() const { return entries_.empty(); }

bool operator==(const Object& a, const Object& b) {
  if (a.entries_.size() != b.entries_.size()) return false;
  return std::ranges::equal(sorted(a.entries_), sorted(b.entries_),
                            [](const auto* left, const auto* right) { return *left == *right; });
}

const Value* Value::find(std::string_view key) const {
  const Object* members = object();
  return members == nullptr ? nullptr : members->find(key);
}

Result<std::string> require_text(const Value& object, std::string_view key) {
  const Value* value = TRY(require(object, key));
  if (value->text() == nullptr) return wrong_type(key, "text");
  return *value->text();
}

Result<std::int64_t> require_integer(const Value& object, std::string_view key) {
  const Value* value = TRY(require(object, key));
  if (value->integer() == nullptr) return wrong_type(key, "an integer");
  return *value->integer();
}

Result<bool> require_boolean(const Value& object, std::string_view key) {
  const Value* value = TRY(require(object, key));
  if (value->boolean() == nullptr) return wrong_type(key, "true or false");
  return *value->boolean();
}

Result<std::optional<std::string>> optional_text(const Value& object, std::string_view key) {
  const Value* value = object.find(key);
  if (value == nullptr || value->is_null()) return std::optional<std::string>{};
  if (value->text() == nullptr) return wrong_type(key, "text");
  return std::optional<std::string>{*value->text()};
}

std::string text_or(const Value& object, std::string_view key, std::string_view fallback) {
  const Value* value = object.find(key);
  if (value == nullptr || value->text() == nullptr) return std::string(fallback);
  return *value->text();
}

}  // namespace atb::data
