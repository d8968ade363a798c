#include "core/base/result.h"

namespace atb {

ErrorBox::ErrorBox(Error error) : error_(new Error(std::move(error))) {}

ErrorBox::ErrorBox(const ErrorBox& other) : error_(other.error_ ? new Error(*other.error_) : nullptr) {}

void ErrorBox::Drop::operator()(Error* error) const { delete error; }

void Result<void>::value() const {
  if (!has_value()) throw std::bad_expected_access<ErrorBox>(error_);
}

Failure fail(ErrorKind kind, std::string_view id, std::string message, std::string hint) {
  return Failure(Error(kind, id, std::move(message), std::move(hint)));
}

}  // namespace atb
