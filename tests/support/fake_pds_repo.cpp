// A FakePds: repositories and blobs.
#include "core/car/reader.h"
#include "core/data/cbor.h"
#include "core/data/json.h"
#include "core/mst/walker.h"
#include "tests/support/fake_pds_call.h"
#include "tests/support/repo_fixture.h"

#include <fmt/format.h>

#include <algorithm>

namespace atb::test {
namespace {

class CollectRecords final : public mst::Visitor {
 public:
  Status node(const ipld::Cid& cid, ByteView) override {
    nodes.push_back(cid);
    return {};
  }
  Status record(std::string_view key, const ipld::Cid& cid) override {
    found.emplace_back(key, cid);
    return {};
  }
  Status missing_node(const ipld::Cid&) override {
    whole = false;
    return {};
  }
  std::vector<std::pair<std::string, ipld::Cid>> found;
  std::vector<ipld::Cid> nodes;
  bool whole = true;
};

Answer car(std::span<const ipld::Cid> roots, std::span<const NamedBlock> blocks) {
  return {.body = std::string(as_text(car_of(roots, blocks))),
          .headers = {{"content-type", "application/vnd.ipld.car"}}};
}

}  // namespace

void FakePds::put_record(FakeAccount& account, const std::string& path_text, const data::Value& record) {
  account.builder.put(path(path_text), record).value();
  account.records[path_text] = data::encode_cbor(record).value();
}

void FakePds::commit(FakeAccount& account) {
  const auto rev = syntax::Tid::from(clock_.wall_us() + static_cast<std::int64_t>(++counter_), 1);
  account.blocks = MemoryBlocks();
  const auto built = account.builder.build(account.did, rev, account.key, account.blocks).value();
  account.head = built.commit;
  account.data = built.data;
  account.rev = rev.str();
  ++effects.commits;
}

std::vector<std::pair<ipld::Cid, std::string>> FakePds::missing_blobs(const FakeAccount& account,
                                                                      bool legacy) {
  std::vector<std::pair<ipld::Cid, std::string>> missing;
  for (const auto& [key, block] : account.records) {
    for (const data::BlobRef& blob : data::scan_record(block, Limits{}).blobs) {
      if (!account.blobs.contains(blob.cid) && (legacy || !blob.legacy))
        missing.emplace_back(blob.cid, "at://" + account.did.str() + "/" + key);
    }
  }
  return missing;
}

Answer FakePds::Call::get_repo() {
  FakeAccount& account = subject();
  if (!account.head) throw nothing_said();
  return car(std::span(&*account.head, 1), account.blocks.blocks());
}

Answer FakePds::Call::get_blocks() {
  FakeAccount& account = subject();
  if (pds.ways.no_blocks) {
    ++pds.effects.blocks_refused;
    throw Refusal{400, "InvalidRequest", ""};
  }
  std::vector<NamedBlock> found;
  const auto [from, to] = query.equal_range("cids");
  for (auto it = from; it != to; ++it) {
    const auto cid = ipld::Cid::parse(it->second).value();
    Bytes buffer;
    const auto block = account.blocks.get(cid, buffer);
    if (!block) throw Refusal{400, "InvalidRequest", "Could not find cids: " + it->second};
    found.emplace_back(cid, Bytes(block->begin(), block->end()));
  }
  return car({}, found);
}

Answer FakePds::Call::latest_commit() {
  FakeAccount& account = subject();
  if (!account.head) throw nothing_said();
  return json(data::Object().set("cid", account.head->str()).set("rev", account.rev));
}

Answer FakePds::Call::repo_status() {
  const auto did = syntax::Did::parse(parameter("did")).value();
  const FakeAccount* account = pds.find(did);
  if (account == nullptr && pds.ways.unknown_account_500) throw nothing_said();
  if (account == nullptr) throw Refusal{400, "RepoNotFound", "Could not find repo for DID: " + did.str()};
  data::Object status;
  status.set("did", did.str()).set("active", account->active && !account->taken_down);
  if (account->taken_down) {
    status.set("status", "takendown");
  } else if (account->active) {
    status.set("rev", account->rev);
  } else {
    status.set("status", "deactivated");
  }
  return json(std::move(status));
}

// As a stranger sees it: an inactive account is not found.
Answer FakePds::Call::describe_repo() {
  const auto did = syntax::Did::parse(parameter("repo")).value();
  const FakeAccount* account = pds.find(did);
  if (account == nullptr && pds.ways.describe_repo_500) throw nothing_said();
  if (account == nullptr || !account->active)
    throw Refusal{400, "InvalidRequest", "Could not find user: " + did.str()};
  return json(data::Object().set("did", did.str()).set("handle", account->handle));
}

Answer FakePds::Call::list_blobs() {
  data::Array cids;
  for (const auto& [cid, bytes] : subject().blobs) {
    if (cids.size() < pds.ways.lists_blobs) cids.emplace_back(cid.str());
  }
  return json(data::Object().set("cids", std::move(cids)));
}

Answer FakePds::Call::get_blob() {
  FakeAccount& account = subject();
  const auto found = account.blobs.find(ipld::Cid::parse(parameter("cid")).value());
  if (found == account.blobs.end()) throw Refusal{400, "InvalidRequest", "Blob not found"};
  if (pds.ways.keeps_blobs_to_itself) throw Refusal{400, "BlobNotFound", ""};
  return {.body = std::string(as_text(found->second))};
}

namespace {

// Blocks of a CAR, looked up in what the account had before too: a CAR need not hold what is there already,
// but it must hold each record whose key is new or had another record.
class InBoth final : public ipld::BlockSource {
 public:
  InBoth(MemoryBlocks& first, MemoryBlocks& second) : first_(first), second_(second) {}
  Result<ByteView> get(const ipld::Cid& cid, Bytes& buffer) override {
    return first_.has(cid) ? first_.get(cid, buffer) : second_.get(cid, buffer);
  }

 private:
  MemoryBlocks& first_;
  MemoryBlocks& second_;
};

}  // namespace

// Checks neither the DID nor the signature of the commit, unless it is told to, and keeps it as it came,
// under a rev of its own. Forgets what the new tree does not hold.
Answer FakePds::Call::import_repo() {
  FakeAccount& account = owner();
  if (pds.import_limit != 0 && request.body.size() > pds.import_limit) throw too_large("Content-Length");
  if (pds.ways.imports_while_inactive && account.active)
    throw Refusal{409, "RepoAlreadyExists", "Repository already exists. Cannot import over existing data."};
  const auto source = stream_of(as_bytes(request.body));
  auto reader = car::Reader::open(*source, Limits{});
  if (!reader || reader->header().roots.size() != 1)
    throw Refusal{400, "InvalidRequest", "expected one root"};
  MemoryBlocks sent;
  while (true) {
    const auto section = reader->next();
    if (!section) throw Refusal{400, "InvalidRequest", "could not read the CAR"};
    if (!*section) break;
    if ((*section)->state != car::Section::State::good)
      throw Refusal{400, "InvalidRequest", "Not a valid CID for bytes"};
    sent.put(*(*section)->cid, (*section)->block).value();
  }
  const ipld::Cid root = reader->header().roots.front();
  Bytes buffer;
  const auto block = sent.get(root, buffer);
  const auto commit = block ? repo::decode_commit(*block, Limits{}) : std::unexpected(block.error());
  if (!commit) throw Refusal{400, "InvalidRequest", "could not read the commit"};
  if (pds.checks_commits) {
    const auto key =
        crypto::PublicKey::parse_did_key(*pds.plc_.state(account.did).verification_method("atproto"));
    if (!key || !repo::check_signature(*commit, *key))
      throw Refusal{*pds.checks_commits, "InvalidCommit", "the commit is not signed by the account's key"};
  }
  MemoryBlocks kept;
  kept.put(root, *block).value();
  CollectRecords before;
  Report none;
  if (account.data) mst::walk(account.blocks, *account.data, Limits{}, before, none, {}).value();
  const std::map<std::string, ipld::Cid> had(before.found.begin(), before.found.end());
  InBoth blocks(sent, account.blocks);
  CollectRecords records;
  Report ignored;
  mst::walk(blocks, commit->data, Limits{}, records, ignored, {}).value();
  if (!records.whole) throw Refusal{400, "InvalidRequest", "missing block"};
  if (pds.ways.whole_imports_only) {
    for (const ipld::Cid& node : records.nodes) {
      if (!sent.has(node))
        throw Refusal{400, "InvalidRequest", "Referenced block not found in CAR: " + node.str()};
    }
  }
  for (const ipld::Cid& node : records.nodes) kept.put(node, *blocks.get(node, buffer)).value();
  account.records.clear();
  account.builder = {};
  for (const auto& [key, cid] : records.found) {
    const auto known = had.find(key);
    const bool same = known != had.end() && known->second == cid;
    const auto record = same ? blocks.get(cid, buffer) : sent.get(cid, buffer);
    if (!record) throw Refusal{400, "InvalidRequest", "Could not parse record at '" + key + "'"};
    account.records[key] = Bytes(record->begin(), record->end());
    account.builder.put_raw(key, account.records[key]);
    kept.put(cid, account.records[key]).value();
  }
  account.blocks = std::move(kept);
  account.head = root;
  account.data = commit->data;
  const syntax::Tid rev = syntax::Tid::from(pds.clock_.wall_us(), 2);
  account.rev = rev.str();
  if (pds.ways.signs_anew) {
    repo::Commit anew{.did = account.did, .data = commit->data, .rev = rev, .prev = {}, .signature = {}};
    repo::sign_commit(anew, account.key).value();
    const Bytes signed_block = repo::encode_commit(anew);
    account.head = ipld::Cid::of(ipld::Codec::dag_cbor, signed_block);
    // The imported one stays, as on cocoon.
    account.blocks.put(*account.head, signed_block).value();
  }
  ++pds.effects.imports;
  pds.effects.largest_import = std::max(pds.effects.largest_import, request.body.size());
  return {};
}

Answer FakePds::Call::missing_blobs() {
  const auto missing = FakePds::missing_blobs(caller(), !pds.ways.leaves_out_legacy_blobs);
  const std::string after = parameter("cursor");
  const auto limit = static_cast<std::size_t>(std::stoul(parameter("limit")));
  const std::size_t first = after.empty() ? 0 : std::stoul(after);
  data::Array page;
  for (std::size_t i = first; i < missing.size() && page.size() < limit; ++i) {
    page.emplace_back(data::Object().set("cid", missing[i].first.str()).set("recordUri", missing[i].second));
  }
  data::Object answer;
  const std::size_t next = first + page.size();
  answer.set("blobs", std::move(page));
  if (next < missing.size()) answer.set("cursor", fmt::format("{}", next));
  return json(std::move(answer));
}

Answer FakePds::Call::upload_blob() {
  FakeAccount& account = caller();
  constexpr std::int64_t kDayUs = 86'400LL * 1'000'000;
  if (const std::int64_t today = pds.clock_.wall_us() / kDayUs;
      std::exchange(pds.upload_day_, today) != today)
    pds.uploads_today_ = 0;
  if (pds.uploads_a_day != 0 && ++pds.uploads_today_ > pds.uploads_a_day) {
    Answer no{.status = 429, .body = R"({"error":"RateLimitExceeded","message":"Rate Limit Exceeded"})"};
    no.headers = {{"ratelimit-limit", fmt::format("{}", pds.uploads_a_day)},
                  {"ratelimit-remaining", "0"},
                  {"ratelimit-reset", fmt::format("{}", (pds.upload_day_ + 1) * 86'400)}};
    return no;
  }
  if (pds.ways.silent_uploads > 0) {
    --pds.ways.silent_uploads;
    throw nothing_said();
  }
  if (pds.ways.blob_limit != 0 && request.body.size() > pds.ways.blob_limit)
    throw too_large(fmt::format("Blob size {}", request.body.size()));
  const auto cid = ipld::Cid::of(ipld::Codec::raw, as_bytes(request.body));
  const auto bytes = as_bytes(request.body);
  account.blobs[cid] = Bytes(bytes.begin(), bytes.end());
  ++pds.effects.uploads;
  return json(data::Object().set("blob", data::Object()
                                             .set("$type", "blob")
                                             .set("ref", data::Object().set("$link", cid.str()))
                                             .set("mimeType", request.content_type)
                                             .set("size", static_cast<std::int64_t>(bytes.size()))));
}

Answer FakePds::Call::get_record() {
  FakeAccount& account = subject();
  const std::string key = parameter("collection") + "/" + parameter("rkey");
  const auto found = account.records.find(key);
  if (found == account.records.end() && pds.ways.unknown_record_500) throw nothing_said();
  if (found == account.records.end()) throw Refusal{400, "RecordNotFound", "Could not locate record: " + key};
  return json(data::Object()
                  .set("uri", "at://" + account.did.str() + "/" + key)
                  .set("cid", ipld::Cid::of(ipld::Codec::dag_cbor, found->second).str())
                  .set("value", data::Object()));
}

Answer FakePds::Call::create_record() {
  FakeAccount& account = caller();
  if (!account.active) throw Refusal{400, "AccountDeactivated", "Account is deactivated"};
  const std::string key = text("collection") + "/" + text("rkey");
  if (account.records.contains(key)) throw Refusal{500, "InternalServerError", "Internal Server Error"};
  pds.put_record(account, key, data::from_data_model_json(*input.find("record")).value());
  pds.commit(account);
  return json(data::Object().set("uri", "at://" + account.did.str() + "/" + key));
}

Answer FakePds::Call::put_record() {
  FakeAccount& account = caller();
  if (!account.active) throw Refusal{401, "AccountDeactivated", "Account is deactivated"};
  const std::string key = text("collection") + "/" + text("rkey");
  const auto found = account.records.find(key);
  const std::string there =
      found == account.records.end() ? "" : ipld::Cid::of(ipld::Codec::dag_cbor, found->second).str();
  if (input.find("swapRecord") != nullptr && text("swapRecord") != there)
    throw Refusal{400, "InvalidSwap", "Record was at " + there};
  pds.put_record(account, key, data::from_data_model_json(*input.find("record")).value());
  pds.commit(account);
  return json(data::Object().set("uri", "at://" + account.did.str() + "/" + key));
}

Answer FakePds::Call::delete_record() {
  FakeAccount& account = caller();
  if (!account.active) throw Refusal{400, "AccountDeactivated", "Account is deactivated"};
  const std::string key = text("collection") + "/" + text("rkey");
  if (!account.records.contains(key)) return json(data::Object());
  account.records.erase(key);
  account.builder.remove(key);
  pds.commit(account);
  return json(data::Object());
}

}  // namespace atb::test
