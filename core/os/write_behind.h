// Hands what is written to a thread of its own, which passes it on: whoever writes goes on meanwhile. Gathers
// small writes into large ones, and until one of these is full there is no thread.
#pragma once

#include "core/base/byte_source.h"

#include <memory>

namespace atb::os {

class WriteBehind final : public ByteSink {
 public:
  // `out` must outlive the object; from the first write to the end of finish() nobody else may use it.
  explicit WriteBehind(ByteSink& out);
  // Drops what `out` was not given yet, as after a failure.
  ~WriteBehind() override;
  // May fail with the error of an earlier write.
  Status write(ByteView bytes) override;
  // Last of all: after it all of it is in `out`, or this is the first error that `out` gave.
  Status finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace atb::os
