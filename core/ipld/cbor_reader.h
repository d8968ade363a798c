// Strict DAG-CBOR, read item by item without building a tree (https://ipld.io/specs/codecs/dag-cbor/spec/).
//
// Two grades of wrong. *Malformed*: the bytes are not one well-formed CBOR item (cut, reserved codes, nesting
// past the limit, break codes). *Not data model*: well-formed, but not what the protocol allows: floats,
// integers or lengths not in their shortest form, unsorted or duplicate keys, non-text keys, indefinite
// lengths, tags other than 42, invalid UTF-8, links the protocol does not bless, simple values besides true,
// false, null, integers that do not fit an int64, bytes after the item. A signed record with such bytes is
// authentic all the same, so the two are told apart: the reader fails on both, and Error.kind says which:
// corrupt, or unsupported.
//
// Ids: "cbor.cut", "cbor.malformed", "cbor.depth", "cbor.trailing", "cbor.float", "cbor.non_minimal_int",
// "cbor.integer_range", "cbor.key_order", "cbor.duplicate_key", "cbor.key_type", "cbor.indefinite",
// "cbor.tag", "cbor.utf8", "cbor.link", "cbor.simple".
#pragma once

#include "core/base/bytes.h"
#include "core/base/limits.h"
#include "core/base/result.h"
#include "core/ipld/cid.h"

#include <cstdint>
#include <string_view>

namespace atb::ipld {

enum class CborType : std::uint8_t {
  unsigned_int,
  negative_int,
  bytes,
  text,
  array,
  map,
  link,
  boolean,
  null
};

// Pull parser for known shapes (MST nodes, commits, PLC operations). Views live as long as the input.
// A call that fails has consumed nothing. Map keys must be asked for with map_key(), which enforces the order
// (length first, then bytewise).
class CborReader {
 public:
  explicit CborReader(ByteView bytes) : bytes_(bytes) {}

  std::size_t offset() const { return at_; }
  bool at_end() const { return at_ == bytes_.size(); }
  // Fails with "cbor.trailing" unless all bytes are used.
  Status finish() const;

  Result<CborType> peek();
  // Wrong type: "cbor.type", kind unsupported.
  Result<std::int64_t> integer();
  Result<std::string_view> text();
  Result<ByteView> bytes();
  Result<bool> boolean();
  Status null();
  Result<Cid> link();
  // Number of items / of entries; compared with the bytes left before anyone allocates.
  Result<std::uint64_t> array();
  Result<std::uint64_t> map();
  // The next key of a map; `previous` is the key before it, or a view made by default (no data) at the first.
  Result<std::string_view> map_key(std::string_view previous);

 private:
  struct Item;
  Result<Item> next();
  Result<Item> expect(CborType wanted);
  Result<ByteView> take(std::uint64_t size, std::size_t start);
  Result<std::uint64_t> count(CborType type, std::size_t bytes_each);

  ByteView bytes_;
  std::size_t at_ = 0;
};

// Walks the whole of `bytes` in place, with an explicit stack, and calls nobody: is it strict data-model
// DAG-CBOR? The error, if any, is the gravest found: malformed before not-data-model.
Status check_cbor(ByteView bytes, const Limits& limits);

}  // namespace atb::ipld
