// The header of a CAR. A part of reader.h.
#pragma once

#include "core/base/limits.h"
#include "core/base/result.h"
#include "core/car/reader.h"

namespace atb::car {

inline constexpr const char* kFetchAgain = "fetch the file again, or use another copy";

// "car.cut" at byte `at`.
Error cut(std::uint64_t at, std::string what);

// What the first bytes of a file say: "car.empty", "car.not_car", "car.cut", "car.header" (limit). The length
// of the header, its varint included; it may be longer than `head`, which holds kHeadBytes unless the file
// ends.
inline constexpr std::size_t kHeadBytes = 512;  // looked at to tell a CAR from a server's error page
Result<std::size_t> header_bytes(ByteView head, const Limits& limits);

// The whole header, its varint included.
Result<Header> decode_header(ByteView bytes, Roots wanted, const Limits& limits);

}  // namespace atb::car
