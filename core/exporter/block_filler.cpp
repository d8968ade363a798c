#include "core/exporter/block_filler.h"

#include "core/exporter/car_receiver.h"
#include "core/exporter/failures.h"
#include "core/xrpc/endpoints.h"

#include <algorithm>

namespace atb::exporter {
namespace {

// 50 CIDs make an address of some 3.5 kB, which every server and proxy takes.
constexpr std::size_t kBatch = 50;
// Hosts that have lost so many in a row have lost them all.
constexpr std::uint64_t kHopeless = 100;

}  // namespace

Result<std::uint64_t> BlockFiller::fetch(std::span<const ipld::Cid> wanted) {
  const std::size_t before = spool_.index().size();
  std::vector<std::span<const ipld::Cid>> todo;  // the next one at the back
  for (std::size_t end = wanted.size(); end > 0;) {
    const std::size_t begin = (end - 1) / kBatch * kBatch;
    todo.push_back(wanted.subspan(begin, end - begin));
    end = begin;
  }
  std::uint64_t lost = 0;
  while (!todo.empty() && !useless_) {
    TRY(check_stop(context_.stop));
    const auto batch = todo.back();
    todo.pop_back();
    const Answer answer = TRY(ask(batch));
    if (answer == Answer::useless) useless_ = true;
    if (answer != Answer::refused) continue;
    if (batch.size() > 1) {
      todo.push_back(batch.subspan(batch.size() / 2));
      todo.push_back(batch.first(batch.size() / 2));
    } else if (++lost >= kHopeless && spool_.index().size() == before) {
      break;
    }
  }
  return spool_.index().size() - before;
}

Result<BlockFiller::Answer> BlockFiller::ask(std::span<const ipld::Cid> wanted) {
  CarReceiver receiver({.spool = spool_,
                        .limits = context_.limits,
                        .fs = context_.fs,
                        .progress = no_progress(),
                        .room = room_,
                        .roots = car::Roots::optional,
                        .only = wanted});
  const std::uint64_t most = (wanted.size() + 1) * std::uint64_t{context_.limits.block_bytes};
  const Status status = xrpc::get_blocks(host_, did_, wanted, most, receiver, context_.stop);
  TRY(receiver.finish());
  if (status) return Answer::came;
  const Error& error = status.error();
  if (is_ours(error) || error.kind == ErrorKind::rate_limited) return error;
  if (error.kind == ErrorKind::unsupported || is_unreachable(error)) return Answer::useless;
  return Answer::refused;
}

}  // namespace atb::exporter
