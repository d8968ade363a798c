// Datetimes as the lexicon language defines them (https://atproto.com/specs/lexicon#datetime): a strict
// intersection of RFC 3339, ISO 8601 and WHATWG. Also what the PLC directory writes as createdAt.
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace atb::syntax {

class Datetime {
 public:
  // Id "datetime.syntax"; "datetime.value" when the syntax holds but no such moment exists.
  static Result<Datetime> parse(std::string_view text);
  const std::string& str() const { return text_; }
  std::int64_t unix_us() const { return unix_us_; }

 private:
  Datetime(std::string text, std::int64_t unix_us) : text_(std::move(text)), unix_us_(unix_us) {}
  std::string text_;
  std::int64_t unix_us_;
};

}  // namespace atb::syntax
