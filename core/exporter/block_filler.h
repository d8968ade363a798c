// Asks a host for single blocks by com.atproto.sync.getBlocks, which fails whole when it lacks one of them:
// then by halves.
#pragma once

#include "core/exporter/fetch_repo.h"

#include <span>
#include <vector>

namespace atb::exporter {

class BlockFiller {
 public:
  BlockFiller(const Context& context, const xrpc::Client& host, const syntax::Did& did, car::Spool& spool,
              Room room)
      : context_(context), host_(host), did_(did), spool_(spool), room_(std::move(room)) {}

  // Asks for each CID (sorted, each once); gives the number that came. What does not come is no error: an
  // Error is our own disk's, an interruption, or a limit of the host's.
  Result<std::uint64_t> fetch(std::span<const ipld::Cid> wanted);

 private:
  enum class Answer : std::uint8_t { came, refused, useless };
  Result<Answer> ask(std::span<const ipld::Cid> wanted);

  const Context& context_;
  const xrpc::Client& host_;
  const syntax::Did& did_;
  car::Spool& spool_;
  Room room_;
  bool useless_ = false;  // the host does not speak getBlocks, or cannot be reached
};

}  // namespace atb::exporter
