#include "core/migrate/import_car.h"

#include <algorithm>
#include <array>

namespace atb::migrate {

Result<std::size_t> HeadAndSections::read_at(std::uint64_t offset, MutableByteView buffer) const {
  if (offset >= head_.size()) return sections_.read_at(offset - head_.size(), buffer);
  const std::size_t from = static_cast<std::size_t>(offset);
  const std::size_t count = std::min(head_.size() - from, buffer.size());
  std::copy_n(head_.begin() + static_cast<std::ptrdiff_t>(from), count, buffer.begin());
  if (count == buffer.size()) return count;
  const std::size_t more = TRY(sections_.read_at(0, buffer.subspan(count)));
  return count + more;
}

Result<std::unique_ptr<CarToSend>> CarToSend::begin(Move& move) {
  auto file = TRY(os::AtomicFile::create(move.context.fs, move.context.random,
                                         os::join(move.paths.folder, "import.car")));
  TRY(file.make_nameless());
  return std::make_unique<CarToSend>(std::move(file));
}

Result<HeadAndSections> CarToSend::under(const ipld::Cid& root, ByteView commit) {
  TRY(buffered_.flush());
  BytesSink head(1U << 20);
  car::Writer writer = TRY(car::Writer::start(head, std::array{root}));
  TRY(writer.put(root, commit));
  return HeadAndSections(std::move(head.bytes()), file_.content());
}

}  // namespace atb::migrate
