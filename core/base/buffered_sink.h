// Gathers small writes into large ones, for sinks where each write is a system call.
#pragma once

#include "core/base/byte_source.h"

namespace atb {

class BufferedSink final : public ByteSink {
 public:
  // `out` must outlive the object. What was written last reaches it with flush() only: the destructor, which
  // could not report, forgets it.
  explicit BufferedSink(ByteSink& out);
  Status write(ByteView bytes) override;
  Status flush();

 private:
  ByteSink& out_;
  Bytes buffer_;
};

}  // namespace atb
