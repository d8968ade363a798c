// com.atproto.repo and app.bsky.actor: what is written to an account, and its preferences.
#include "core/xrpc/answer.h"
#include "core/xrpc/endpoints.h"

#include <fmt/format.h>

#include <algorithm>

namespace atb::xrpc {
namespace {

using Repeat = Client::Repeat;
constexpr unsigned kLargestPage = 500;

data::Object record_address(const syntax::Did& did, const syntax::RepoPath& path) {
  data::Object object;
  object.set("repo", did.str()).set("collection", path.collection.str()).set("rkey", path.record_key.str());
  return object;
}

}  // namespace

Status import_repo(const Client& client, const RandomAccess& car, const StopToken& stop) {
  TRY(client.upload("com.atproto.repo.importRepo", car, "application/vnd.ipld.car", Repeat::safe, stop));
  return {};
}

Result<std::vector<MissingBlob>> list_missing_blobs(const Client& client, unsigned limit, std::string& cursor,
                                                    const StopToken& stop) {
  constexpr std::string_view kMethod = "com.atproto.repo.listMissingBlobs";
  net::Query parameters{{"limit", fmt::format("{}", std::clamp(limit, 1U, kLargestPage))}};
  if (!cursor.empty()) parameters.emplace_back("cursor", cursor);
  const data::Value value = TRY(client.query(kMethod, parameters, stop));
  const Answer answer(client, kMethod, value);
  std::vector<MissingBlob> page;
  for (const data::Value& item : *TRY(answer.array("blobs"))) {
    const Answer blob(client, kMethod, item, "blobs[].");
    const ipld::Cid cid = TRY(blob.cid("cid"));
    auto record_uri = TRY(blob.text("recordUri"));
    page.push_back({.cid = cid, .record_uri = std::move(record_uri)});
  }
  std::string next = TRY(answer.text_or("cursor", ""));
  if (!next.empty() && next == cursor) {
    return fail(ErrorKind::remote, "xrpc.cursor_loop",
                fmt::format("{} sends its list of missing blobs round in a circle", client.host().origin()),
                "the host is at fault: its operator should know");
  }
  cursor = std::move(next);
  return page;
}

Result<ipld::Cid> upload_blob(const Client& client, const RandomAccess& blob, std::string_view mime_type,
                              const StopToken& stop) {
  constexpr std::string_view kMethod = "com.atproto.repo.uploadBlob";
  const data::Value value = TRY(client.upload(kMethod, blob, mime_type, Repeat::safe, stop));
  const Answer answer(client, kMethod, value);
  const Answer given = TRY(answer.object("blob"));
  const Answer ref = TRY(given.object("ref"));
  return ref.cid("$link");
}

Result<std::string> get_record(const Client& client, const syntax::Did& did, const syntax::RepoPath& path,
                               const StopToken& stop) {
  constexpr std::string_view kMethod = "com.atproto.repo.getRecord";
  auto value = client.query(
      kMethod, {{"repo", did.str()}, {"collection", path.collection.str()}, {"rkey", path.record_key.str()}},
      stop);
  if (!value) {
    Error error = std::move(value).error();
    // Older hosts have no name for it.
    if (error.id == "xrpc.invalid_request" && error.message.contains("Could not locate record")) {
      error.kind = ErrorKind::not_found;
      error.id = "xrpc.record_not_found";
    }
    return error;
  }
  return Answer(client, kMethod, *value).text("cid");
}

Status create_record(const Client& client, const syntax::Did& did, const syntax::RepoPath& path,
                     const data::Value& record, const StopToken& stop) {
  data::Object input = record_address(did, path);
  input.set("record", record);
  TRY(client.procedure("com.atproto.repo.createRecord", std::move(input), Repeat::unsafe, stop));
  return {};
}

Status put_record(const Client& client, const syntax::Did& did, const syntax::RepoPath& path,
                  const data::Value& record, std::string_view instead_of, const StopToken& stop) {
  data::Object input = record_address(did, path);
  input.set("record", record).set("swapRecord", instead_of);
  TRY(client.procedure("com.atproto.repo.putRecord", std::move(input), Repeat::unsafe, stop));
  return {};
}

Status delete_record(const Client& client, const syntax::Did& did, const syntax::RepoPath& path,
                     const StopToken& stop) {
  TRY(client.procedure("com.atproto.repo.deleteRecord", record_address(did, path), Repeat::safe, stop));
  return {};
}

Result<data::Value> get_preferences(const Client& client, const StopToken& stop) {
  constexpr std::string_view kMethod = "app.bsky.actor.getPreferences";
  const data::Value value = TRY(client.query(kMethod, {}, stop));
  // Where none were ever set, some say {} for an empty list.
  const data::Value* given = value.find("preferences");
  if (given != nullptr && given->object() != nullptr && given->object()->entries().empty())
    return data::Value(data::Array());
  TRY(Answer(client, kMethod, value).array("preferences"));
  return *value.find("preferences");
}

Status put_preferences(const Client& client, const data::Value& preferences, const StopToken& stop) {
  data::Object input;
  input.set("preferences", preferences);
  TRY(client.procedure("app.bsky.actor.putPreferences", std::move(input), Repeat::safe, stop));
  return {};
}

}  // namespace atb::xrpc
