// Reads whole CAR files for the tests.
#pragma once

#include "core/base/byte_source.h"
#include "core/car/reader.h"
#include "tests/support/memory_blocks.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atb::test {

NamedBlock block_of(std::string_view text, ipld::Codec codec = ipld::Codec::dag_cbor);
void append(Bytes& out, ByteView more);
// A CAR of a header only.
Bytes header_with_roots(std::size_t count);

// Hands out a few bytes a call, as a network does.
class Drip final : public ByteSource {
 public:
  Drip(ByteView bytes, std::size_t step) : bytes_(bytes), step_(step) {}
  Result<std::size_t> read(MutableByteView buffer) override;

 private:
  ByteView bytes_;
  std::size_t step_;
};

struct ReadBack {
  std::vector<NamedBlock> blocks;
  std::vector<car::Section> odd;  // their block views are dead
  std::optional<Error> error;
  std::uint64_t offset = 0;
};

ReadBack read_all_of(ByteSource& source, const Limits& limits = {});
ReadBack read_bytes(ByteView bytes, const Limits& limits = {});
// The id of the error, or "none".
std::string error_id(const ReadBack& read);

}  // namespace atb::test
