#include "core/data/cbor.h"

#include "core/base/text.h"
#include "core/ipld/cbor_rule.h"
#include "core/ipld/cbor_walk.h"
#include "core/ipld/cbor_writer.h"

#include <algorithm>
#include <cmath>

namespace atb::data {
namespace {

// Recursive: values come from readers that bound their depth, and their own destructor recurses the same way.
class Encoder {
 public:
  Status operator()(std::monostate) {
    writer_.null();
    return {};
  }
  Status operator()(bool value) {
    writer_.boolean(value);
    return {};
  }
  Status operator()(std::int64_t value) {
    writer_.integer(value);
    return {};
  }
  Status operator()(double) {
    return fail(ErrorKind::unsupported, "data.float", "the data model has no floating-point numbers");
  }
  Status operator()(const std::string& value) {
    TRY(check_text(value));
    writer_.text(value);
    return {};
  }
  Status operator()(const Bytes& value) {
    writer_.bytes(value);
    return {};
  }
  Status operator()(const ipld::Cid& value) {
    writer_.link(value);
    return {};
  }
  Status operator()(const Array& array) {
    writer_.array(array.size());
    for (const Value& item : array) TRY(std::visit(*this, item.variant()));
    return {};
  }
  Status operator()(const Object& object) {
    std::vector<const Object::Entry*> order;
    order.reserve(object.entries().size());
    for (const auto& entry : object.entries()) order.push_back(&entry);
    std::ranges::sort(order, ipld::key_less, &Object::Entry::first);
    writer_.map(order.size());
    for (const auto* entry : order) {
      TRY(check_text(entry->first));
      writer_.key(entry->first);
      TRY(std::visit(*this, entry->second.variant()));
    }
    return {};
  }
  Bytes take() { return writer_.take(); }

 private:
  static Status check_text(std::string_view text) {
    if (valid_utf8(text)) return {};
    return fail(ErrorKind::unsupported, "data.utf8", "the text to encode is not valid UTF-8");
  }
  ipld::CborWriter writer_;
};

enum class Strictness : std::uint8_t { strict, loose };

// What says the same in another way: such a record can be told in full.
bool says_the_same(ipld::CborRule rule) {
  return rule == ipld::CborRule::floating || rule == ipld::CborRule::non_minimal_int ||
         rule == ipld::CborRule::key_order || rule == ipld::CborRule::indefinite;
}

// Builds the tree from the events of the walk. After a deviation that it does not bear nothing is built: the
// result would be thrown away.
class TreeBuilder {
 public:
  explicit TreeBuilder(Strictness strictness) : loose_(strictness == Strictness::loose) {}

  void begin_map() { begin(true); }
  void begin_array() { begin(false); }
  void end() {
    if (dead_) return;
    Level level = std::move(open_.back());
    open_.pop_back();
    if (!level.map) return add(std::move(level.items));
    // The walk sees keys that come twice only where they are in order.
    if (auto object = Object::of(std::move(level.entries))) return add(*std::move(object));
    drop();
  }
  void key(std::string_view name) {
    if (!dead_) open_.back().key = name;
  }
  void key_unknown() {}
  void integer(std::int64_t value) { add(value); }
  void text(std::string_view value) { add(value); }
  void bytes(ByteView value) { add(to_bytes(value)); }
  void boolean(bool value) { add(value); }
  void null() { add(nullptr); }
  void link(ByteView bytes) {
    if (const auto cid = ipld::Cid::from_bytes(bytes)) add(*cid);
  }
  void floating(double value) {
    if (std::isfinite(value)) return add(Value(value));
    drop();
  }
  void opaque() { drop(); }
  void deviation(ipld::CborRule rule) {
    if (!loose_ || !says_the_same(rule)) drop();
  }
  bool dead() const { return dead_; }
  Value take() { return std::move(root_); }

 private:
  struct Level {
    bool map = false;
    std::string_view key;
    Array items;
    std::vector<Object::Entry> entries;
  };
  void begin(bool map) {
    if (!dead_) open_.push_back({map, {}, {}, {}});
  }
  void add(Value value) {
    if (dead_) return;
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (Level& level = open_.back(); level.map) {
      level.entries.emplace_back(std::string(level.key), std::move(value));
    } else {
      level.items.push_back(std::move(value));
    }
  }
  void drop() {
    dead_ = true;
    open_.clear();
  }
  bool loose_;
  bool dead_ = false;
  std::vector<Level> open_;
  Value root_;
};

}  // namespace

Result<Bytes> encode_cbor(const Value& value) {
  Encoder encoder;
  TRY(std::visit(encoder, value.variant()));
  return encoder.take();
}

Result<Value> decode_cbor(ByteView bytes, const Limits& limits) {
  TreeBuilder tree(Strictness::strict);
  if (const auto fault = ipld::CborWalk(bytes, limits, tree).run())
    return std::unexpected(ipld::error_of(*fault));
  return tree.take();
}

std::optional<Value> decode_loosely(ByteView bytes, const Limits& limits) {
  TreeBuilder tree(Strictness::loose);
  const auto fault = ipld::CborWalk(bytes, limits, tree).run();
  if (tree.dead() || (fault && ipld::is_malformed(fault->rule))) return std::nullopt;
  return tree.take();
}

}  // namespace atb::data
