// A stack of plain values that allocates only when it grows past N: records nest a few levels, attacks nest
// many.
#pragma once

#include <array>
#include <cstddef>
#include <type_traits>
#include <vector>

namespace atb::ipld {

template <class T, std::size_t N>
class SmallStack {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_default_constructible_v<T>);

 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  // Not to be called on an empty stack. The reference lives until the next push or pop.
  T& top() { return size_ <= N ? near_[size_ - 1] : far_.back(); }
  // Gives the new top, uninitialised up to N: to be written where it is, and not copied there.
  T& push() {
    if (size_ >= N) far_.emplace_back();
    ++size_;
    return top();
  }
  void pop() {
    if (size_ > N) far_.pop_back();
    --size_;
  }

 private:
  std::size_t size_ = 0;
  std::array<T, N> near_;  // left uninitialised on purpose: this is made once a record
  std::vector<T> far_;
};

}  // namespace atb::ipld
