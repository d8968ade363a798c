#include "core/base/bytes.h"
#include "core/data/cbor.h"
#include "core/ipld/cbor_rule.h"
#include "core/ipld/cbor_walk.h"

namespace atb::data {
namespace {

// Which of the keys that matter a map is at.
enum class Key : std::uint8_t { other, type, ref, mime_type, size, cid };

Key key_of(std::string_view name) {
  switch (name.size()) {
    case 3:
      if (name == "ref") return Key::ref;
      return name == "cid" ? Key::cid : Key::other;
    case 4:
      return name == "size" ? Key::size : Key::other;
    case 5:
      return name == "$type" ? Key::type : Key::other;
    case 8:
      return name == "mimeType" ? Key::mime_type : Key::other;
    default:
      return Key::other;
  }
}

// What is known of one open map or array. Plain views into the record: thousands of records a second pass
// here.
struct Level {
  bool map;
  bool typed_blob;
  Key key;
  std::size_t keys;
  std::int64_t size;
  const std::uint8_t* ref;  // the 36 bytes of a CID
  const char* mime_type;
  std::size_t mime_type_size;
  const char* cid;
  std::size_t cid_size;
};

class Scanner {
 public:
  explicit Scanner(RecordScan& scan) : scan_(scan) {}

  void begin_map() {
    saw_top_map_ = saw_top_map_ || open_.empty();
    begin(true);
  }
  void begin_array() { begin(false); }
  void end() {
    if (open_.top().map) close(open_.top());
    open_.pop();
  }
  void key(std::string_view name) {
    Level& level = open_.top();
    level.key = key_of(name);
    ++level.keys;
  }
  void key_unknown() {
    Level& level = open_.top();
    level.key = Key::other;
    ++level.keys;
  }
  void text(std::string_view value) {
    if (open_.empty()) return;
    Level& level = open_.top();
    switch (level.key) {
      case Key::type:
        level.typed_blob = value == "blob";
        if (open_.size() == 1) scan_.type = value;
        break;
      case Key::mime_type:
        level.mime_type = value.data();
        level.mime_type_size = value.size();
        break;
      case Key::cid:
        level.cid = value.data();
        level.cid_size = value.size();
        break;
      default:
        break;
    }
  }
  void integer(std::int64_t value) {
    if (!open_.empty() && open_.top().key == Key::size) open_.top().size = value;
  }
  void link(ByteView cid) {
    if (!open_.empty() && open_.top().key == Key::ref) open_.top().ref = cid.data();
  }
  void bytes(ByteView) {}
  void boolean(bool) {}
  void null() {}
  void floating(double) {}
  void opaque() {}
  void deviation(ipld::CborRule) {}

  bool saw_top_map() const { return saw_top_map_; }

 private:
  void begin(bool map) {
    Level& level = open_.push();
    level.map = map;
    level.typed_blob = false;
    level.key = Key::other;
    level.keys = 0;
    level.size = -1;
    level.ref = nullptr;
    level.mime_type = nullptr;
    level.cid = nullptr;
  }

  void close(const Level& level) {
    if (level.typed_blob) {
      if (level.ref == nullptr) return;
      const auto cid = ipld::Cid::from_bytes({level.ref, ipld::Cid::kBytes});
      if (cid) scan_.blobs.push_back({*cid, mime_type(level), level.size, false});
    } else if (level.keys == 2 && level.cid != nullptr && level.mime_type != nullptr) {
      const auto cid = ipld::Cid::parse({level.cid, level.cid_size});
      if (cid) scan_.blobs.push_back({*cid, mime_type(level), -1, true});
    }
  }
  static std::string mime_type(const Level& level) {
    return level.mime_type == nullptr ? std::string() : std::string(level.mime_type, level.mime_type_size);
  }

  RecordScan& scan_;
  bool saw_top_map_ = false;
  ipld::SmallStack<Level, 16> open_;
};

}  // namespace

void scan_record_into(RecordScan& scan, ByteView bytes, const Limits& limits) {
  scan.type.clear();
  scan.deviation.clear();
  scan.blobs.clear();
  Scanner scanner(scan);
  if (const auto fault = ipld::CborWalk(bytes, limits, scanner).run()) {
    scan.deviation = ipld::id_of(fault->rule);
  } else if (!scanner.saw_top_map()) {
    scan.deviation = "data.top_level";
  }
}

RecordScan scan_record(ByteView bytes, const Limits& limits) {
  RecordScan scan;
  scan_record_into(scan, bytes, limits);
  return scan;
}

}  // namespace atb::data
