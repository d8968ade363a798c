// Result<T>: a value or an Error, which the compiler makes you look at.
//
//   Result<Cid> parse(std::string_view text);
//   Cid cid = TRY(parse(text));            // returns the error from the calling function
//
// std::expected of g++ 12 is not [[nodiscard]] and has no monadic members; hence a type of our own over it.
// Do not use TRY in a lambda whose return type is not a Result, nor twice in one expression where order
// matters.
#pragma once

#include "core/base/error.h"

#include <expected>
#include <utility>

namespace atb {

template <class T>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using Base = std::expected<T, Error>;
  using Base::Base;
  Result(Base&& base) : Base(std::move(base)) {}                      // NOLINT(google-explicit-constructor)
  Result(Error&& error) : Base(std::unexpected(std::move(error))) {}  // NOLINT(google-explicit-constructor)
  Result(const Error& error) : Base(std::unexpected(error)) {}        // NOLINT(google-explicit-constructor)
};

using Status = Result<void>;

inline std::unexpected<Error> fail(ErrorKind kind, std::string_view id, std::string message,
                                   std::string hint = {}) {
  return std::unexpected(Error(kind, id, std::move(message), std::move(hint)));
}

namespace detail {
template <class T>
T take(Result<T>& result) {
  return std::move(*result);
}
inline void take(Result<void>&) {}
}  // namespace detail

}  // namespace atb

#define ATB_JOIN_(a, b) a##b
#define ATB_JOIN(a, b) ATB_JOIN_(a, b)
#define ATB_TRY_(name, ...)                                     \
  __extension__({                                               \
    auto name = (__VA_ARGS__);                                  \
    if (!name) return std::unexpected(std::move(name).error()); \
    ::atb::detail::take(name);                                  \
  })
// Gives the value by value: the temporary it came from dies at the end of the expression.
// Not inside a braced initializer, nor beside another TRY in one list of arguments: g++ does not destroy what
// the expression had made so far when it is left from its middle (tests/lint/try.py).
#define TRY(...) ATB_TRY_(ATB_JOIN(atb_try_, __COUNTER__), __VA_ARGS__)
// As TRY, adding a line of context to the error.
#define TRY_CONTEXT(what, ...) ATB_TRY_CONTEXT_(ATB_JOIN(atb_try_, __COUNTER__), what, __VA_ARGS__)
#define ATB_TRY_CONTEXT_(name, what, ...)                                               \
  __extension__({                                                                       \
    auto name = (__VA_ARGS__);                                                          \
    if (!name) return std::unexpected(std::move(std::move(name).error()).while_(what)); \
    ::atb::detail::take(name);                                                          \
  })
