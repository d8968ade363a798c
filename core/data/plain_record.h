// The short way to say of a record that there is nothing in it to come back for.
#pragma once

#include "core/base/bytes.h"
#include "core/base/limits.h"

#include <cstddef>
#include <vector>

namespace atb::data {

// True only where scan_record() finds neither a deviation nor a blob. False says nothing: it is given for
// shapes that are rare in records as well, and for all that might point to a blob.
bool is_surely_plain(ByteView record, const Limits& limits);

// The same answer for one record after another, sooner: most records of a repository are likes, follows and
// reposts, of one shape and one size each. Of a plain record it keeps which bits made it so; another one of
// its size with the same bits is plain as well, without being read item by item. For one thread at a time; a
// copy remembers for itself.
class PlainRecords {
 public:
  explicit PlainRecords(const Limits& limits) : limits_(limits), by_size_(kMaxBytes + 1) {}
  bool is_surely_plain(ByteView record);

 private:
  // Hardly anything longer comes twice in one shape and size.
  static constexpr std::size_t kMaxBytes = 512;

  // The shape of the records of one size that is looked for first.
  struct Shape {
    Bytes bytes;  // a record's, without the bits that do not matter; then the bits that do. Empty at first
    unsigned misses = 0;    // in a row
    unsigned patience = 2;  // the miss that another record is tried at
  };
  bool learn(ByteView record, Shape& shape);

  Limits limits_;
  std::vector<Shape> by_size_;
  Bytes matters_;  // of the record being learned
};

}  // namespace atb::data
