#include "core/migrate/import_pieces.h"

#include "core/base/buffered_sink.h"
#include "core/base/text.h"
#include "core/car/writer.h"
#include "core/mst/builder.h"
#include "core/mst/walker.h"
#include "core/os/atomic_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace atb::migrate {
namespace {

// Some room is left for the right edge of the tree, whose size is known only when the piece is closed.
constexpr std::uint64_t kRoomForEdge = 4;  // a quarter

// A header with the commit, known last, before sections in a file that were written first.
class HeadAndSections final : public RandomAccess {
 public:
  HeadAndSections(Bytes head, const RandomAccess& sections) : head_(std::move(head)), sections_(sections) {}
  std::uint64_t size() const override { return head_.size() + sections_.size(); }
  Result<std::size_t> read_at(std::uint64_t offset, MutableByteView buffer) const override {
    if (offset >= head_.size()) return sections_.read_at(offset - head_.size(), buffer);
    const std::size_t from = static_cast<std::size_t>(offset);
    const std::size_t count = std::min(head_.size() - from, buffer.size());
    std::copy_n(head_.begin() + static_cast<std::ptrdiff_t>(from), count, buffer.begin());
    if (count == buffer.size()) return count;
    const std::size_t more = TRY(sections_.read_at(0, buffer.subspan(count)));
    return count + more;
  }

 private:
  Bytes head_;
  const RandomAccess& sections_;
};

// The blocks of one piece, in a scratch file without a name.
class Piece {
 public:
  static Result<std::unique_ptr<Piece>> begin(Move& move) {
    auto file = TRY(os::AtomicFile::create(move.context.fs, move.context.random,
                                           os::join(move.paths.folder, "import.car")));
    TRY(file.make_nameless());
    return std::make_unique<Piece>(std::move(file));
  }
  explicit Piece(os::AtomicFile file)
      : file_(std::move(file)), buffered_(file_), writer_(car::Writer::without_header(buffered_)) {}

  Status put(const ipld::Cid& cid, ByteView block) { return writer_.put(cid, block); }
  std::uint64_t bytes() const { return writer_.bytes_written(); }
  Status seal() { return buffered_.flush(); }
  const RandomAccess& sections() const { return file_.content(); }

 private:
  os::AtomicFile file_;
  BufferedSink buffered_;
  car::Writer writer_;
};

// What one pass over the repository sends, and the pieces it is cut into.
class Cutter final : public mst::Visitor, public ipld::BlockSink {
 public:
  struct Job {
    Place start;
    std::uint64_t limit = 0;
    std::function<Status(const Place& upto, Piece& piece)> between;  // sends a piece over a prefix
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
    if (!piece_) piece_ = TRY(Piece::begin(move_));
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
  Result<std::unique_ptr<Piece>> finish(const ipld::Cid& root) {
    if (!piece_) piece_ = TRY(Piece::begin(move_));
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
    piece_ = TRY(Piece::begin(move_));
    in_piece_ = 0;
    return {};
  }

  Move& move_;
  ipld::BlockSource& blocks_;
  Job job_;
  mst::Builder builder_;
  std::unique_ptr<Piece> piece_;
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

Result<HeadAndSections> whole_car(const ipld::Cid& root, ByteView commit, Piece& piece) {
  TRY(piece.seal());
  BytesSink head(1U << 20);
  car::Writer writer = TRY(car::Writer::start(head, std::array{root}));
  TRY(writer.put(root, commit));
  return HeadAndSections(std::move(head.bytes()), piece.sections());
}

std::string line_of(const Place& place) { return fmt::format("{} {}", place.records, place.root); }

}  // namespace

PieceImport::PieceImport(Move& move, backup::Repository& repository, LastCommit last,
                         const crypto::PrivateKey& signer, std::uint64_t records)
    : move_(move), repository_(repository), last_(std::move(last)), signer_(signer), records_(records) {}

// The host says which tree it has; the journal knows the trees of the pieces that were sent.
Result<Place> PieceImport::where_the_host_stands() {
  auto head = read_head(move_, move_.new_host);
  if (!head && head.error().kind == ErrorKind::remote) return Place{};
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
  const auto upload = [this](const ipld::Cid& root, ByteView commit, Piece& piece, const Place& upto,
                             std::uint64_t records) -> Status {
    const HeadAndSections car = TRY(whole_car(root, commit, piece));
    last_piece_ = {car.size(), records};
    const xrpc::Client client = TRY(move_.new_host.client());
    TRY(xrpc::import_repo(client, car, move_.stop()));
    bytes_sent_ += car.size();
    move_.context.progress.report(
        {.phase = "import", .bytes = bytes_sent_, .items = upto.records, .items_total = records_});
    return {};
  };
  std::uint64_t before = start.records;
  const auto between = [&](const Place& upto, Piece& piece) -> Status {
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
    const Status sent =
        upload(ipld::Cid::of(ipld::Codec::dag_cbor, block), block, piece, upto, upto.records - before);
    before = upto.records;
    // A lost reply cannot be told from a lost request, and a host may say yes and do otherwise.
    if (!sent && sent.error().kind != ErrorKind::network && sent.error().kind != ErrorKind::timeout)
      return sent;
    const Head head = TRY(read_head(move_, move_.new_host));
    if (head.commit.data.str() == upto.root) return {};
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
