// Timestamp identifiers (https://atproto.com/specs/tid): 13 base32-sortable characters; microseconds and a
// clock id.
#pragma once

#include "core/base/result.h"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace atb::syntax {

class Tid {
 public:
  // Id "tid.syntax".
  static Result<Tid> parse(std::string_view text);
  // `clock_id` is 0…1023.
  static Tid from(std::int64_t unix_us, unsigned clock_id);
  std::string str() const;
  std::int64_t unix_us() const { return static_cast<std::int64_t>(value_ >> 10); }
  unsigned clock_id() const { return static_cast<unsigned>(value_ & 1023U); }
  friend auto operator<=>(const Tid&, const Tid&) = default;

 private:
  explicit Tid(std::uint64_t value) : value_(value) {}
  std::uint64_t value_;
};

// The TID for now that comes after `previous` even if the clock went back. Pure.
Tid next_tid(const Tid* previous, std::int64_t now_us, unsigned clock_id);

}  // namespace atb::syntax
