// What both hosts say is true now.
#include "core/car/reader.h"
#include "core/migrate/move.h"

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
  const auto blocks = TRY(read_blocks(move, host, std::array{latest.cid}));
  if (blocks.empty()) {
    return fail(ErrorKind::remote, "move.no_head",
                host.host().origin() + " does not give the commit it names as its latest");
  }
  repo::Commit commit = TRY(repo::decode_commit(blocks.front().second, move.context.limits));
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
    auto listed = TRY(xrpc::list_missing_blobs(client, 500, cursor, move.stop()));
    for (xrpc::MissingBlob& blob : listed) {
      if (!allowed.contains(blob.cid.str())) missing.push_back(std::move(blob));
    }
    if (cursor.empty() || cursor == before) return missing;
  }
  return fail(ErrorKind::remote, "xrpc.cursor_loop",
              move.new_host.host().origin() + " lists missing blobs without end");
}

Result<bool> new_host_has_backup(Move& move, std::string& detail) {
  const ipld::Cid commit = TRY(move.backup_commit());
  const xrpc::Client client = TRY(move.new_host.client());
  const xrpc::AccountStatus status = TRY(xrpc::check_account_status(client, move.stop()));
  detail = "the new host's commit is " + status.repo_commit;
  if (status.repo_commit == commit.str()) return true;
  // Some hosts sign the imported tree anew: then the tree is what counts.
  auto head = read_head(move, move.new_host);
  if (!head && head.error().kind == ErrorKind::cancelled) return head.error();
  if (!head) return false;
  const ipld::Cid data = TRY(move.backup_data());
  return head->commit.data == data && head->commit.did == move.did && head->commit.rev.has_value();
}

}  // namespace atb::migrate
