// Result<T>: a value or an Error, which the compiler makes you look at.
//
//   Result<Cid> parse(std::string_view text);
//   Cid cid = TRY(parse(text));            // returns the error from the calling function
//
// std::expected of g++ 12 is not [[nodiscard]] and has no monadic members, and it clears all of an Error
// where it holds none; hence a type of our own. Do not use TRY in a lambda whose return type is not a Result,
// nor twice in one expression where order matters.
#pragma once

#include "core/base/error.h"

#include <expected>
#include <memory>
#include <utility>

namespace atb {

// An Error on the heap, or none; copied as a value. Results hold errors so: success costs them a word, where
// a million records are looked at, and not the clearing of the 200 bytes of an Error. What makes, copies and
// drops an error is out of line, and so not part of every function that could fail.
class ErrorBox {
 public:
  ErrorBox() = default;
  ErrorBox(Error error);  // NOLINT(google-explicit-constructor)
  ErrorBox(const ErrorBox& other);
  ErrorBox(ErrorBox&&) noexcept = default;
  ErrorBox& operator=(const ErrorBox& other) { return *this = ErrorBox(other); }
  ErrorBox& operator=(ErrorBox&&) noexcept = default;
  ~ErrorBox() = default;

  bool empty() const { return error_ == nullptr; }
  // Not when empty.
  Error& operator*() const { return *error_; }

 private:
  struct Drop {
    void operator()(Error* error) const;
  };
  std::unique_ptr<Error, Drop> error_;
};

using Failure = std::unexpected<ErrorBox>;

template <class T>
class [[nodiscard]] Result : public std::expected<T, ErrorBox> {
 public:
  using Base = std::expected<T, ErrorBox>;
  using Base::Base;
  Result(Base&& base) : Base(std::move(base)) {}                  // NOLINT(google-explicit-constructor)
  Result(Error&& error) : Base(Failure(std::move(error))) {}      // NOLINT(google-explicit-constructor)
  Result(const Error& error) : Base(Failure(ErrorBox(error))) {}  // NOLINT(google-explicit-constructor)

  Error& error() & { return *Base::error(); }
  const Error& error() const& { return *Base::error(); }
  Error&& error() && { return std::move(*Base::error()); }
  // The error as it stands, for whoever passes it on.
  Failure failure() && { return Failure(std::move(static_cast<Base&>(*this).error())); }
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(std::unexpected<Error>&& failed)
      : error_(std::move(failed.error())) {}                       // NOLINT(google-explicit-constructor)
  Result(Failure&& failed) : error_(std::move(failed.error())) {}  // NOLINT(google-explicit-constructor)
  Result(Error error) : error_(std::move(error)) {}                // NOLINT(google-explicit-constructor)

  explicit operator bool() const { return error_.empty(); }
  bool has_value() const { return error_.empty(); }
  // Throws where there is an error: for tests.
  void value() const;

  Error& error() & { return *error_; }
  const Error& error() const& { return *error_; }
  Error&& error() && { return std::move(*error_); }
  Failure failure() && { return Failure(std::move(error_)); }

 private:
  ErrorBox error_;
};

using Status = Result<void>;

Failure fail(ErrorKind kind, std::string_view id, std::string message, std::string hint = {});

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
#define ATB_TRY_(name, ...)                      \
  __extension__({                                \
    auto name = (__VA_ARGS__);                   \
    if (!name) return std::move(name).failure(); \
    ::atb::detail::take(name);                   \
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
