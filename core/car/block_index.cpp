#include "core/car/block_index.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <new>
#include <span>
#include <type_traits>
#include <vector>

namespace atb::car {
namespace {

constexpr unsigned kLengthBits = 23;
constexpr std::uint64_t kMaxLength = (1ULL << kLengthBits) - 1;
constexpr std::uint64_t kMaxOffset = (1ULL << 39) - 1;
constexpr unsigned kOffsetShift = kLengthBits + 2;
constexpr std::uint64_t kMaxEntries = (1ULL << 32) - 1;

// Digest, then offset << 25 | length << 2 | plain << 1 | codec.
struct Entry {
  crypto::Digest digest;
  std::uint64_t place;

  std::uint64_t offset() const { return place >> kOffsetShift; }
  Location location() const {
    return {offset(), static_cast<std::uint32_t>((place >> 2) & kMaxLength), ((place >> 1) & 1U) != 0};
  }
  unsigned codec_bit() const { return static_cast<unsigned>(place & 1U); }
  ipld::Cid cid() const { return {codec_bit() != 0 ? ipld::Codec::raw : ipld::Codec::dag_cbor, digest}; }
};
static_assert(sizeof(Entry) == 40);
static_assert(std::is_trivially_copyable_v<Entry>);

unsigned codec_bit_of(const ipld::Cid& cid) { return cid.codec() == ipld::Codec::raw ? 1U : 0U; }

// The first bytes of a digest as a number that sorts as they do.
std::uint64_t head_of(const crypto::Digest& digest) {
  std::uint64_t head = 0;
  std::memcpy(&head, digest.data(), sizeof head);
  return std::endian::native == std::endian::little ? __builtin_bswap64(head) : head;
}

int compare(const crypto::Digest& a, unsigned a_codec, const crypto::Digest& b, unsigned b_codec) {
  const std::uint64_t a_head = head_of(a);
  const std::uint64_t b_head = head_of(b);
  if (a_head != b_head) return a_head < b_head ? -1 : 1;
  const int order = std::memcmp(a.data(), b.data(), a.size());
  return order != 0 ? order : static_cast<int>(a_codec) - static_cast<int>(b_codec);
}

bool same_cid(const Entry& a, const Entry& b) {
  return compare(a.digest, a.codec_bit(), b.digest, b.codec_bit()) == 0;
}

// By CID, and for one CID by place in the file, so that the first comes first.
bool entry_less(const Entry& a, const Entry& b) {
  const int order = compare(a.digest, a.codec_bit(), b.digest, b.codec_bit());
  return order != 0 ? order < 0 : a.place < b.place;
}

// Digests are evenly spread: two rounds of sorting by one byte, in place, leave little to compare. A file
// whose digests are not (somebody worked for that) is sorted by comparing.
void sort_entries(std::span<Entry> all, std::size_t byte) {
  constexpr std::size_t kFew = 128;
  constexpr std::size_t kRounds = 2;
  if (all.size() < kFew || byte == kRounds) {
    std::sort(all.begin(), all.end(), entry_less);
    return;
  }
  std::array<std::size_t, 257> starts{};
  for (const Entry& entry : all) ++starts[entry.digest[byte] + 1U];
  for (std::size_t i = 1; i < starts.size(); ++i) starts[i] += starts[i - 1];
  std::array<std::size_t, 256> next{};
  std::copy_n(starts.begin(), next.size(), next.begin());
  for (std::size_t bucket = 0; bucket < next.size(); ++bucket) {
    while (next[bucket] < starts[bucket + 1]) {
      Entry& entry = all[next[bucket]];
      const std::size_t home = entry.digest[byte];
      if (home == bucket) {
        ++next[bucket];
      } else {
        std::swap(entry, all[next[home]++]);
      }
    }
  }
  for (std::size_t bucket = 0; bucket < next.size(); ++bucket)
    sort_entries(all.subspan(starts[bucket], starts[bucket + 1] - starts[bucket]), byte + 1);
}

// Merges the few entries from `sealed` on into the sorted ones before them, from the back: linear, with
// scratch memory for the few only.
void merge_tail(std::span<Entry> all, std::size_t sealed) {
  std::vector<Entry> added(all.begin() + static_cast<std::ptrdiff_t>(sealed), all.end());
  std::ranges::sort(added, entry_less);
  std::size_t left = sealed;
  for (std::size_t out = all.size(); !added.empty();) {
    --out;
    if (left > 0 && entry_less(added.back(), all[left - 1])) {
      all[out] = all[--left];
    } else {
      all[out] = added.back();
      added.pop_back();
    }
  }
}

void prefetch(Held held, Location block) {
  constexpr std::size_t kLine = 64;
  constexpr std::size_t kMost = 8 * kLine;  // longer ones are read in a row
  if (block.offset < held.from || block.offset - held.from >= held.bytes.size()) return;
  const ByteView rest = held.bytes.subspan(block.offset - held.from);
  const std::size_t size = std::min<std::size_t>({block.length, rest.size(), kMost});
  for (std::size_t at = 0; at < size; at += kLine) __builtin_prefetch(rest.data() + at);
}

}  // namespace

struct BlockIndex::State {
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { std::free(entries); }  // NOLINT(cppcoreguidelines-no-malloc)

  // realloc, not std::vector: growing a large block moves its pages and never holds it twice.
  Entry* entries = nullptr;
  std::size_t capacity = 0;
  std::size_t count = 0;   // sealed and not
  std::size_t sealed = 0;  // the sorted part at the front
  std::uint64_t duplicates = 0;
  std::vector<std::uint64_t> marks;  // a bit a sealed entry
  std::size_t marked = 0;
  std::vector<std::uint32_t> ways;  // where the entries of each value of the digest's first bits begin
  unsigned way_bits = 0;
  mutable std::size_t last_found = 0;  // find() and mark() are mostly asked for the same block in turn

  std::span<Entry> all() { return {entries, count}; }
  std::span<const Entry> sorted() const { return {entries, sealed}; }

  void grow() {
    const std::size_t wanted = capacity == 0 ? 1024 : capacity * 2;
    void* moved = std::realloc(
        entries,
        wanted * sizeof(Entry));  // NOLINT(cppcoreguidelines-no-malloc,bugprone-suspicious-realloc-usage)
    if (moved == nullptr) throw std::bad_alloc();
    entries = static_cast<Entry*>(moved);
    capacity = wanted;
  }

  // Some four entries a way.
  void lay_ways() {
    way_bits = std::min(24U, static_cast<unsigned>(std::bit_width(sealed / 4)));
    ways.assign((std::size_t{1} << way_bits) + 1, 0);
    for (std::size_t i = 0; i < sealed; ++i) ++ways[way_of(entries[i].digest) + 1];
    for (std::size_t i = 1; i < ways.size(); ++i) ways[i] += ways[i - 1];
  }
  std::size_t way_of(const crypto::Digest& digest) const {
    return way_bits == 0 ? 0 : static_cast<std::size_t>(head_of(digest) >> (64U - way_bits));
  }

  bool is_at(const ipld::Cid& cid, std::size_t at) const {
    return at < sealed &&
           compare(entries[at].digest, entries[at].codec_bit(), cid.digest(), codec_bit_of(cid)) == 0;
  }

  // Where it is, if it is there.
  std::size_t search(const crypto::Digest& digest, unsigned codec) const {
    const std::size_t way = way_of(digest);
    const std::span<const Entry> near = sorted().subspan(ways[way], ways[way + 1] - ways[way]);
    const auto entry = std::ranges::partition_point(
        near, [&](const Entry& e) { return compare(e.digest, e.codec_bit(), digest, codec) < 0; });
    return ways[way] + static_cast<std::size_t>(entry - near.begin());
  }

  std::optional<std::size_t> position(const ipld::Cid& cid) const {
    if (sealed == 0) return std::nullopt;
    if (is_at(cid, last_found)) return last_found;
    const std::size_t at = search(cid.digest(), codec_bit_of(cid));
    if (!is_at(cid, at)) return std::nullopt;
    last_found = at;
    return at;
  }

  bool is_marked(std::size_t at) const { return ((marks[at / 64] >> (at % 64)) & 1U) != 0; }
};

BlockIndex::BlockIndex() : state_(std::make_unique<State>()) {}
BlockIndex::BlockIndex(BlockIndex&&) noexcept = default;
BlockIndex& BlockIndex::operator=(BlockIndex&&) noexcept = default;
BlockIndex::~BlockIndex() = default;

Status BlockIndex::add(const ipld::Cid& cid, Location location) {
  State& s = *state_;
  if (location.offset > kMaxOffset || location.length > kMaxLength || s.count >= kMaxEntries) {
    return fail(ErrorKind::limit_exceeded, "car.too_large",
                fmt::format("a block of {} bytes at byte {} is beyond what the index can hold",
                            location.length, location.offset));
  }
  if (s.count == s.capacity) s.grow();
  const std::uint64_t place = (location.offset << kOffsetShift) | (std::uint64_t{location.length} << 2) |
                              (location.plain ? std::uint64_t{2} : std::uint64_t{0}) | codec_bit_of(cid);
  new (s.entries + s.count) Entry{cid.digest(), place};
  ++s.count;
  return {};
}

void BlockIndex::seal() {
  State& s = *state_;
  if (s.count == s.sealed) return;
  const std::span<Entry> all = s.all();
  if (s.count - s.sealed > s.sealed / 8) {
    sort_entries(all, 0);
  } else {
    merge_tail(all, s.sealed);
  }
  const auto kept = static_cast<std::size_t>(std::unique(all.begin(), all.end(), same_cid) - all.begin());
  s.duplicates += s.count - kept;
  s.count = kept;
  s.sealed = kept;
  s.lay_ways();
  s.marks.assign((kept + 63) / 64, 0);
  s.marked = 0;
}

std::size_t BlockIndex::size() const { return state_->sealed; }
std::uint64_t BlockIndex::duplicates() const { return state_->duplicates; }
std::size_t BlockIndex::marked() const { return state_->marked; }

std::optional<Location> BlockIndex::find(const ipld::Cid& cid) const {
  const auto at = state_->position(cid);
  if (!at) return std::nullopt;
  return state_->sorted()[*at].location();
}

void BlockIndex::expect_links_of(ByteView node, Held held) const {
  // As a node begins, and few records do: a map of two.
  if (node.empty() || node[0] != 0xa2) return;
  // Tag 42 holds 37 bytes: a zero, then the CID. What only looks like a link costs a fetch for nothing.
  constexpr std::array<std::uint8_t, 9> kLink = {0xd8, 0x2a, 0x58, 0x25, 0x00, 0x01, 0x71, 0x12, 0x20};
  constexpr std::size_t kLinkBytes = kLink.size() + sizeof(crypto::Digest);
  constexpr std::size_t kSideBySide = 32;
  const State& s = *state_;
  if (s.sealed == 0) return;
  std::array<crypto::Digest, kSideBySide> digests;  // these are written up to `found`
  std::array<std::size_t, kSideBySide> ways;
  std::size_t found = 0;
  while (found < ways.size() && node.size() >= kLinkBytes) {
    // Keys are ASCII: the first byte of a link is hardly ever anything else.
    const void* const start = std::memchr(node.data(), kLink[0], node.size() - kLinkBytes + 1);
    if (start == nullptr) break;
    node = node.subspan(static_cast<std::size_t>(static_cast<const std::uint8_t*>(start) - node.data()));
    if (std::memcmp(node.data(), kLink.data(), kLink.size()) != 0) {
      node = node.subspan(1);
      continue;
    }
    std::memcpy(digests[found].data(), node.data() + kLink.size(), sizeof(crypto::Digest));
    node = node.subspan(kLinkBytes);
    ways[found] = s.way_of(digests[found]);
    __builtin_prefetch(&s.ways[ways[found]]);
    ++found;
  }
  for (std::size_t i = 0; i < found; ++i) {
    const std::size_t first = s.ways[ways[i]];
    __builtin_prefetch(s.entries + std::min(first, s.sealed - 1));
    __builtin_prefetch(s.entries + std::min(first + 2, s.sealed - 1));
  }
  if (held.bytes.empty()) return;
  for (std::size_t i = 0; i < found; ++i) {
    const auto at = s.search(digests[i], 0);
    if (at < s.sealed) prefetch(held, s.entries[at].location());
  }
}

bool BlockIndex::mark(const ipld::Cid& cid) {
  State& s = *state_;
  const auto at = s.position(cid);
  if (!at || s.is_marked(*at)) return false;
  s.marks[*at / 64] |= std::uint64_t{1} << (*at % 64);
  ++s.marked;
  return true;
}

void BlockIndex::unmark(const ipld::Cid& cid) {
  State& s = *state_;
  const auto at = s.position(cid);
  if (!at || !s.is_marked(*at)) return;
  s.marks[*at / 64] &= ~(std::uint64_t{1} << (*at % 64));
  --s.marked;
}

void BlockIndex::clear_marks() {
  std::ranges::fill(state_->marks, 0);
  state_->marked = 0;
}

void BlockIndex::mark_before(std::uint64_t offset) {
  State& s = *state_;
  for (std::size_t i = 0; i < s.sealed; ++i) {
    if (s.entries[i].offset() >= offset || s.is_marked(i)) continue;
    s.marks[i / 64] |= std::uint64_t{1} << (i % 64);
    ++s.marked;
  }
}

Status BlockIndex::for_each_unmarked(const std::function<Status(const ipld::Cid&, Location)>& visit) const {
  const State& s = *state_;
  std::vector<std::uint32_t> places;
  places.reserve(s.sealed - s.marked);
  for (std::size_t i = 0; i < s.sealed; ++i) {
    if (!s.is_marked(i)) places.push_back(static_cast<std::uint32_t>(i));
  }
  std::ranges::sort(places, {}, [&](std::uint32_t i) { return s.entries[i].offset(); });
  for (const std::uint32_t i : places) TRY(visit(s.entries[i].cid(), s.entries[i].location()));
  return {};
}

std::optional<std::size_t> BlockIndex::plain_bytes(const ipld::Cid& cid) const {
  const auto place = find(cid);
  if (!place || !place->plain) return std::nullopt;
  return place->length;
}

Result<ByteView> read_block(const BlockIndex& index, NearReader& file, const ipld::Cid& cid, Bytes& buffer,
                            bool& plain) {
  const auto place = index.find(cid);
  if (!place)
    return fail(ErrorKind::not_found, "block.missing", fmt::format("block {} is not there", cid.str()));
  plain = place->plain;
  buffer.resize(place->length);
  TRY(file.read(place->offset, buffer));
  index.expect_links_of(buffer);
  return ByteView(buffer);
}

}  // namespace atb::car
