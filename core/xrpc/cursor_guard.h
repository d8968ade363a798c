// Finds out, in constant memory, that a host sends us round in circles (Brent's algorithm over the cursors).
// Internal to xrpc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace atb::xrpc {

class CursorGuard {
 public:
  // False once a cursor has come back. A loop of n pages is seen after at most 3n pages from its start.
  bool advance(std::string_view cursor) {
    if (pages_ > 0 && cursor == anchor_) return false;
    if (++pages_ >= next_anchor_) {
      anchor_ = cursor;
      next_anchor_ *= 2;
    }
    return true;
  }
  std::uint64_t pages() const { return pages_; }

 private:
  std::string anchor_;
  std::uint64_t pages_ = 0;
  std::uint64_t next_anchor_ = 1;
};

}  // namespace atb::xrpc
