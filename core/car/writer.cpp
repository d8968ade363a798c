#include "core/car/writer.h"

#include "core/base/cursor.h"
#include "core/ipld/cbor_writer.h"

namespace atb::car {

Result<Writer> Writer::start(ByteSink& out, std::span<const ipld::Cid> roots) {
  ipld::CborWriter header;
  header.map(2);
  header.key("roots");
  header.array(roots.size());
  for (const ipld::Cid& root : roots) header.link(root);
  header.key("version");
  header.integer(1);

  Writer writer(out);
  append_varint(writer.section_, header.written().size());
  writer.section_.insert(writer.section_.end(), header.written().begin(), header.written().end());
  TRY(out.write(writer.section_));
  writer.bytes_ = writer.section_.size();
  return writer;
}

Status Writer::put(const ipld::Cid& cid, ByteView block) {
  // One write a section: the sink may be a file, and most blocks are small.
  section_.clear();
  append_varint(section_, ipld::Cid::kBytes + block.size());
  const auto cid_bytes = cid.bytes();
  section_.insert(section_.end(), cid_bytes.begin(), cid_bytes.end());
  section_.insert(section_.end(), block.begin(), block.end());
  TRY(out_->write(section_));
  bytes_ += section_.size();
  ++blocks_;
  return {};
}

std::uint64_t section_bytes(std::uint64_t block_bytes) {
  const std::uint64_t length = ipld::Cid::kBytes + block_bytes;
  std::uint64_t prefix = 1;
  for (std::uint64_t rest = length >> 7; rest != 0; rest >>= 7) ++prefix;
  return prefix + length;
}

}  // namespace atb::car
