#include "core/backup/plain.h"

#include "core/data/cbor.h"
#include "core/mst/node.h"

namespace atb::backup {

car::LookAtBlock look_for_plain(const Limits& limits) {
  return [limits](ByteView block) {
    return !mst::looks_like_node(block) && data::is_plain_record(block, limits);
  };
}

}  // namespace atb::backup
