// A CAR for an import: the blocks come first, into a scratch file without a name; the commit they belong to
// is known last and goes before them. Private to this module.
#pragma once

#include "core/base/buffered_sink.h"
#include "core/car/writer.h"
#include "core/migrate/move.h"
#include "core/os/atomic_file.h"

#include <memory>

namespace atb::migrate {

// A header with the commit before sections in a file, which must outlive it.
class HeadAndSections final : public RandomAccess {
 public:
  HeadAndSections(Bytes head, const RandomAccess& sections) : head_(std::move(head)), sections_(sections) {}
  std::uint64_t size() const override { return head_.size() + sections_.size(); }
  Result<std::size_t> read_at(std::uint64_t offset, MutableByteView buffer) const override;

 private:
  Bytes head_;
  const RandomAccess& sections_;
};

class CarToSend {
 public:
  static Result<std::unique_ptr<CarToSend>> begin(Move& move);
  explicit CarToSend(os::AtomicFile file)
      : file_(std::move(file)), buffered_(file_), writer_(car::Writer::without_header(buffered_)) {}

  Status put(const ipld::Cid& cid, ByteView block) { return writer_.put(cid, block); }
  std::uint64_t bytes() const { return writer_.bytes_written(); }
  // The CAR; nothing is put any more.
  Result<HeadAndSections> under(const ipld::Cid& root, ByteView commit);

 private:
  os::AtomicFile file_;
  BufferedSink buffered_;
  car::Writer writer_;
};

}  // namespace atb::migrate
