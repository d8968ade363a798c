// What both hosts say is true now.
#include "core/car/reader.h"
#include "core/exporter/car_receiver.h"
#include "core/migrate/host_ways.h"
#include "core/os/atomic_file.h"

#include <algorithm>
#include <array>

namespace atb::migrate {
namespace {

constexpr std::uint64_t kMaxBlock = 1U << 20;  // of a commit, or a tree node

class BytesBody final : public net::BodySink {
 public:
  Status begin(const net::Response&) override {
    bytes_.clear();
    return {};
  }
  Status write(ByteView bytes) override {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return {};
  }
  const Bytes& bytes() const { return bytes_; }

 private:
  Bytes bytes_;
};

// One block, out of the whole repository: for a host that gives it in no other way.
Result<Head> head_of_repository(Move& move, const xrpc::Client& client, const ipld::Cid& cid) {
  auto scratch = TRY(
      os::AtomicFile::create(move.context.fs, move.context.random, os::join(move.paths.folder, "head.car")));
  TRY(scratch.make_nameless());
  car::Spool spool(scratch, scratch.content());
  const std::array<ipld::Cid, 1> wanted = {cid};
  exporter::CarReceiver receiver({.spool = spool,
                                  .limits = move.context.limits,
                                  .fs = move.context.fs,
                                  .progress = no_progress(),
                                  .room = {},
                                  .roots = car::Roots::optional,
                                  .only = wanted});
  TRY(xrpc::get_repo(client, move.did, {}, move.context.limits.repo_bytes, receiver, move.stop()));
  TRY(receiver.finish());
  Bytes buffer;
  const ByteView block = TRY(spool.get(cid, buffer));
  repo::Commit commit = TRY(repo::decode_commit(block, move.context.limits));
  return Head{cid, std::move(commit)};
}

// What an inactive account shows where its repository is hidden: that the import was taken, and as many
// records as the backup has. The tree is compared once it is active.
Result<bool> was_counted(Move& move, const xrpc::AccountStatus& status) {
  if (move.journal.get(fact::kImported) != TRY(move.backup_commit()).str()) return false;
  auto backup = TRY(backup::open_backup(move.context.fs, move.backup_path()));
  const auto& manifests = backup->manifests();
  if (manifests.empty()) return status.indexed_records > 0;
  return status.indexed_records == static_cast<std::int64_t>(manifests.front().repository.records);
}

}  // namespace

Result<std::vector<std::pair<ipld::Cid, Bytes>>> read_blocks(Move& move, HostLogin& host,
                                                             std::span<const ipld::Cid> wanted) {
  const xrpc::Client client = TRY(host.client());
  BytesBody body;
  const std::uint64_t most = wanted.size() * std::uint64_t{kMaxBlock};
  TRY(xrpc::get_blocks(client, move.did, wanted, most, body, move.stop()));
  auto source = stream_of(ByteView(body.bytes()));
  auto reader = TRY(car::Reader::open(*source, move.context.limits, car::Roots::optional));
  std::vector<std::pair<ipld::Cid, Bytes>> blocks;
  while (auto section = TRY(reader.next())) {
    if (section->state != car::Section::State::good || !section->cid) continue;
    if (std::ranges::find(wanted, *section->cid) == wanted.end()) continue;
    blocks.emplace_back(*section->cid, Bytes(section->block.begin(), section->block.end()));
  }
  return blocks;
}

Result<Head> read_head(Move& move, HostLogin& host) {
  const xrpc::Client client = TRY(host.client());
  const xrpc::LatestCommit latest = TRY(xrpc::get_latest_commit(client, move.did, move.stop()));
  const auto blocks = read_blocks(move, host, std::array{latest.cid});
  if (!blocks) {
    if (blocks.error().http_status < 400 || blocks.error().kind == ErrorKind::gone) return blocks.error();
    TRY(met(move, "no-blocks"));
    return head_of_repository(move, client, latest.cid);
  }
  if (blocks->empty()) {
    return fail(ErrorKind::remote, "move.no_head",
                host.host().origin() + " does not give the commit it names as its latest");
  }
  repo::Commit commit = TRY(repo::decode_commit(blocks->front().second, move.context.limits));
  return Head{latest.cid, std::move(commit)};
}

Result<std::vector<xrpc::MissingBlob>> missing_on_new(Move& move) {
  const xrpc::Client client = TRY(move.new_host.client());
  const std::set<std::string> allowed = move.allowed_missing();
  std::vector<xrpc::MissingBlob> missing;
  std::string cursor;
  for (std::size_t page = 0; page < move.context.limits.list_pages; ++page) {
    TRY(check_stop(move.stop()));
    const std::string before = cursor;
    auto listed = xrpc::list_missing_blobs(client, 500, cursor, move.stop());
    if (!listed && page == 0 && not_offered(listed.error())) return unlisted_on_new(move, true);
    if (!listed) return std::unexpected(std::move(listed).error());
    for (xrpc::MissingBlob& blob : *listed) {
      if (!allowed.contains(blob.cid.str())) missing.push_back(std::move(blob));
    }
    if (!cursor.empty() && cursor != before) continue;
    for (xrpc::MissingBlob& blob : TRY(unlisted_on_new(move, false))) {
      if (std::ranges::find(missing, blob.cid, &xrpc::MissingBlob::cid) == missing.end())
        missing.push_back(std::move(blob));
    }
    return missing;
  }
  return fail(ErrorKind::remote, "xrpc.cursor_loop",
              move.new_host.host().origin() + " lists missing blobs without end");
}

Result<bool> new_host_has_backup(Move& move, std::string& detail) {
  const ipld::Cid commit = TRY(move.backup_commit());
  const xrpc::Client client = TRY(move.new_host.client());
  const auto status = xrpc::check_account_status(client, move.stop());
  if (!status && !says_nothing(status.error())) return status.error();
  if (!status) TRY(met(move, "no-status-before-import"));
  const std::string theirs = status ? status->repo_commit : std::string();
  if (status && theirs.empty()) TRY(met(move, "null-counts"));
  detail = theirs.empty() ? "the new host does not tell its commit" : "the new host's commit is " + theirs;
  if (theirs == commit.str()) return true;
  // Some hosts sign the imported tree anew: then the tree is what counts.
  auto head = read_head(move, move.new_host);
  if (!head && head.error().kind == ErrorKind::cancelled) return head.error();
  if (!head && head.error().kind == ErrorKind::gone && status && !status->activated) {
    const bool counted = TRY(was_counted(move, *status));
    if (counted) TRY(met(move, "hides-while-inactive"));
    return counted;
  }
  if (!head) return false;
  const ipld::Cid data = TRY(move.backup_data());
  const bool same = head->commit.data == data && head->commit.did == move.did && head->commit.rev.has_value();
  if (same && head->cid != commit) TRY(met(move, "signs-anew"));
  return same;
}

}  // namespace atb::migrate
