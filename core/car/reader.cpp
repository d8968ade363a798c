#include "core/car/reader.h"

#include "core/base/cursor.h"
#include "core/base/text.h"
#include "core/ipld/cbor_reader.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <string>

namespace atb::car {
namespace {

constexpr std::size_t kBufferBytes = 1U << 20;
constexpr std::size_t kHeadBytes = 512;  // looked at to tell a CAR from a server's error page
constexpr std::size_t kCidSlack = 128;   // room for a CID that is longer than ours
constexpr std::size_t kVarintBytes = 9;
constexpr const char* kFetchAgain = "fetch the file again, or use another copy";

Error cut(std::uint64_t at, std::string what) {
  return Error(ErrorKind::corrupt, "car.cut", std::move(what), kFetchAgain).at(at);
}

// Names what the bytes are when they are plainly something else than a CAR; empty when they may be one.
std::string_view foreign_kind(ByteView head) {
  std::string_view text = as_text(head);
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  const std::string_view start = text.substr(std::min(text.size(), text.find_first_not_of(" \t\r\n")));
  if (start.starts_with('<')) return "an HTML or XML page";
  if (start.starts_with('{') || start.starts_with('[')) return "JSON";
  if (text.starts_with("\x1f\x8b")) return "gzip data";
  if (text.starts_with("PK\x03\x04")) return "a ZIP archive";
  if (text.starts_with("\x28\xb5\x2f\xfd")) return "zstd data";
  // The first bytes of a CAR hold control characters; a text has none.
  const std::string_view sample = text.substr(0, 64);
  const bool plain = sample.size() >= 16 && std::ranges::all_of(sample, [](char c) {
                       return (c >= ' ' && c <= '~') || c == '\n' || c == '\r' || c == '\t';
                     });
  return plain ? "plain text" : "";
}

Error not_car(ByteView head) {
  const std::string_view kind = foreign_kind(head);
  if (kind.empty()) {
    return Error(ErrorKind::corrupt, "car.not_car",
                 "this is not a CAR file: its first bytes are no CAR header", kFetchAgain)
        .at(0);
  }
  std::string message = fmt::format("this is not a CAR file but {}", kind);
  std::string hint = kFetchAgain;
  if (kind != "gzip data" && kind != "zstd data" && kind != "a ZIP archive") {
    message +=
        fmt::format(", such as a server's error page; it begins: {}", printable(trim(as_text(head)), 120));
    hint = "look at the text for the reason, then fetch the repository again";
  } else {
    hint = "unpack it first";
  }
  return Error(ErrorKind::corrupt, "car.not_car", std::move(message), std::move(hint)).at(0);
}

Error bad_header(std::string_view id, std::string message) {
  return Error(ErrorKind::corrupt, id, std::move(message), kFetchAgain).at(0);
}

Result<std::vector<ipld::Cid>> read_roots(ipld::CborReader& cbor, const Limits& limits) {
  const std::uint64_t count = TRY(cbor.array());
  if (count > limits.car_roots) {
    return fail(ErrorKind::limit_exceeded, "car.roots",
                fmt::format("the CAR header names {} roots, at most {} are read", count, limits.car_roots));
  }
  std::vector<ipld::Cid> roots;
  for (std::uint64_t i = 0; i < count; ++i) {
    auto link = cbor.link();
    if (!link) {
      return std::unexpected(bad_header(
          "car.roots",
          fmt::format("root {} of the CAR header is no supported CID: {}", i, link.error().message)));
    }
    roots.push_back(*link);
  }
  return roots;
}

Result<std::vector<ipld::Cid>> read_header_map(ByteView bytes, const Limits& limits, Roots wanted) {
  ipld::CborReader cbor(bytes);
  const std::uint64_t entries = TRY(cbor.map());
  std::vector<ipld::Cid> roots;
  bool have_version = false;
  std::string_view previous;
  for (std::uint64_t i = 0; i < entries; ++i) {
    const std::string_view key = TRY(cbor.map_key(previous));
    previous = key;
    if (key == "roots") {
      roots = TRY(read_roots(cbor, limits));
    } else if (key == "version") {
      const std::int64_t version = TRY(cbor.integer());
      if (version != 1) {
        return fail(ErrorKind::unsupported, "car.version",
                    fmt::format("this is a CAR of version {}, only version 1 is read", version),
                    "convert it to version 1 first");
      }
      have_version = true;
    } else {
      return std::unexpected(bad_header(
          "car.header", fmt::format("the CAR header has an unknown field \"{}\"", printable(key, 60))));
    }
  }
  TRY(cbor.finish());
  if (!have_version) return std::unexpected(bad_header("car.header", "the CAR header has no version"));
  if (roots.empty() && wanted == Roots::required) {
    return std::unexpected(bad_header("car.roots", "the CAR header names no root"));
  }
  return roots;
}

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

struct Reader::State {
  State(ByteSource& source_, const Limits& limits_)
      : source(&source_),
        limits(limits_),
        buffer(std::min<std::uint64_t>(kBufferBytes, limits_.repo_bytes)) {}

  ByteSource* source;
  Limits limits;
  Header header;
  Bytes buffer;
  std::size_t begin = 0;  // of what is not consumed yet, in `buffer`
  std::size_t end = 0;
  std::uint64_t consumed = 0;
  std::uint64_t sections = 0;
  bool source_ended = false;

  std::size_t held() const { return end - begin; }
  ByteView view(std::size_t count) const { return ByteView(buffer).subspan(begin, count); }
  void consume(std::size_t count) {
    begin += count;
    consumed += count;
  }

  // Tries to hold `wanted` bytes; fewer are held only at the end of the source.
  Status fill(std::size_t wanted) {
    if (held() >= wanted) return {};
    if (buffer.size() - begin < wanted) {
      std::memmove(buffer.data(), buffer.data() + begin, held());
      end = held();
      begin = 0;
      if (buffer.size() < wanted) buffer.resize(wanted);
    }
    while (held() < wanted && !source_ended) {
      const std::size_t got = TRY(source->read(MutableByteView(buffer).subspan(end)));
      source_ended = got == 0;
      end += got;
    }
    return {};
  }

  Status read_header(Roots roots);
  Result<std::size_t> section_length(std::size_t& prefix);
};

Status Reader::State::read_header(Roots wanted) {
  TRY(fill(kHeadBytes));
  const Bytes head = to_bytes(view(std::min(held(), kHeadBytes)));
  if (head.empty()) return std::unexpected(bad_header("car.empty", "the file is empty"));
  if (!foreign_kind(head).empty()) return std::unexpected(not_car(head));

  Cursor cursor(head);
  const auto length = cursor.varint();
  if (!length) {
    if (length.error().id == "input.cut")
      return std::unexpected(cut(head.size(), "the file ends inside the CAR header"));
    return std::unexpected(not_car(head));
  }
  const auto first = cursor.peek();
  const bool is_map = !first || (*first >> 5) == 5;
  if (!is_map || *length == 0) return std::unexpected(not_car(head));
  if (*length > limits.car_header_bytes) {
    return fail(
        ErrorKind::limit_exceeded, "car.header",
        fmt::format("the CAR header has {} bytes, at most {} are read", *length, limits.car_header_bytes));
  }
  const std::size_t prefix = cursor.offset();
  const auto total = prefix + static_cast<std::size_t>(*length);
  TRY(fill(total));
  if (held() < total) {
    return std::unexpected(
        cut(held(), fmt::format("the file ends inside the CAR header: {} bytes are announced, {} are there",
                                total, held())));
  }
  auto roots = read_header_map(view(total).subspan(prefix), limits, wanted);
  if (!roots) {
    if (roots.error().id.starts_with("car.")) return std::unexpected(std::move(roots).error());
    return std::unexpected(
        bad_header("car.header", fmt::format("the CAR header cannot be read: {}", roots.error().message)));
  }
  header.roots = *std::move(roots);
  header.bytes = total;
  consume(total);
  return {};
}

// The announced length of the next section, checked; `prefix` becomes the length of its varint.
Result<std::size_t> Reader::State::section_length(std::size_t& prefix) {
  const ByteView start = view(std::min(held(), kVarintBytes));
  Cursor cursor(start);
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
  if (*length > limits.block_bytes + kCidSlack) {
    return std::unexpected(
        Error(ErrorKind::limit_exceeded, "car.block_too_large",
              fmt::format("the section at byte {} announces {} bytes, a block has at most {}", consumed,
                          *length, limits.block_bytes))
            .at(consumed));
  }
  prefix = cursor.offset();
  if (*length > limits.repo_bytes - std::min<std::uint64_t>(limits.repo_bytes, consumed + prefix) ||
      sections >= limits.repo_blocks) {
    return std::unexpected(Error(ErrorKind::limit_exceeded, "car.too_large",
                                 fmt::format("the file is larger than {} bytes or {} blocks",
                                             limits.repo_bytes, limits.repo_blocks))
                               .at(consumed));
  }
  return static_cast<std::size_t>(*length);
}

Reader::Reader(std::unique_ptr<State> state) : state_(std::move(state)) {}
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;
Reader::~Reader() = default;

const Header& Reader::header() const { return state_->header; }
std::uint64_t Reader::offset() const { return state_->consumed; }

Result<Reader> Reader::open(ByteSource& source, const Limits& limits, Roots roots) {
  auto state = std::make_unique<State>(source, limits);
  TRY(state->read_header(roots));
  return Reader(std::move(state));
}

Result<std::optional<Section>> Reader::next() {
  State& s = *state_;
  TRY(s.fill(kVarintBytes));
  if (s.held() == 0) return std::optional<Section>();

  std::size_t prefix = 0;
  const std::size_t length = TRY(s.section_length(prefix));
  TRY(s.fill(prefix + length));
  if (s.held() < prefix + length) {
    return std::unexpected(
        cut(s.consumed,
            fmt::format("the file ends inside the section at byte {}: {} bytes are announced, {} are there",
                        s.consumed, length, s.held() - prefix)));
  }
  const ByteView bytes = s.view(prefix + length).subspan(prefix);

  Section section;
  section.section_offset = s.consumed;
  std::size_t cid_bytes = ipld::Cid::kBytes;
  if (length >= ipld::Cid::kBytes) {
    if (auto cid = ipld::Cid::from_bytes(bytes.first(ipld::Cid::kBytes))) section.cid = *cid;
  }
  if (!section.cid) {
    const auto foreign = foreign_cid_bytes(bytes);
    if (!foreign && length < ipld::Cid::kBytes) {
      return std::unexpected(
          Error(ErrorKind::corrupt, "car.section",
                fmt::format("the section at byte {} has {} bytes, too few for a CID", s.consumed, length),
                kFetchAgain)
              .at(s.consumed));
    }
    section.state = Section::State::unsupported_cid;
    cid_bytes = foreign.value_or(0);
  }
  section.block = bytes.subspan(cid_bytes);
  section.block_offset = s.consumed + prefix + cid_bytes;
  if (section.block.size() > s.limits.block_bytes) {
    return std::unexpected(
        Error(ErrorKind::limit_exceeded, "car.block_too_large",
              fmt::format("the block at byte {} has {} bytes, at most {} are read", section.block_offset,
                          section.block.size(), s.limits.block_bytes))
            .at(s.consumed));
  }
  if (section.cid && ipld::Cid::of(section.cid->codec(), section.block) != *section.cid)
    section.state = Section::State::wrong_hash;
  s.consume(prefix + length);
  ++s.sections;
  return section;
}

}  // namespace atb::car
