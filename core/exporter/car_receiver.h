// A CAR as it arrives from a host: parsed and hashed while it comes, its good blocks put into a spool.
#pragma once

#include "core/base/progress.h"
#include "core/car/reader.h"
#include "core/car/spool.h"
#include "core/exporter/fetch_repo.h"
#include "core/net/http_client.h"
#include "core/os/file_system.h"

#include <memory>
#include <span>
#include <thread>

namespace atb::exporter {

// What came in one answer, or in the attempts at one.
struct Received {
  std::optional<ipld::Cid> root;
  std::uint64_t blocks = 0;  // good ones
  std::uint64_t wrong_hashes =
      0;  // sections whose bytes do not hash to their CID, or have a CID of another kind
  std::optional<Error> broken;  // the bytes are no CAR, or stop being one here (ids "car.*")
};

// HTTP hands bytes in, car::Reader asks for bytes: a thread of its own stands between, with a bounded buffer,
// so that hashing and the network go on side by side. A retry of the request starts the CAR anew and keeps
// the blocks that came.
class CarReceiver final : public net::BodySink {
 public:
  struct Setup {
    car::Spool& spool;
    const Limits& limits;
    os::FileSystem& fs;
    Progress& progress;
    Room room;
    car::Roots roots = car::Roots::required;
    std::span<const ipld::Cid> only = {};  // sorted: blocks not asked for are dropped. Empty: all are kept
  };
  explicit CarReceiver(Setup setup);
  ~CarReceiver() override;

  Status begin(const net::Response& head) override;
  // "export.no_space" when the rest cannot fit; "export.body_refused" when the parser has given up (see
  // finish()).
  Status write(ByteView bytes) override;
  // Waits for the parser and seals the spool. An Error is our own disk's.
  Result<Received> finish();

 private:
  class Pipe;
  void stop_parser();
  void parse(Pipe& pipe);
  Status parse_sections(Pipe& pipe);
  Status take(const car::Section& section);
  Status check_room(std::uint64_t bytes_to_come) const;

  Setup setup_;
  std::unique_ptr<Pipe> pipe_;
  std::thread parser_;
  Received received_;
  std::optional<Error> failure_;  // of the spool
  std::uint64_t arrived_ = 0;
  std::uint64_t spooled_before_ = 0;
  std::uint64_t expected_ = 0;   // Content-Length, or 0
  std::uint64_t next_look_ = 0;  // at the free space, and at who watches the progress
};

}  // namespace atb::exporter
