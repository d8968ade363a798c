#include "core/base/log.h"

namespace atb {
namespace {

class NullLog final : public Log {
 public:
  bool enabled(LogLevel) const override { return false; }
  void write(LogLevel, std::string_view, std::string_view) override {}
};

}  // namespace

Log& null_log() {
  static NullLog log;
  return log;
}

}  // namespace atb
