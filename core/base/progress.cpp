#include "core/base/progress.h"

namespace atb {
namespace {

class NoProgress final : public Progress {
 public:
  void report(const ProgressEvent&) override {}
};

}  // namespace

Progress& no_progress() {
  static NoProgress progress;
  return progress;
}

}  // namespace atb
