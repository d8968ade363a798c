#include "core/car/batch.h"

#include "core/base/cursor.h"
#include "core/car/header.h"
#include "core/crypto/sha256_many.h"

#include <fmt/core.h>

#include <algorithm>

namespace atb::car {
namespace {

// Small enough to stay in a core's cache between being read, hashed and walked.
constexpr std::size_t kBatchBytes = 256U << 10;
constexpr std::size_t kCidSlack = 128;  // room for a CID that is longer than ours
constexpr std::size_t kVarintBytes = 9;

// Length of a CID that is not ours, so that its block can still be told from it.
std::optional<std::size_t> foreign_cid_bytes(ByteView section) {
  if (section.size() >= 34 && section[0] == 0x12 && section[1] == 0x20) return 34;  // version 0
  Cursor cursor(section);
  const auto version = cursor.varint();
  if (!version || *version != 1) return std::nullopt;
  if (!cursor.varint() || !cursor.varint()) return std::nullopt;  // codec, hash
  const auto digest_bytes = cursor.varint();
  if (!digest_bytes || !cursor.take(*digest_bytes)) return std::nullopt;
  return cursor.offset();
}

}  // namespace

struct BatchReader::State {
  State(ByteSource& source_, const Limits& limits_, LookAtBlock look_)
      : source(&source_), limits(limits_), check(std::move(look_)) {}

  ByteSource* source;
  Limits limits;
  BatchCheck check;
  Header header;
  Bytes carry;                 // read, and not consumed yet
  std::uint64_t consumed = 0;  // bytes of the file before `carry`
  std::uint64_t sections = 0;
  bool source_ended = false;

  Status read_header(Roots wanted);
  // False: the section is not whole in `bytes`, of which there must be `wanted` to go on.
  Result<bool> section(ByteView bytes, Section& section, std::size_t& taken, std::size_t& wanted);
  bool usual_section(ByteView bytes, Section& section) const;
  Result<std::size_t> section_length(ByteView bytes, std::size_t& prefix);
  Result<std::size_t> check_length(std::uint64_t length, std::size_t prefix) const;
  // Sections out of the bytes that `batch.buffer` holds up to `held`; how many of them were used up.
  std::size_t take_sections(SectionBatch& batch, std::size_t held, std::size_t& wanted);
};

Status BatchReader::State::read_header(Roots wanted) {
  std::size_t held = 0;
  const auto fill = [&](std::size_t to) -> Status {
    if (carry.size() < to) carry.resize(to);
    while (held < to && !source_ended) {
      const std::size_t got = TRY(source->read(MutableByteView(carry).subspan(held)));
      source_ended = got == 0;
      held += got;
    }
    return {};
  };
  TRY(fill(kHeadBytes));
  const std::size_t total = TRY(header_bytes(ByteView(carry).first(std::min(held, kHeadBytes)), limits));
  TRY(fill(total));
  if (held < total) {
    return std::unexpected(
        cut(held, fmt::format("the file ends inside the CAR header: {} bytes are announced, {} are there",
                              total, held)));
  }
  header = TRY(decode_header(ByteView(carry).first(total), wanted, limits));
  carry.resize(held);
  carry.erase(carry.begin(), carry.begin() + static_cast<std::ptrdiff_t>(total));
  consumed = total;
  return {};
}

// The announced length of the section that starts here, checked; `prefix` becomes the length of its varint.
Result<std::size_t> BatchReader::State::section_length(ByteView bytes, std::size_t& prefix) {
  Cursor cursor(bytes.first(std::min(bytes.size(), kVarintBytes)));
  const auto length = cursor.varint();
  if (!length) {
    if (length.error().id == "input.cut") {
      return std::unexpected(
          cut(consumed, fmt::format("the file ends inside the length of the section at byte {}", consumed)));
    }
    return std::unexpected(
        Error(ErrorKind::corrupt, "car.section",
              fmt::format("the length of the section at byte {} is no valid varint", consumed), kFetchAgain)
            .at(consumed));
  }
  prefix = cursor.offset();
  return check_length(*length, prefix);
}

Result<std::size_t> BatchReader::State::check_length(std::uint64_t length, std::size_t prefix) const {
  if (length > limits.block_bytes + kCidSlack) {
    return std::unexpected(
        Error(ErrorKind::limit_exceeded, "car.block_too_large",
              fmt::format("the section at byte {} announces {} bytes, a block has at most {}", consumed,
                          length, limits.block_bytes))
            .at(consumed));
  }
  if (length > limits.repo_bytes - std::min<std::uint64_t>(limits.repo_bytes, consumed + prefix) ||
      sections >= limits.repo_blocks) {
    return std::unexpected(Error(ErrorKind::limit_exceeded, "car.too_large",
                                 fmt::format("the file is larger than {} bytes or {} blocks",
                                             limits.repo_bytes, limits.repo_blocks))
                               .at(consumed));
  }
  return static_cast<std::size_t>(length);
}

Result<bool> BatchReader::State::section(ByteView bytes, Section& section, std::size_t& taken,
                                         std::size_t& wanted) {
  if (bytes.size() < kVarintBytes && !source_ended) {
    wanted = kVarintBytes;
    return false;
  }
  std::size_t prefix = 0;
  const std::size_t length = TRY(section_length(bytes, prefix));
  if (bytes.size() < prefix + length) {
    wanted = prefix + length;
    if (!source_ended) return false;
    return std::unexpected(
        cut(consumed,
            fmt::format("the file ends inside the section at byte {}: {} bytes are announced, {} are there",
                        consumed, length, bytes.size() - prefix)));
  }
  const ByteView content = bytes.subspan(prefix, length);
  section.section_offset = consumed;
  std::size_t cid_bytes = ipld::Cid::kBytes;
  if (length >= ipld::Cid::kBytes) {
    section.cid = ipld::Cid::blessed(content.data());
  }
  if (!section.cid) {
    const auto foreign = foreign_cid_bytes(content);
    if (!foreign && length < ipld::Cid::kBytes) {
      return std::unexpected(
          Error(ErrorKind::corrupt, "car.section",
                fmt::format("the section at byte {} has {} bytes, too few for a CID", consumed, length),
                kFetchAgain)
              .at(consumed));
    }
    section.state = Section::State::unsupported_cid;
    cid_bytes = foreign.value_or(0);
  }
  section.block = content.subspan(cid_bytes);
  section.block_offset = consumed + prefix + cid_bytes;
  if (section.block.size() > limits.block_bytes) {
    return std::unexpected(Error(ErrorKind::limit_exceeded, "car.block_too_large",
                                 fmt::format("the block at byte {} has {} bytes, at most {} are read",
                                             section.block_offset, section.block.size(), limits.block_bytes))
                               .at(consumed));
  }
  taken = prefix + length;
  return true;
}

// What nearly every section is: whole, with a length of two bytes, a CID of ours, and no limit near. False,
// and nothing said, for anything else: section() looks closer.
bool BatchReader::State::usual_section(ByteView bytes, Section& section) const {
  constexpr std::size_t kPrefix = 2;
  constexpr std::size_t kStart = kPrefix + ipld::Cid::kBytes;
  if (bytes.size() < kStart || (bytes[0] & 0x80U) == 0 || bytes[1] == 0 || bytes[1] >= 0x80) return false;
  const std::size_t length = (bytes[0] & 0x7fU) | static_cast<std::size_t>(bytes[1]) << 7U;
  if (length < ipld::Cid::kBytes || bytes.size() < kPrefix + length) return false;
  if (length > limits.block_bytes || sections >= limits.repo_blocks ||
      consumed + kPrefix + length > limits.repo_bytes)
    return false;
  if (!ipld::Cid::is_blessed(bytes.data() + kPrefix)) return false;
  section.cid.emplace(ipld::Cid::Blessed{bytes.data() + kPrefix});
  section.section_offset = consumed;
  section.block_offset = consumed + kStart;
  section.block = bytes.subspan(kStart, length - ipld::Cid::kBytes);
  return true;
}

std::size_t BatchReader::State::take_sections(SectionBatch& batch, std::size_t held, std::size_t& wanted) {
  std::size_t used = 0;
  wanted = 0;
  while (used < held) {
    std::size_t taken = 0;
    Section& next = batch.sections.emplace_back();
    if (usual_section(ByteView(batch.buffer).subspan(used, held - used), next)) {
      taken = static_cast<std::size_t>(next.block.data() + next.block.size() - (batch.buffer.data() + used));
      used += taken;
      consumed += taken;
      ++sections;
      continue;
    }
    auto whole = section(ByteView(batch.buffer).subspan(used, held - used), next, taken, wanted);
    const bool cut = whole && !*whole;
    if (cut || !whole) batch.sections.pop_back();
    if (cut) break;
    if (!whole) {
      batch.failure = std::move(whole).error();
      break;
    }
    used += taken;
    consumed += taken;
    ++sections;
  }
  return used;
}

void BatchCheck::check(SectionBatch& batch) {
  blocks_.clear();
  for (const Section& section : batch.sections) blocks_.push_back(section.block);
  digests_.resize(blocks_.size());
  crypto::sha256_many(blocks_, digests_);
  for (std::size_t i = 0; i < digests_.size(); ++i) {
    Section& section = batch.sections[i];
    if (!section.cid) continue;
    if (!crypto::same_digest(section.cid->digest().data(), digests_[i].data())) {
      section.state = Section::State::wrong_hash;
    } else {
      section.plain = look_ && look_(section.block);
    }
  }
}

BatchReader::BatchReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
BatchReader::BatchReader(BatchReader&&) noexcept = default;
BatchReader& BatchReader::operator=(BatchReader&&) noexcept = default;
BatchReader::~BatchReader() = default;

const Header& BatchReader::header() const { return state_->header; }

Result<BatchReader> BatchReader::open(ByteSource& source, const Limits& limits, Roots roots,
                                      LookAtBlock look) {
  auto state = std::make_unique<State>(source, limits, std::move(look));
  TRY(state->read_header(roots));
  return BatchReader(std::move(state));
}

void BatchReader::read(SectionBatch& batch) {
  take(batch);
  state_->check.check(batch);
}

void BatchReader::take(SectionBatch& batch) {
  State& s = *state_;
  batch.sections.clear();
  batch.failure.reset();
  batch.ended = false;
  if (batch.buffer.size() < std::max(kBatchBytes, s.carry.size()))
    batch.buffer.resize(std::max(kBatchBytes, s.carry.size()));
  std::ranges::copy(s.carry, batch.buffer.begin());
  std::size_t held = s.carry.size();
  std::size_t used = 0;
  while (batch.sections.empty() && !batch.failure && !batch.ended) {
    if (held < batch.buffer.size() && !s.source_ended) {
      auto got = s.source->read(MutableByteView(batch.buffer).subspan(held));
      if (!got) {
        batch.failure = std::move(got).error();
        break;
      }
      s.source_ended = *got == 0;
      held += *got;
    }
    std::size_t wanted = 0;
    used = s.take_sections(batch, held, wanted);
    if (s.source_ended && held == 0) batch.ended = true;
    if (batch.sections.empty() && wanted > batch.buffer.size()) batch.buffer.resize(wanted);
  }
  const ByteView rest = ByteView(batch.buffer).subspan(used, held - used);
  s.carry.assign(rest.begin(), rest.end());
}

}  // namespace atb::car
