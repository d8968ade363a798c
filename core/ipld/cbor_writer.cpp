#include "core/ipld/cbor_writer.h"

#include "core/ipld/cbor_head.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace atb::ipld {
namespace {

void must(bool holds, const char* rule) {
  if (holds) return;
  (void)std::fprintf(stderr, "atbackup: internal error: CBOR writer: %s\n", rule);
  std::abort();
}

void append(Bytes& out, ByteView content) { out.insert(out.end(), content.begin(), content.end()); }

}  // namespace

void CborWriter::head(std::uint8_t major, std::uint64_t value) {
  std::size_t width = 0;
  std::uint8_t info = 0;
  if (value < 24) {
    info = static_cast<std::uint8_t>(value);
  } else if (value <= 0xff) {
    info = 24, width = 1;
  } else if (value <= 0xffff) {
    info = 25, width = 2;
  } else if (value <= 0xffff'ffff) {
    info = 26, width = 4;
  } else {
    info = 27, width = 8;
  }
  out_.push_back(static_cast<std::uint8_t>(major << 5U | info));
  while (width-- > 0) out_.push_back(static_cast<std::uint8_t>(value >> (8 * width)));
}

// Keys and values take turns, and a map begins with an even number of them to come.
bool CborWriter::wants_key() const {
  return !open_.empty() && open_.back().map && open_.back().left % 2 == 0;
}

void CborWriter::begin_item(bool is_text) {
  while (!open_.empty() && open_.back().left == 0) open_.pop_back();
  must(is_text || !wants_key(), "a map key is not text");
  if (!open_.empty()) --open_.back().left;
}

void CborWriter::open(std::uint8_t major, std::uint64_t items) {
  begin_item(false);
  const bool map = major == kMajorMap;
  must(!map || items <= kInt64Max, "a map has too many entries");
  head(major, items);
  open_.push_back({map ? items * 2 : items, map, false, 0, 0});
}

void CborWriter::integer(std::int64_t value) {
  begin_item(false);
  if (value >= 0) {
    head(kMajorUnsigned, static_cast<std::uint64_t>(value));
  } else {
    head(kMajorNegative, static_cast<std::uint64_t>(-1 - value));
  }
}

void CborWriter::text(std::string_view value) {
  while (!open_.empty() && open_.back().left == 0) open_.pop_back();
  const bool key = wants_key();
  begin_item(true);
  head(kMajorText, value.size());
  const std::size_t at = out_.size();
  append(out_, as_bytes(value));
  if (!key) return;
  Open& top = open_.back();
  if (top.has_previous) {
    const auto previous = as_text(ByteView(out_).subspan(top.previous_at, top.previous_size));
    must(key_less(previous, value), "map keys are out of order");
  }
  top.has_previous = true;
  top.previous_at = at;
  top.previous_size = value.size();
}

void CborWriter::bytes(ByteView value) {
  begin_item(false);
  head(kMajorBytes, value.size());
  append(out_, value);
}

void CborWriter::boolean(bool value) {
  begin_item(false);
  out_.push_back(value ? 0xf5 : 0xf4);
}

void CborWriter::null() {
  begin_item(false);
  out_.push_back(0xf6);
}

void CborWriter::link(const Cid& cid) {
  begin_item(false);
  head(kMajorTag, kTagLink);
  head(kMajorBytes, 1 + Cid::kBytes);
  out_.push_back(0);
  append(out_, cid.bytes());
}

void CborWriter::array(std::uint64_t count) { open(kMajorArray, count); }

void CborWriter::map(std::uint64_t count) { open(kMajorMap, count); }

const Bytes& CborWriter::written() const {
  for (const Open& level : open_) must(level.left == 0, "a map or array lacks items");
  return out_;
}

Bytes CborWriter::take() {
  (void)written();
  open_.clear();
  return std::exchange(out_, {});
}

bool key_less(std::string_view a, std::string_view b) { return compare_keys(a, b) < 0; }

}  // namespace atb::ipld
