#include "core/car/header.h"

#include "core/base/cursor.h"
#include "core/base/text.h"
#include "core/ipld/cbor_reader.h"

#include <fmt/core.h>

#include <algorithm>
#include <string>

namespace atb::car {
namespace {

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

}  // namespace

Error cut(std::uint64_t at, std::string what) {
  return Error(ErrorKind::corrupt, "car.cut", std::move(what), kFetchAgain).at(at);
}

Result<std::size_t> header_bytes(ByteView head, const Limits& limits) {
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
  return cursor.offset() + static_cast<std::size_t>(*length);
}

Result<Header> decode_header(ByteView bytes, Roots wanted, const Limits& limits) {
  Cursor cursor(bytes);
  TRY(cursor.varint());
  auto roots = read_header_map(bytes.subspan(cursor.offset()), limits, wanted);
  if (!roots) {
    if (roots.error().id.starts_with("car.")) return std::unexpected(std::move(roots).error());
    return std::unexpected(
        bad_header("car.header", fmt::format("the CAR header cannot be read: {}", roots.error().message)));
  }
  return Header{.roots = *std::move(roots), .bytes = bytes.size()};
}

}  // namespace atb::car
