// Writes canonical DAG-CBOR. The caller gives map entries in canonical order (length first, then bytewise);
// an entry out of order, a key that is not text or a count that is not met is our own bug and ends the
// program.
#pragma once

#include "core/base/bytes.h"
#include "core/ipld/cid.h"

#include <cstdint>
#include <string_view>
#include <vector>

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
  // As text(); says to the reader that a key is meant.
  void key(std::string_view name) { text(name); }

  // The bytes of complete items; asking while a map or array lacks items ends the program too.
  const Bytes& written() const;
  // Leaves the writer as new.
  Bytes take();

 private:
  struct Open {
    std::uint64_t left;  // items still to come; keys count
    bool map;
    bool has_previous;
    std::size_t previous_at;  // the key before, in out_
    std::size_t previous_size;
  };
  void head(std::uint8_t major, std::uint64_t value);
  bool wants_key() const;
  void begin_item(bool is_text);
  void open(std::uint8_t major, std::uint64_t items);

  Bytes out_;
  std::vector<Open> open_;
};

// Canonical order of map keys: shorter first, then bytewise.
bool key_less(std::string_view a, std::string_view b);

}  // namespace atb::ipld
