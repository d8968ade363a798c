// Writes canonical DAG-CBOR. The caller gives map entries in canonical order (length first, then bytewise);
// an entry out of order is our own bug and ends the program.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/bytes.h"
#include "core/ipld/cid.h"

namespace atb::ipld {

class CborWriter {
 public:
  void integer(std::int64_t value);
  void text(std::string_view value);
  void bytes(ByteView value);
  void boolean(bool value);
  void null();
  void link(const Cid& cid);
  void array(std::uint64_t count);
  void map(std::uint64_t count);
  // As text(); the order of keys is the caller's duty.
  void key(std::string_view name) { text(name); }

  const Bytes& written() const { return out_; }
  Bytes take() { return std::move(out_); }

 private:
  void head(std::uint8_t major, std::uint64_t value);
  Bytes out_;
};

// Canonical order of map keys: shorter first, then bytewise.
bool key_less(std::string_view a, std::string_view b);

}  // namespace atb::ipld
