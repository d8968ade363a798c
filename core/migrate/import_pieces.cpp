#include "core/migrate/import_pieces.h"

#include "core/base/text.h"
#include "core/migrate/host_ways.h"
#include "core/migrate/import_car.h"
#include "core/mst/builder.h"
#include "core/mst/walker.h"

#include <fmt/format.h>

#include <algorithm>

namespace atb::migrate {
namespace {

// Some room is left for the right edge of the tree, whose size is known only when the piece is closed.
constexpr std::uint64_t kRoomForEdge = 4;  // a quarter

// What one pass over the repository sends, and the pieces it is cut into.
class Cutter final : public mst::Visitor, public ipld::BlockSink {
 public:
  struct Job {
    Place start;
    std::uint64_t limit = 0;
    std::function<Status(const Place& upto, CarToSend& piece)> between;  // sends a piece over a prefix
  };

  Cutter(Move& move, ipld::BlockSource& blocks, Job job)
      : move_(move), blocks_(blocks), job_(std::move(job)), builder_(*this) {}

  Status node(const ipld::Cid&, ByteView) override { return {}; }
  Status missing_node(const ipld::Cid& cid) override {
    return fail(ErrorKind::corrupt, "block.missing", "the tree node " + cid.str() + " is not there");
  }
  Status record(std::string_view key, const ipld::Cid& cid) override {
    if (records_ < job_.start.records) {
      TRY(builder_.add(key, cid));
      ++records_;
      if (records_ == job_.start.records) TRY(check_start());
      return {};
    }
    const ByteView block = TRY(blocks_.get(cid, buffer_));
    if (in_piece_ > 0 && piece_->bytes() + car::section_bytes(block.size()) > target()) TRY(cut());
    if (!piece_) piece_ = TRY(CarToSend::begin(move_));
    TRY(builder_.add(key, cid));
    TRY(piece_->put(cid, block));
    ++records_;
    ++in_piece_;
    return {};
  }
  // A node that the builder has finished. Those below where the host stands, it has.
  Status put(const ipld::Cid& cid, ByteView block) override {
    return piece_ ? piece_->put(cid, block) : Status();
  }

  // What is left, as the piece that the last commit goes with.
  Result<std::unique_ptr<CarToSend>> finish(const ipld::Cid& root) {
    if (!piece_) piece_ = TRY(CarToSend::begin(move_));
    const ipld::Cid built = TRY(builder_.finish());
    if (built != root) {
      return fail(ErrorKind::corrupt, "repo.changed",
                  "the tree of the backup is not the one that its records make: " + built.str(),
                  "'atbackup verify' tells more; the disk that holds the backup may be failing");
    }
    return std::move(piece_);
  }
  std::uint64_t records() const { return records_; }
  std::uint64_t in_piece() const { return in_piece_; }

 private:
  std::uint64_t target() const { return job_.limit - job_.limit / kRoomForEdge; }

  Status check_start() {
    const ipld::Cid root = TRY(builder_.root_so_far());
    if (root.str() == job_.start.root) return {};
    return fail(ErrorKind::conflict, "move.piece_differs", "the pieces sent so far are of another backup");
  }

  Status cut() {
    const ipld::Cid root = TRY(builder_.root_so_far());
    TRY(job_.between({records_, root.str()}, *piece_));
    piece_ = TRY(CarToSend::begin(move_));
    in_piece_ = 0;
    return {};
  }

  Move& move_;
  ipld::BlockSource& blocks_;
  Job job_;
  mst::Builder builder_;
  std::unique_ptr<CarToSend> piece_;
  std::uint64_t records_ = 0;
  std::uint64_t in_piece_ = 0;
  Bytes buffer_;
};

// Older than the last commit's, and later with every piece: a host may ask for that.
syntax::Tid rev_of_piece(const LastCommit& last, std::uint64_t records) {
  constexpr std::int64_t kBefore = 1LL << 32;
  const std::int64_t last_us = last.commit.rev ? last.commit.rev->unix_us() : kBefore;
  return syntax::Tid::from(std::max<std::int64_t>(last_us - kBefore, 0) + static_cast<std::int64_t>(records),
                           0);
}

std::string line_of(const Place& place) { return fmt::format("{} {}", place.records, place.root); }

}  // namespace

PieceImport::PieceImport(Move& move, backup::Repository& repository, LastCommit last,
                         const crypto::PrivateKey& signer, std::uint64_t records)
    : move_(move), repository_(repository), last_(std::move(last)), signer_(signer), records_(records) {}

// The host says which tree it has; the journal knows the trees of the pieces that were sent.
Result<Place> PieceImport::where_the_host_stands() {
  auto head = read_head(move_, move_.new_host);
  // It has none, or does not show it.
  if (!head && (head.error().kind == ErrorKind::remote || head.error().kind == ErrorKind::gone ||
                says_nothing(head.error())))
    return Place{};
  if (!head) return std::unexpected(std::move(head).error());
  const std::string root = head->commit.data.str();
  for (const std::string& line : lines_of(move_.journal.get(fact::kImportPieces))) {
    const auto parts = split(line, ' ');
    const auto records = parse_decimal(parts.front());
    if (parts.size() == 2 && records && parts.back() == root) return Place{*records, root};
  }
  return Place{};
}

Status PieceImport::send(std::uint64_t limit) {
  Place start = TRY(where_the_host_stands());
  auto sent = send_from(start, limit);
  // Pieces of an older backup: from the beginning, which a host takes whatever it has.
  if (!sent && sent.error().id == "move.piece_differs" && sent.error().kind == ErrorKind::conflict) {
    TRY(move_.journal.set(fact::kImportPieces, ""));
    sent = send_from({}, limit);
  }
  return sent;
}

Status PieceImport::send_from(const Place& start, std::uint64_t limit) {
  const auto upload = [this](const ipld::Cid& root, ByteView commit, CarToSend& piece, const Place& upto,
                             std::uint64_t records) -> Status {
    const HeadAndSections car = TRY(piece.under(root, commit));
    last_piece_ = {car.size(), records};
    const xrpc::Client client = TRY(move_.new_host.client());
    TRY(xrpc::import_repo(client, car, move_.stop()));
    bytes_sent_ += car.size();
    move_.context.progress.report(
        {.phase = "import", .bytes = bytes_sent_, .items = upto.records, .items_total = records_});
    return {};
  };
  std::uint64_t before = start.records;
  const auto between = [&](const Place& upto, CarToSend& piece) -> Status {
    TRY(check_stop(move_.stop()));
    const ipld::Cid root = TRY(ipld::Cid::parse(upto.root));
    repo::Commit commit{.did = move_.did,
                        .data = root,
                        .rev = rev_of_piece(last_, upto.records),
                        .prev = {},
                        .signature = {}};
    TRY(repo::sign_commit(commit, signer_));
    const Bytes block = repo::encode_commit(commit);
    std::vector<std::string> known = lines_of(move_.journal.get(fact::kImportPieces));
    if (std::ranges::find(known, line_of(upto)) == known.end()) {
      known.push_back(line_of(upto));
      TRY(move_.journal.set(fact::kImportPieces, join_lines(known)));
    }
    Status sent =
        upload(ipld::Cid::of(ipld::Codec::dag_cbor, block), block, piece, upto, upto.records - before);
    before = upto.records;
    // A lost reply cannot be told from a lost request, and a host may say yes and do otherwise.
    if (!sent && sent.error().kind != ErrorKind::network && sent.error().kind != ErrorKind::timeout)
      return sent;
    const auto head = read_head(move_, move_.new_host);
    // What is hidden while the account is inactive is counted at the end.
    if (!head && sent && head.error().kind == ErrorKind::gone) return {};
    if (!head) return head.error();
    if (head->commit.data.str() == upto.root) return {};
    if (!sent) return sent;
    return fail(ErrorKind::remote, "move.piece_differs",
                move_.new_host.host().origin() + " took a piece of the repository, and has another tree now",
                "its operator can raise the limit for imports; then 'atbackup migrate resume'");
  };

  ipld::BlockSource& blocks = repository_.blocks();
  Cutter cutter(move_, blocks, {start, limit, between});
  Report broken;
  TRY(mst::walk(blocks, last_.commit.data, move_.context.limits, cutter, broken, move_.stop()));
  const auto piece = TRY(cutter.finish(last_.commit.data));
  TRY(upload(last_.cid, last_.block, *piece, {cutter.records(), {}}, cutter.in_piece()));
  move_.context.progress.report({.phase = "import",
                                 .bytes = bytes_sent_,
                                 .items = cutter.records(),
                                 .items_total = records_,
                                 .done = true});
  return {};
}

}  // namespace atb::migrate
