#include "tests/unit/car/read_back.h"

#include <algorithm>

namespace atb::test {

NamedBlock block_of(std::string_view text, ipld::Codec codec) {
  return {ipld::Cid::of(codec, as_bytes(text)), to_bytes(as_bytes(text))};
}

void append(Bytes& out, ByteView more) { out.insert(out.end(), more.begin(), more.end()); }

Bytes header_with_roots(std::size_t count) {
  const std::vector<ipld::Cid> roots(count, block_of("root").first);
  return car_of(roots, {});
}

Result<std::size_t> Drip::read(MutableByteView buffer) {
  const std::size_t count = std::min({step_, buffer.size(), bytes_.size()});
  std::copy_n(bytes_.begin(), count, buffer.begin());
  bytes_ = bytes_.subspan(count);
  return count;
}

ReadBack read_all_of(ByteSource& source, const Limits& limits) {
  ReadBack out;
  auto reader = car::Reader::open(source, limits);
  if (!reader) {
    out.error = reader.error();
    return out;
  }
  while (true) {
    auto section = reader->next();
    out.offset = reader->offset();
    if (!section) {
      out.error = section.error();
      return out;
    }
    if (!*section) return out;
    if ((*section)->state == car::Section::State::good) {
      out.blocks.emplace_back(*(*section)->cid, to_bytes((*section)->block));
    } else {
      out.odd.push_back(**section);
    }
  }
}

ReadBack read_bytes(ByteView bytes, const Limits& limits) {
  const auto source = stream_of(bytes);
  return read_all_of(*source, limits);
}

std::string error_id(const ReadBack& read) { return read.error ? read.error->id : "none"; }

}  // namespace atb::test
