#include "core/base/buffered_sink.h"

namespace atb {
namespace {

constexpr std::size_t kBufferBytes = 256U << 10;

}  // namespace

BufferedSink::BufferedSink(ByteSink& out) : out_(out) { buffer_.reserve(kBufferBytes); }

Status BufferedSink::write(ByteView bytes) {
  if (buffer_.size() + bytes.size() > kBufferBytes) TRY(flush());
  if (bytes.size() >= kBufferBytes) return out_.write(bytes);
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
  return {};
}

Status BufferedSink::flush() {
  if (!buffer_.empty()) TRY(out_.write(buffer_));
  buffer_.clear();
  return {};
}

}  // namespace atb
