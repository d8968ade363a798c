// Text that came from outside, made fit for a terminal; and small helpers for text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atb {

bool valid_utf8(std::string_view text);

// Control characters (C0, DEL, C1), bidirectional overrides and invalid UTF-8 become visible escapes such as
// "\x1b" and "\u202e"; longer than `max_bytes` is cut with "…". The only way remote text may reach a
// terminal.
std::string printable(std::string_view text, std::size_t max_bytes = 2000);

std::string_view trim(std::string_view text);
std::vector<std::string_view> split(std::string_view text, char separator);
std::string lower_ascii(std::string_view text);
// Decimal digits only, no sign, no leading zeros beyond "0"; empty on anything else or overflow.
std::optional<std::uint64_t> parse_decimal(std::string_view text);
// "1.2 GB", "834 kB", "17 bytes": decimal units.
std::string human_bytes(std::uint64_t bytes);

}  // namespace atb
