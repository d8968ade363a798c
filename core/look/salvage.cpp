#include "core/look/salvage.h"

#include "core/mst/node.h"

namespace atb::look {
namespace {

class Salvage {
 public:
  Salvage(backup::Repository& repository, car::BlockIndex& index, const std::string& prefix,
          const Limits& limits, RecordSink& sink)
      : repository_(repository), index_(index), prefix_(prefix), limits_(limits), sink_(sink) {}

  // The records of a node, if the block is one.
  Status node(const ipld::Cid& cid) {
    const ByteView block = TRY(repository_.blocks().get(cid, node_block_));
    if (!mst::decode_node_into(node_, block, limits_)) return {};
    index_.mark(cid);
    std::string path;
    for (const mst::Entry& entry : node_.entries) {
      // Beyond a key that cannot be known, none can.
      if (entry.prefix_length > path.size() || entry.suffix.size() > limits_.mst_key_bytes) return {};
      path.resize(static_cast<std::size_t>(entry.prefix_length));
      path += entry.suffix;
      if (path.size() > limits_.mst_key_bytes) return {};
      if (index_.mark(entry.value)) TRY(tell(path, entry.value));
    }
    return {};
  }

  Status stray(const ipld::Cid& cid) {
    const ByteView block = TRY(repository_.blocks().get(cid, record_));
    if (data::scan_record(block, limits_).type.empty()) return {};
    return tell({}, cid);
  }

 private:
  Status tell(std::string_view path, const ipld::Cid& cid) {
    const ByteView block = TRY(repository_.blocks().get(cid, record_));
    const data::RecordScan scan = data::scan_record(block, limits_);
    const std::string uri = prefix_.empty() || path.empty() ? std::string() : prefix_ + std::string(path);
    return sink_.record(Record{.uri = uri,
                               .path = path,
                               .cid = cid,
                               .block = block,
                               .deviation = scan.deviation,
                               .in_place = false});
  }

  backup::Repository& repository_;
  car::BlockIndex& index_;
  const std::string& prefix_;
  const Limits& limits_;
  RecordSink& sink_;
  Bytes node_block_;
  Bytes record_;
  mst::Node node_;
};

}  // namespace

Status salvage(backup::Repository& repository, const std::string& prefix, const Limits& limits,
               RecordSink& sink, const StopToken& stop) {
  car::BlockIndex& index = *TRY(repository.index());
  Salvage work(repository, index, prefix, limits, sink);
  TRY(index.for_each_unmarked([&](const ipld::Cid& cid, auto) -> Status {
    TRY(check_stop(stop));
    return work.node(cid);
  }));
  return index.for_each_unmarked([&](const ipld::Cid& cid, auto) -> Status {
    TRY(check_stop(stop));
    return work.stray(cid);
  });
}

}  // namespace atb::look
