// The proof of an account's handle, found out in a thread of its own. The DNS and the handle's own server can
// be slow, and what they say changes nothing of what is fetched.
#pragma once

#include "core/identity/resolver.h"

#include <chrono>
#include <functional>
#include <future>
#include <optional>
#include <stop_token>
#include <string>

namespace atb::exporter {

class HandleProof {
 public:
  // Begins at once. `resolver` must outlive the object.
  HandleProof(identity::Resolver& resolver, identity::Identity identity, const StopToken& stop);
  // Asks no further, and waits until nobody does.
  ~HandleProof();

  // Waits, but no longer than that. Empty: none is proven; nothing at all: not known yet. Nothing but a stop
  // is an Error.
  Result<std::optional<std::string>> wait(std::chrono::milliseconds patience) const;

 private:
  std::stop_source own_;
  std::stop_callback<std::function<void()>> from_outside_;
  std::shared_future<Result<std::string>> found_;
};

}  // namespace atb::exporter
