#include "core/exporter/handle_proof.h"

namespace atb::exporter {
namespace {

Result<std::string> find_out(identity::Resolver& resolver, identity::Identity identity,
                             const StopToken& stop) {
  TRY(resolver.prove_handle(identity, stop));
  return identity.handle ? identity.handle->str() : std::string();
}

}  // namespace

HandleProof::HandleProof(identity::Resolver& resolver, identity::Identity identity, const StopToken& stop)
    : from_outside_(stop, [this] { own_.request_stop(); }),
      found_(std::async(std::launch::async, [&resolver, identity = std::move(identity),
                                             own = own_.get_token()]() mutable {
               return find_out(resolver, std::move(identity), own);
             }).share()) {}

HandleProof::~HandleProof() {
  own_.request_stop();
  found_.wait();
}

Result<std::optional<std::string>> HandleProof::wait(std::chrono::milliseconds patience) const {
  if (found_.wait_for(patience) != std::future_status::ready) return std::nullopt;
  return TRY(found_.get());
}

}  // namespace atb::exporter
