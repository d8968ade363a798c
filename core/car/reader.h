// CAR v1, read as a stream (https://ipld.io/specs/transport/car/carv1/).
//
//   file    = header section*
//   header  = varint(length) dag-cbor {"roots": [link…], "version": 1}
//   section = varint(length) cid block        length counts cid and block
//
// Any block order. Every block is hashed as it passes. What is wrong with one block (its hash, an unsupported
// CID) is told in the Section and reading goes on; what breaks the framing is an Error and ends it. Error ids
// (kind corrupt): "car.empty", "car.not_car" (HTML, JSON, anything else at the start), "car.header",
// "car.roots", "car.cut" (ends inside a section), "car.section" (bad varint, or length too small for a CID);
// "car.version" (kind unsupported); "car.block_too_large", "car.too_large" (kind limit_exceeded, as
// "car.header" and "car.roots" past their limits). Errors of the source pass through.
#pragma once

#include "core/base/byte_source.h"
#include "core/base/limits.h"
#include "core/ipld/cid.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace atb::car {

struct Header {
  std::vector<ipld::Cid> roots;  // the first is the commit
  std::uint64_t bytes = 0;       // length of the header in the file, its varint included
};

struct Section {
  enum class State : std::uint8_t { good, wrong_hash, unsupported_cid };
  State state = State::good;
  bool plain = false;                // what a look said of a good one (batch.h)
  std::optional<ipld::Cid> cid;      // empty when unsupported
  std::uint64_t section_offset = 0;  // of the varint
  std::uint64_t block_offset = 0;    // of the block's first byte
  ByteView block;                    // lives until the next call
};

// A repository names its commit; a host's answer to getBlocks names no root at all.
enum class Roots : std::uint8_t { required, optional };

class Reader {
 public:
  // Reads the header. `source` must outlive the reader.
  static Result<Reader> open(ByteSource& source, const Limits& limits, Roots roots = Roots::required);
  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;
  ~Reader();

  const Header& header() const;
  // Empty at the end of the file.
  Result<std::optional<Section>> next();
  // Bytes consumed so far.
  std::uint64_t offset() const;

 private:
  struct State;
  explicit Reader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace atb::car
