#include "core/base/secret.h"

#include <string.h>  // explicit_bzero is not in <cstring>

namespace atb {

void wipe(void* data, std::size_t size) {
  if (size > 0) explicit_bzero(data, size);
}

void wipe(std::string& text) {
  // Up to the capacity: bytes past the end are what a longer value left behind.
  text.resize(text.capacity());
  wipe(text.data(), text.size());
  text.clear();
}

// Short strings are copied, not handed over, so the one that was given is wiped too.
Secret::Secret(std::string value) {
  value_.swap(value);
  wipe(value);
}

Secret::Secret(Secret&& other) noexcept : value_(std::move(other.value_)) { other.clear(); }

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  clear();
  value_ = std::move(other.value_);
  other.clear();
  return *this;
}

void Secret::clear() { wipe(value_); }

}  // namespace atb
