#include "core/backup/plain.h"

#include "core/data/plain_record.h"
#include "core/mst/node.h"

namespace atb::backup {

// A record that is plain but not surely so is read twice: it is too rare for a longer look at all others.
car::LookAtBlock look_for_plain(const Limits& limits) {
  return [records = data::PlainRecords(limits)](ByteView block) mutable {
    return !mst::looks_like_node(block) && records.is_surely_plain(block);
  };
}

}  // namespace atb::backup
