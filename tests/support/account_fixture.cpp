#include "tests/support/account_fixture.h"

#include <fmt/format.h>

namespace atb::test {
namespace {

std::string document_json(const std::string& did, const crypto::PublicKey& key) {
  return fmt::format(
      R"({{"@context":["https://www.w3.org/ns/did/v1"],"id":"{0}","alsoKnownAs":["at://alice.test"],)"
      R"("verificationMethod":[{{"id":"{0}#atproto","type":"Multikey","controller":"{0}","publicKeyMultibase":"{1}"}}],)"
      R"("service":[{{"id":"#atproto_pds","type":"AtprotoPersonalDataServer","serviceEndpoint":"{2}"}}]}})",
      did, key.multibase(), kTestHost);
}

Answer error(int status, std::string_view name, std::string_view message) {
  return {.status = status,
          .body = fmt::format(R"({{"error":"{}","message":"{}"}})", name, message),
          .headers = {{"content-type", "application/json"}}};
}

Answer json(std::string text) {
  return {.status = 200, .body = std::move(text), .headers = {{"content-type", "application/json"}}};
}

std::string decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out.push_back(static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16)));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

FakeHost::Parameters parameters_of(std::string_view query) {
  FakeHost::Parameters parameters;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto pair = query.substr(0, end);
    const auto equals = pair.find('=');
    parameters.emplace(decode(pair.substr(0, equals)), decode(pair.substr(equals + 1)));
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return parameters;
}

std::string text_of(const Bytes& bytes) { return std::string(as_text(bytes)); }

}  // namespace

AccountFixture make_account(RepoOptions options) {
  const crypto::PrivateKey signing = test_key(options.curve, options.seed);
  PlcLog log(plc_state({plc_did_key(1)}, signing.public_key().did_key(), "alice.test", kTestHost),
             plc_key(1));
  options.did = log.did().str();
  RepoFixture repo = make_repo(options);
  std::string document = document_json(options.did, signing.public_key());
  return {std::move(log), std::move(repo), std::move(document)};
}

RepoFixture next_repo(const AccountFixture& account, RepoOptions options) {
  options.did = account.did();
  return make_repo(options);
}

RepoFixture with_commit(const RepoFixture& repo, const std::function<void(repo::Commit&)>& change) {
  repo::Commit commit = repo::decode_commit(repo.blocks.front().second, Limits{}).value();
  change(commit);
  Bytes block = repo::encode_commit(commit);
  const ipld::Cid cid = ipld::Cid::of(ipld::Codec::dag_cbor, block);
  RepoFixture changed{.did = commit.did,
                      .key = test_key(repo.key.curve()),
                      .rev = repo.rev,
                      .commit = cid,
                      .data = commit.data,
                      .blocks = repo.blocks,
                      .records = repo.records,
                      .blobs = repo.blobs};
  changed.blocks.front() = {cid, std::move(block)};
  return changed;
}

FakeHost::FakeHost(const AccountFixture& account)
    : did_(account.did()), document_(account.document), log_(account.log_json()) {
  serve(account.repo);
}

void FakeHost::serve(const RepoFixture& repo) {
  const std::scoped_lock lock(mutex_);
  car_ = text_of(repo.car(BlockOrder::reference_server));
  commit_ = repo.commit.str();
  rev_ = repo.rev.str();
  blocks_.clear();
  for (const auto& [cid, block] : repo.blocks) blocks_[cid.str()] = text_of(block);
  for (const FixtureBlob& blob : repo.blobs) blobs_[blob.cid.str()] = text_of(blob.bytes);
}

void FakeHost::set_car(Bytes car) {
  const std::scoped_lock lock(mutex_);
  car_ = text_of(car);
}
void FakeHost::drop_block(const ipld::Cid& cid) {
  const std::scoped_lock lock(mutex_);
  blocks_.erase(cid.str());
}
void FakeHost::drop_blob(const ipld::Cid& cid) {
  const std::scoped_lock lock(mutex_);
  blobs_.erase(cid.str());
}
void FakeHost::set_blob(const ipld::Cid& cid, std::string bytes) {
  const std::scoped_lock lock(mutex_);
  blobs_[cid.str()] = std::move(bytes);
}
void FakeHost::set_log(std::string log) {
  const std::scoped_lock lock(mutex_);
  log_ = std::move(log);
}
void FakeHost::intercept(Intercept intercept) {
  const std::scoped_lock lock(mutex_);
  intercept_ = std::move(intercept);
}
std::size_t FakeHost::calls(std::string_view method) const {
  const std::scoped_lock lock(mutex_);
  const auto found = calls_.find(method);
  return found == calls_.end() ? 0 : found->second;
}

Result<Answer> FakeHost::answer(const SentRequest& request) {
  const std::string& path = request.parsed.path;
  if (request.parsed.origin() == kTestPlc) {
    const std::scoped_lock lock(mutex_);
    return directory(decode(path));
  }
  constexpr std::string_view kPrefix = "/xrpc/";
  if (request.parsed.origin() != kTestHost || !path.starts_with(kPrefix))
    return error(404, "NotFound", "no such page");
  const auto question = std::min(path.find('?'), path.size());
  const std::string method = path.substr(kPrefix.size(), question - kPrefix.size());
  const Parameters parameters =
      parameters_of(std::string_view(path).substr(std::min(question + 1, path.size())));
  Intercept first;
  {
    const std::scoped_lock lock(mutex_);
    ++calls_[method];
    first = intercept_;
  }
  if (first) {
    if (auto answered = first(method, parameters)) return *answered;
  }
  const std::scoped_lock lock(mutex_);
  return xrpc(method, parameters);
}

Answer FakeHost::directory(const std::string& path) const {
  if (path == "/" + did_) return json(document_);
  if (path == "/" + did_ + "/log/audit") return json(log_);
  return error(404, "NotFound", "DID not registered");
}

Result<Answer> FakeHost::xrpc(const std::string& method, const Parameters& parameters) {
  if (method == "com.atproto.sync.getRepo") {
    return Answer{.status = 200,
                  .body = car_,
                  .headers = {{"content-type", "application/vnd.ipld.car"},
                              {"content-length", std::to_string(car_.size())}},
                  .chunk = 1000};
  }
  if (method == "com.atproto.sync.getBlocks") return blocks_of(parameters);
  if (method == "com.atproto.sync.getBlob") return blob(parameters);
  if (method == "com.atproto.sync.listBlobs") return list_blobs();
  if (method == "com.atproto.sync.getLatestCommit")
    return json(fmt::format(R"({{"cid":"{}","rev":"{}"}})", commit_, rev_));
  if (method == "com.atproto.sync.getRepoStatus") {
    return json(fmt::format(R"({{"did":"{}","active":true,"rev":"{}"}})", did_, rev_));
  }
  if (method == "app.bsky.actor.getPreferences") {
    return json(R"({"preferences":[{"$type":"app.bsky.actor.defs#adultContentPref","enabled":false}]})");
  }
  return error(501, "MethodNotImplemented", "Method Not Implemented");
}

// As the reference server: all or nothing, and no root in the header.
Answer FakeHost::blocks_of(const Parameters& parameters) const {
  std::vector<NamedBlock> found;
  const auto [begin, end] = parameters.equal_range("cids");
  for (auto it = begin; it != end; ++it) {
    const auto block = blocks_.find(it->second);
    if (block == blocks_.end()) return error(400, "InvalidRequest", "Could not find cids: " + it->second);
    found.emplace_back(ipld::Cid::parse(it->second).value(), to_bytes(as_bytes(block->second)));
  }
  return {.status = 200,
          .body = text_of(car_of({}, found)),
          .headers = {{"content-type", "application/vnd.ipld.car"}}};
}

Answer FakeHost::blob(const Parameters& parameters) const {
  const auto cid = parameters.find("cid");
  const auto found = cid == parameters.end() ? blobs_.end() : blobs_.find(cid->second);
  if (found == blobs_.end()) return error(400, "InvalidRequest", "Blob not found");
  return {.status = 200,
          .body = found->second,
          .headers = {{"content-type", "application/octet-stream"}},
          .chunk = 64};
}

Answer FakeHost::list_blobs() const {
  std::string cids;
  for (const auto& [cid, bytes] : blobs_) cids += (cids.empty() ? "\"" : ",\"") + cid + "\"";
  return json("{\"cids\":[" + cids + "]}");
}

}  // namespace atb::test
