#include "core/car/block_index.h"

#include <fmt/core.h>

#include <algorithm>
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
constexpr std::uint64_t kMaxOffset = (1ULL << 40) - 1;
constexpr std::uint64_t kMaxEntries = (1ULL << 32) - 1;

// Digest, then offset << 24 | length << 1 | codec.
struct Entry {
  crypto::Digest digest;
  std::uint64_t place;

  std::uint64_t offset() const { return place >> (kLengthBits + 1); }
  Location location() const { return {offset(), static_cast<std::uint32_t>((place >> 1) & kMaxLength)}; }
  unsigned codec_bit() const { return static_cast<unsigned>(place & 1U); }
  ipld::Cid cid() const { return {codec_bit() != 0 ? ipld::Codec::raw : ipld::Codec::dag_cbor, digest}; }
};
static_assert(sizeof(Entry) == 40);
static_assert(std::is_trivially_copyable_v<Entry>);

unsigned codec_bit_of(const ipld::Cid& cid) { return cid.codec() == ipld::Codec::raw ? 1U : 0U; }

int compare(const crypto::Digest& a, unsigned a_codec, const crypto::Digest& b, unsigned b_codec) {
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

  std::optional<std::size_t> position(const ipld::Cid& cid) const {
    const unsigned codec = codec_bit_of(cid);
    const auto entry = std::ranges::partition_point(
        sorted(), [&](const Entry& e) { return compare(e.digest, e.codec_bit(), cid.digest(), codec) < 0; });
    if (entry == sorted().end() || compare(entry->digest, entry->codec_bit(), cid.digest(), codec) != 0)
      return std::nullopt;
    return static_cast<std::size_t>(entry - sorted().begin());
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
  const std::uint64_t place =
      (location.offset << (kLengthBits + 1)) | (std::uint64_t{location.length} << 1) | codec_bit_of(cid);
  new (s.entries + s.count) Entry{cid.digest(), place};
  ++s.count;
  return {};
}

void BlockIndex::seal() {
  State& s = *state_;
  if (s.count == s.sealed) return;
  const std::span<Entry> all = s.all();
  if (s.count - s.sealed > s.sealed / 8) {
    std::sort(all.begin(), all.end(), entry_less);
  } else {
    merge_tail(all, s.sealed);
  }
  const auto kept = static_cast<std::size_t>(std::unique(all.begin(), all.end(), same_cid) - all.begin());
  s.duplicates += s.count - kept;
  s.count = kept;
  s.sealed = kept;
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

bool BlockIndex::mark(const ipld::Cid& cid) {
  State& s = *state_;
  const auto at = s.position(cid);
  if (!at || s.is_marked(*at)) return false;
  s.marks[*at / 64] |= std::uint64_t{1} << (*at % 64);
  ++s.marked;
  return true;
}

void BlockIndex::clear_marks() {
  std::ranges::fill(state_->marks, 0);
  state_->marked = 0;
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

Result<ByteView> read_block(const BlockIndex& index, const RandomAccess& file, const ipld::Cid& cid,
                            Bytes& buffer) {
  const auto place = index.find(cid);
  if (!place)
    return fail(ErrorKind::not_found, "block.missing", fmt::format("block {} is not there", cid.str()));
  buffer.resize(place->length);
  TRY(read_exactly_at(file, place->offset, buffer));
  return ByteView(buffer);
}

}  // namespace atb::car
