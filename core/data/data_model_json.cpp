#include "core/base/encoding.h"
#include "core/data/json.h"

#include <cmath>

namespace atb::data {
namespace {

// Whole numbers up to here are exact as doubles.
constexpr double kLargestExact = 9007199254740992.0;  // 2^53

Failure broken(std::string_view id, std::string_view message) {
  return fail(ErrorKind::corrupt, id, std::string(message));
}

Result<Value> link_of(const Object& object) {
  const std::string* text = object.find("$link")->text();
  if (text == nullptr || object.entries().size() != 1) {
    return broken("data.link", "an object with \"$link\" has a text there and nothing else");
  }
  const auto cid = ipld::Cid::parse(*text);
  if (!cid) return broken("data.link", "the text of a \"$link\" is not a CID that the protocol blesses");
  return Value(*cid);
}

Result<Value> bytes_of(const Object& object) {
  const std::string* text = object.find("$bytes")->text();
  if (text == nullptr || object.entries().size() != 1) {
    return broken("data.bytes", "an object with \"$bytes\" has a text there and nothing else");
  }
  auto bytes = base64_decode(*text);
  if (!bytes) return broken("data.bytes", "the text of a \"$bytes\" is not base64");
  return Value(*std::move(bytes));
}

// `object` has its links already.
Status check_blob(const Object& object) {
  const Value* ref = object.find("ref");
  const Value* mime_type = object.find("mimeType");
  const Value* size = object.find("size");
  if (ref == nullptr || ref->link() == nullptr)
    return broken("data.blob", "a blob has no link as its \"ref\"");
  if (mime_type == nullptr || mime_type->text() == nullptr) {
    return broken("data.blob", "a blob has no text as its \"mimeType\"");
  }
  if (size == nullptr || size->integer() == nullptr)
    return broken("data.blob", "a blob has no integer as its \"size\"");
  return {};
}

// Recursive: the value came from parse_json, which bounds its depth.
struct Converter {
  Result<Value> operator()(const Array& array) {
    Array out;
    out.reserve(array.size());
    for (const Value& item : array) out.push_back(TRY(std::visit(*this, item.variant())));
    return Value(std::move(out));
  }
  Result<Value> operator()(const Object& object) {
    if (object.find("$link") != nullptr) return link_of(object);
    if (object.find("$bytes") != nullptr) return bytes_of(object);
    const Value* type = object.find("$type");
    if (type != nullptr && (type->text() == nullptr || type->text()->empty())) {
      return broken("data.type", "a \"$type\" is not text, or is empty");
    }
    std::vector<Object::Entry> entries;
    entries.reserve(object.entries().size());
    for (const auto& [key, value] : object.entries()) {
      entries.emplace_back(key, TRY(std::visit(*this, value.variant())));
    }
    Object out = *Object::of(std::move(entries));  // the keys are those of an object: none comes twice
    if (type != nullptr && *type->text() == "blob") TRY(check_blob(out));
    return Value(std::move(out));
  }
  Result<Value> operator()(double number) {
    if (std::trunc(number) != number || std::abs(number) > kLargestExact) {
      return broken("data.float", "the data model has no floating-point numbers");
    }
    return Value(static_cast<std::int64_t>(number));
  }
  template <class T>
  Result<Value> operator()(const T& plain) {
    return Value(plain);
  }
  Result<Value> operator()(std::monostate) { return Value(); }
};

}  // namespace

Result<Value> from_data_model_json(const Value& json) {
  if (json.object() == nullptr) return broken("data.top_level", "the document is not an object");
  return std::visit(Converter{}, json.variant());
}

}  // namespace atb::data
