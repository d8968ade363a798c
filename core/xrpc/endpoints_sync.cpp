// com.atproto.sync: public reads of a repository and its blobs.
#include "core/xrpc/answer.h"
#include "core/xrpc/cursor_guard.h"
#include "core/xrpc/endpoints.h"

#include <fmt/format.h>

#include <algorithm>

namespace atb::xrpc {
namespace {

// Largest page that every host grants (the reference host: 1000, others less).
constexpr std::string_view kPage = "500";
// 180 MB of memory at worst, some hundred times the largest account known.
constexpr std::size_t kMostBlobs = 5'000'000;
constexpr const char* kTellOperator = "the host is at fault: its operator should know";

Failure too_long(const Client& client, std::size_t blobs) {
  return fail(ErrorKind::limit_exceeded, "xrpc.list_too_long",
              fmt::format("{} lists blobs without end: {} so far", client.host().origin(), blobs),
              kTellOperator);
}

}  // namespace

Result<RepoStatus> get_repo_status(const Client& client, const syntax::Did& did, const StopToken& stop) {
  constexpr std::string_view kMethod = "com.atproto.sync.getRepoStatus";
  const data::Value value = TRY(client.query(kMethod, {{"did", did.str()}}, stop));
  const Answer answer(client, kMethod, value);
  if (TRY(answer.did("did")) != did) return answer.wrong("did", "is of another account");
  const auto active = TRY(answer.boolean("active"));
  auto status = TRY(answer.text_or("status", ""));
  auto rev = TRY(answer.text_or("rev", ""));
  return RepoStatus{.active = active, .status = std::move(status), .rev = std::move(rev)};
}

Result<LatestCommit> get_latest_commit(const Client& client, const syntax::Did& did, const StopToken& stop) {
  constexpr std::string_view kMethod = "com.atproto.sync.getLatestCommit";
  const data::Value value = TRY(client.query(kMethod, {{"did", did.str()}}, stop));
  const Answer answer(client, kMethod, value);
  const auto cid = TRY(answer.cid("cid"));
  auto rev = TRY(answer.text("rev"));
  return LatestCommit{.cid = cid, .rev = std::move(rev)};
}

Status get_repo(const Client& client, const syntax::Did& did, std::string_view since, std::uint64_t max_bytes,
                net::BodySink& body, const StopToken& stop) {
  net::Query parameters{{"did", did.str()}};
  if (!since.empty()) parameters.emplace_back("since", since);
  return client.download("com.atproto.sync.getRepo", parameters, max_bytes, body, stop);
}

Status get_blocks(const Client& client, const syntax::Did& did, std::span<const ipld::Cid> cids,
                  std::uint64_t max_bytes, net::BodySink& body, const StopToken& stop) {
  net::Query parameters{{"did", did.str()}};
  for (const ipld::Cid& cid : cids) parameters.emplace_back("cids", cid.str());
  auto status = client.download("com.atproto.sync.getBlocks", parameters, max_bytes, body, stop);
  if (status) return status;
  Error error = std::move(status).error();
  // The reference host has no name for it: InvalidRequest "Could not find cids: …".
  if (error.id == "xrpc.invalid_request" && error.message.contains("Could not find")) {
    error.kind = ErrorKind::not_found;
    error.id = "xrpc.block_not_found";
  }
  return error;
}

Status get_blob(const Client& client, const syntax::Did& did, const ipld::Cid& cid, std::uint64_t max_bytes,
                net::BodySink& body, const StopToken& stop) {
  auto status = client.download("com.atproto.sync.getBlob", {{"did", did.str()}, {"cid", cid.str()}},
                                max_bytes, body, stop);
  if (status) return status;
  Error error = std::move(status).error();
  // The reference host has no name for it: InvalidRequest "Blob not found".
  const bool said_so = error.id == "xrpc.invalid_request" && error.message.contains("Blob not found");
  if (said_so || error.kind == ErrorKind::not_found) {
    error.kind = ErrorKind::not_found;
    error.id = "xrpc.blob_not_found";
    error.hint.clear();
  }
  return error;
}

Result<std::vector<ipld::Cid>> list_blobs(const Client& client, const syntax::Did& did,
                                          const StopToken& stop) {
  constexpr std::string_view kMethod = "com.atproto.sync.listBlobs";
  std::vector<ipld::Cid> found;
  CursorGuard guard;
  std::string cursor;
  while (true) {
    TRY(check_stop(stop));
    net::Query parameters{{"did", did.str()}, {"limit", std::string(kPage)}};
    if (!cursor.empty()) parameters.emplace_back("cursor", cursor);
    const data::Value value = TRY(client.query(kMethod, parameters, stop));
    const Answer answer(client, kMethod, value);
    for (const std::string& text : TRY(answer.texts("cids"))) {
      const auto cid = ipld::Cid::parse(text);
      if (!cid)
        return answer.wrong("cids", "holds something that is not a CID of the kind the protocol uses");
      found.push_back(*cid);
    }
    cursor = TRY(answer.text_or("cursor", ""));
    if (found.size() > kMostBlobs) return too_long(client, found.size());
    if (cursor.empty()) break;
    if (!guard.advance(cursor)) {
      return fail(ErrorKind::remote, "xrpc.cursor_loop",
                  fmt::format("{} sends its list of blobs round in a circle", client.host().origin()),
                  kTellOperator);
    }
    if (guard.pages() >= client.limits().list_pages) return too_long(client, found.size());
  }
  std::ranges::sort(found);
  const auto repeated = std::ranges::unique(found);
  found.erase(repeated.begin(), repeated.end());
  return found;
}

}  // namespace atb::xrpc
