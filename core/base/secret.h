// Text or bytes that must not leak: a password, a token, a private key.
// Not copyable, not printable, wiped when it dies. Whoever needs the value says so: reveal().
#pragma once

#include "core/base/bytes.h"

#include <string>
#include <string_view>
#include <utility>

namespace atb {

void wipe(void* data, std::size_t size);
// Leaves the text empty, and nothing of it in its memory.
void wipe(std::string& text);

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value);
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  ~Secret() { clear(); }

  static Secret copy_of(std::string_view value) { return Secret(std::string(value)); }
  Secret clone() const { return Secret(value_); }
  // Lives as long as this object, and is not to be stored or logged.
  std::string_view reveal() const { return value_; }
  bool empty() const { return value_.empty(); }
  void clear();

 private:
  std::string value_;
};

}  // namespace atb
