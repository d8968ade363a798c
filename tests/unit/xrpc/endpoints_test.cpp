#include "core/xrpc/endpoints.h"

#include "core/data/json.h"
#include "tests/unit/xrpc/fake_host.h"

#include <fmt/format.h>

using namespace atb;
using namespace atb::test;

namespace {

const std::string kTokens = fmt::format(
    R"({{"did":"{}","handle":"a.example","accessJwt":"access","refreshJwt":"refresh","email":"a@b.c","active":false,"status":"deactivated"}})",
    kDid);

// `json` without one member of the top level.
std::string without(const std::string& json, const std::string& key) {
  data::Value value = *data::parse_json(json, {});
  value.object()->remove(key);
  return data::to_json(value);
}
std::string with(const std::string& json, const std::string& key, data::Value member) {
  data::Value value = *data::parse_json(json, {});
  value.object()->set(key, std::move(member));
  return data::to_json(value);
}

// Each of `keys`, taken away or turned into what no lexicon has here, must be named by an "xrpc.answer".
template <class Call>
void check_required(const std::string& json, std::initializer_list<const char*> keys, Call call) {
  for (const std::string key : keys) {
    for (const std::string& body : {without(json, key), with(json, key, data::Value(1.5))}) {
      FakeHost host(body);
      const Error error = error_from(call(host.client));
      INFO(body);
      CHECK(error.id == "xrpc.answer");
      CHECK(error.kind == ErrorKind::remote);
      CHECK(error.message.find("'" + key + "'") != std::string::npos);
    }
  }
}

}  // namespace

TEST_CASE("xrpc: describeServer is read, old hosts and new", "[xrpc]") {
  const std::string old = R"({"did":"did:web:pds.example","availableUserDomains":[".pds.example"]})";
  FakeHost before(old);
  const auto plain = xrpc::describe_server(before.client, {});
  REQUIRE(plain);
  CHECK(plain->did == "did:web:pds.example");
  CHECK(plain->user_domains == std::vector<std::string>{".pds.example"});
  CHECK_FALSE(plain->invite_required);
  CHECK_FALSE(plain->blob_limit);
  FakeHost now(with(with(old, "blobUploadLimit", 5'242'880), "inviteCodeRequired", true));
  const auto full = xrpc::describe_server(now.client, {});
  REQUIRE(full);
  CHECK(full->invite_required);
  CHECK(full->blob_limit == 5'242'880);
  check_required(old, {"did", "availableUserDomains"},
                 [](auto& client) { return xrpc::describe_server(client, {}); });
}

TEST_CASE("xrpc: createSession sends what was given, and no more", "[xrpc]") {
  const Secret password("pass word");
  FakeHost host(kTokens);
  auto tokens = xrpc::create_session(host.client, {.identifier = "a.example", .password = &password}, {});
  REQUIRE(tokens);
  CHECK(tokens->did == did_of());
  CHECK(tokens->handle == "a.example");
  CHECK(tokens->access.reveal() == "access");
  CHECK(tokens->refresh.reveal() == "refresh");
  CHECK(tokens->email == "a@b.c");
  CHECK_FALSE(tokens->active);
  CHECK(tokens->status == "deactivated");
  CHECK(host.only_request().body == R"({"identifier":"a.example","password":"pass word"})");
  CHECK(host.only_request().url == "https://pds.example/xrpc/com.atproto.server.createSession");
  CHECK_FALSE(host.only_request().request.repeatable);

  FakeHost again(kTokens);
  const xrpc::Login full{.identifier = "a.example",
                         .password = &password,
                         .auth_factor_token = "ABCDE-FGHIJ",
                         .allow_takendown = true};
  REQUIRE(xrpc::create_session(again.client, full, {}));
  CHECK(
      again.only_request().body ==
      R"({"identifier":"a.example","password":"pass word","authFactorToken":"ABCDE-FGHIJ","allowTakendown":true})");
  check_required(kTokens, {"did", "handle", "accessJwt", "refreshJwt"},
                 [&](auto& client) { return xrpc::create_session(client, {.password = &password}, {}); });
}

TEST_CASE("xrpc: an answer with an empty token is none", "[xrpc]") {
  FakeHost host(with(kTokens, "accessJwt", ""));
  CHECK(error_from(xrpc::refresh_session(host.client, {})).id == "xrpc.answer");
}

TEST_CASE("xrpc: the second factor is asked for by name", "[xrpc]") {
  const Secret password("x");
  FakeHost host(R"({"error":"AuthFactorTokenRequired","message":"A sign in code has been sent"})", 401);
  const Error error = error_from(xrpc::create_session(host.client, {.password = &password}, {}));
  CHECK(error.id == "xrpc.auth_factor_token_required");
  CHECK(error.kind == ErrorKind::auth);
}

TEST_CASE("xrpc: sessions are refreshed, ended and looked at", "[xrpc]") {
  FakeHost host([](const SentRequest& request) -> Result<Answer> {
    if (request.url.ends_with("refreshSession")) return Answer{.body = kTokens};
    if (request.url.ends_with("deleteSession")) return Answer{};
    return Answer{.body = fmt::format(R"({{"did":"{}","handle":"a.example","emailConfirmed":true}})", kDid)};
  });
  CHECK(xrpc::refresh_session(host.client, {}));
  CHECK(xrpc::delete_session(host.client, {}));
  const auto info = xrpc::get_session(host.client, {});
  REQUIRE(info);
  CHECK(info->email_confirmed);
  CHECK(info->active);
  CHECK(host.http.lines() ==
        std::vector<std::string>{"POST https://pds.example/xrpc/com.atproto.server.refreshSession",
                                 "POST https://pds.example/xrpc/com.atproto.server.deleteSession",
                                 "GET https://pds.example/xrpc/com.atproto.server.getSession"});
  check_required(kTokens, {"did", "handle"}, [](auto& client) { return xrpc::get_session(client, {}); });
}

TEST_CASE("xrpc: a service token is asked for one audience and one method", "[xrpc]") {
  FakeHost host(R"({"token":"jwt"})");
  const auto token =
      xrpc::get_service_auth(host.client, "did:web:new.example", "com.atproto.server.createAccount", {});
  REQUIRE(token);
  CHECK(token->reveal() == "jwt");
  CHECK(host.only_request().url ==
        "https://pds.example/xrpc/"
        "com.atproto.server.getServiceAuth?aud=did%3Aweb%3Anew.example&lxm=com.atproto.server.createAccount");
  check_required(R"({"token":"jwt"})", {"token"},
                 [](auto& client) { return xrpc::get_service_auth(client, "a", "b", {}); });
}

TEST_CASE("xrpc: an account is created once, for the DID asked for", "[xrpc]") {
  const Secret password("new password");
  const xrpc::NewAccount account{.did = did_of(),
                                 .handle = "a.example",
                                 .email = "a@b.c",
                                 .password = &password,
                                 .invite_code = "invite-1",
                                 .verification_code = ""};
  FakeHost host(kTokens);
  REQUIRE(xrpc::create_account(host.client, account, {}));
  CHECK_FALSE(host.only_request().request.repeatable);
  CHECK(
      host.only_request().body ==
      fmt::format(
          R"({{"did":"{}","handle":"a.example","email":"a@b.c","password":"new password","inviteCode":"invite-1"}})",
          kDid));
  FakeHost other(with(kTokens, "did", "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"));
  CHECK(error_from(xrpc::create_account(other.client, account, {})).id == "xrpc.answer");
}

TEST_CASE("xrpc: the account's status is read whole", "[xrpc]") {
  const std::string json = fmt::format(
      R"({{"activated":false,"validDid":true,"repoCommit":"{}","repoRev":"3k","repoBlocks":5,"indexedRecords":4,"privateStateValues":0,"expectedBlobs":3,"importedBlobs":2}})",
      kCid);
  FakeHost host(json);
  const auto status = xrpc::check_account_status(host.client, {});
  REQUIRE(status);
  CHECK_FALSE(status->activated);
  CHECK(status->valid_did);
  CHECK(status->repo_commit == kCid);
  CHECK(status->repo_rev == "3k");
  CHECK(status->repo_blocks == 5);
  CHECK(status->indexed_records == 4);
  CHECK(status->expected_blobs == 3);
  CHECK(status->imported_blobs == 2);
  check_required(json, {"activated", "validDid"},
                 [](auto& client) { return xrpc::check_account_status(client, {}); });
}

TEST_CASE("xrpc: an account's status without commit and counts is one", "[xrpc]") {
  FakeHost host(
      R"({"activated":true,"validDid":true,"repoRev":null,"repoBlocks":null,"importedBlobs":null})");
  const auto status = xrpc::check_account_status(host.client, {});
  REQUIRE(status);
  CHECK(status->activated);
  CHECK(status->repo_commit.empty());
  CHECK(status->indexed_records == 0);
  FakeHost odd(R"({"activated":true,"validDid":true,"indexedRecords":"many"})");
  CHECK(error_from(xrpc::check_account_status(odd.client, {})).id == "xrpc.answer");
}

TEST_CASE("xrpc: deactivation never asks for deletion", "[xrpc]") {
  FakeHost host("");
  REQUIRE(xrpc::activate_account(host.client, {}));
  REQUIRE(xrpc::deactivate_account(host.client, {}));
  CHECK(host.http.requests()[0].body.empty());
  CHECK(host.http.requests()[1].body == "{}");
}

TEST_CASE("xrpc: recommended credentials are read, and a missing one is named with its path", "[xrpc]") {
  const std::string json =
      R"({"rotationKeys":["did:key:a"],"alsoKnownAs":["at://a.example"],"verificationMethods":{"atproto":"did:key:b"},"services":{"atproto_pds":{"type":"AtprotoPersonalDataServer","endpoint":"https://pds.example"}}})";
  FakeHost host(json);
  const auto wanted = xrpc::get_recommended_credentials(host.client, {});
  REQUIRE(wanted);
  CHECK(wanted->rotation_keys == std::vector<std::string>{"did:key:a"});
  CHECK(wanted->also_known_as == std::vector<std::string>{"at://a.example"});
  CHECK(wanted->signing_key == "did:key:b");
  CHECK(wanted->service_type == "AtprotoPersonalDataServer");
  CHECK(wanted->endpoint == "https://pds.example");
  check_required(json, {"verificationMethods", "services"},
                 [](auto& client) { return xrpc::get_recommended_credentials(client, {}); });
  FakeHost half(with(json, "services", *data::parse_json(R"({"atproto_pds":{"type":"x"}})", {})));
  CHECK(error_from(xrpc::get_recommended_credentials(half.client, {}))
            .message.find("'services.atproto_pds.endpoint'") != std::string::npos);
}

TEST_CASE("xrpc: PLC operations are asked for, signed and submitted, none of it twice", "[xrpc]") {
  FakeHost host([](const SentRequest& request) -> Result<Answer> {
    if (request.url.ends_with("signPlcOperation")) return Answer{.body = R"({"operation":{"sig":"x"}})"};
    return Answer{};
  });
  REQUIRE(xrpc::request_plc_signature(host.client, {}));
  data::Object wanted;
  wanted.set("rotationKeys", data::Array{data::Value("did:key:a")});
  const auto operation = xrpc::sign_plc_operation(host.client, "ABCDE", wanted, {});
  REQUIRE(operation);
  REQUIRE(xrpc::submit_plc_operation(host.client, *operation, {}));
  const auto sent = host.http.requests();
  REQUIRE(sent.size() == 3);
  for (const SentRequest& request : sent) CHECK_FALSE(request.request.repeatable);
  CHECK(sent[0].body.empty());
  CHECK(sent[1].body == R"({"rotationKeys":["did:key:a"],"token":"ABCDE"})");
  CHECK(sent[2].body == R"({"operation":{"sig":"x"}})");
  check_required(R"({"operation":{}})", {"operation"},
                 [&](auto& client) { return xrpc::sign_plc_operation(client, "t", wanted, {}); });
}

TEST_CASE("xrpc: a signed operation that is not wrapped in an object is taken too", "[xrpc]") {
  FakeHost host(R"({"type":"plc_operation","sig":"x"})");
  const auto operation = xrpc::sign_plc_operation(host.client, "ABCDE", {}, {});
  REQUIRE(operation);
  CHECK(data::to_json(*operation) == R"({"type":"plc_operation","sig":"x"})");
  FakeHost other(R"({"type":"plc_tombstone","sig":"x"})");
  CHECK(error_from(xrpc::sign_plc_operation(other.client, "ABCDE", {}, {})).id == "xrpc.answer");
}

TEST_CASE("xrpc: a wrong or old code of an e-mail is told from a login that has ended", "[xrpc]") {
  const auto id_of = [](const std::string& name, const std::string& message) {
    FakeHost host(fmt::format(R"({{"error":"{}","message":"{}"}})", name, message), 400);
    const Error error = error_from(xrpc::sign_plc_operation(host.client, "ABCDE", {}, {}));
    CHECK(error.kind == ErrorKind::auth);
    return error.id;
  };
  CHECK(id_of("InvalidToken", "Token is invalid") == "xrpc.plc_token");
  CHECK(id_of("ExpiredToken", "Token is expired") == "xrpc.plc_token");
  CHECK(id_of("InvalidToken", "Bad token scope") == "xrpc.invalid_token");
  CHECK(id_of("AuthMissing", "x") == "xrpc.auth_missing");
}

TEST_CASE("xrpc: a handle is changed", "[xrpc]") {
  FakeHost host("");
  REQUIRE(xrpc::update_handle(host.client, *syntax::Handle::parse("b.example"), {}));
  CHECK(host.only_request().body == R"({"handle":"b.example"})");
}

TEST_CASE("xrpc: a repository's status and head are read", "[xrpc]") {
  const std::string json = fmt::format(R"({{"did":"{}","active":true,"rev":"3kabc"}})", kDid);
  FakeHost host(json);
  const auto status = xrpc::get_repo_status(host.client, did_of(), {});
  REQUIRE(status);
  CHECK(status->active);
  CHECK(status->rev == "3kabc");
  check_required(json, {"did", "active"},
                 [](auto& client) { return xrpc::get_repo_status(client, did_of(), {}); });
  FakeHost other(with(json, "did", "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"));
  CHECK(error_from(xrpc::get_repo_status(other.client, did_of(), {})).id == "xrpc.answer");
  FakeHost gone(R"({"error":"RepoNotFound","message":"Could not find repo"})", 400);
  const Error error = error_from(xrpc::get_repo_status(gone.client, did_of(), {}));
  CHECK(error.id == "xrpc.repo_not_found");
  CHECK(error.kind == ErrorKind::gone);

  const std::string commit = fmt::format(R"({{"cid":"{}","rev":"3kabc"}})", kCid);
  FakeHost head(commit);
  const auto latest = xrpc::get_latest_commit(head.client, did_of(), {});
  REQUIRE(latest);
  CHECK(latest->cid == cid_of(kCid));
  check_required(commit, {"cid", "rev"},
                 [](auto& client) { return xrpc::get_latest_commit(client, did_of(), {}); });
}

TEST_CASE("xrpc: repository, blocks and blobs are asked for by their names", "[xrpc]") {
  FakeHost host("bytes");
  net::MemoryBody body;
  REQUIRE(xrpc::get_repo(host.client, did_of(), "", 100, body, {}));
  REQUIRE(xrpc::get_repo(host.client, did_of(), "3kabc", 100, body, {}));
  const std::vector<ipld::Cid> cids{cid_of(kCid), cid_of(kRawCid)};
  REQUIRE(xrpc::get_blocks(host.client, did_of(), cids, 100, body, {}));
  REQUIRE(xrpc::get_blob(host.client, did_of(), cid_of(kRawCid), 100, body, {}));
  const std::string base = "GET https://pds.example/xrpc/com.atproto.sync.";
  const std::string did = "did=did%3Aplc%3Aewvi7nxzyoun6zhxrhs64oiz";
  CHECK(host.http.lines() ==
        std::vector<std::string>{base + "getRepo?" + did, base + "getRepo?" + did + "&since=3kabc",
                                 base + "getBlocks?" + did + "&cids=" + kCid + "&cids=" + kRawCid,
                                 base + "getBlob?" + did + "&cid=" + kRawCid});
}

TEST_CASE("xrpc: a blob that is not there has one id, whatever the host calls it", "[xrpc]") {
  struct Case {
    int status;
    const char* body;
  };
  const auto each = GENERATE(values<Case>({{400, R"({"error":"InvalidRequest","message":"Blob not found"})"},
                                           {400, R"({"error":"BlobNotFound","message":"gone"})"},
                                           {404, "not here"}}));
  FakeHost host(each.body, each.status);
  net::MemoryBody body;
  const Error error = error_from(xrpc::get_blob(host.client, did_of(), cid_of(kRawCid), 100, body, {}));
  CHECK(error.id == "xrpc.blob_not_found");
  CHECK(error.kind == ErrorKind::not_found);
}

TEST_CASE("xrpc: a block that is not there has one id, and fails the whole batch", "[xrpc]") {
  const std::string body = GENERATE(R"({"error":"InvalidRequest","message":"Could not find cids: bafy"})",
                                    R"({"error":"BlockNotFound","message":"x"})");
  FakeHost host(body, 400);
  net::MemoryBody sink;
  const std::vector<ipld::Cid> cids{cid_of(kCid)};
  const Error error = error_from(xrpc::get_blocks(host.client, did_of(), cids, 100, sink, {}));
  CHECK(error.id == "xrpc.block_not_found");
  CHECK(error.kind == ErrorKind::not_found);
}

TEST_CASE("xrpc: a repository that a host answers with 404 is gone, not a missing blob", "[xrpc]") {
  FakeHost host(R"({"error":"RepoNotFound","message":"no"})", 404);
  net::MemoryBody body;
  const Error error = error_from(xrpc::get_blob(host.client, did_of(), cid_of(kRawCid), 100, body, {}));
  CHECK(error.id == "xrpc.repo_not_found");
}

TEST_CASE("xrpc: other errors of getBlob stay what they are", "[xrpc]") {
  FakeHost host(R"({"error":"RepoTakendown","message":"no"})", 400);
  net::MemoryBody body;
  CHECK(error_from(xrpc::get_blob(host.client, did_of(), cid_of(kRawCid), 100, body, {})).id ==
        "xrpc.repo_takendown");
}

TEST_CASE("xrpc: blobs and repositories are uploaded with their types", "[xrpc]") {
  const std::string json = fmt::format(
      R"({{"blob":{{"$type":"blob","ref":{{"$link":"{}"}},"mimeType":"image/png","size":3}}}})", kRawCid);
  FakeHost host(json);
  const MemoryBytes file(Bytes{1, 2, 3});
  CHECK(xrpc::upload_blob(host.client, file, "image/png", {}) == cid_of(kRawCid));
  CHECK(host.only_request().content_type == "image/png");
  check_required(json, {"blob"},
                 [&](auto& client) { return xrpc::upload_blob(client, file, "image/png", {}); });
  FakeHost bad(R"({"blob":{"ref":{"$link":"zzz"}}})");
  CHECK(error_from(xrpc::upload_blob(bad.client, file, "image/png", {})).message.find("'blob.ref.$link'") !=
        std::string::npos);
  FakeHost import("");
  REQUIRE(xrpc::import_repo(import.client, file, {}));
  CHECK(import.only_request().content_type == "application/vnd.ipld.car");
}

TEST_CASE("xrpc: a record's CID is read, and a missing record has one id", "[xrpc]") {
  const auto path = *syntax::RepoPath::parse("app.bsky.feed.post/3kabc");
  const std::string json = fmt::format(R"({{"uri":"at://x","cid":"{}","value":{{}}}})", kCid);
  FakeHost host(json);
  CHECK(xrpc::get_record(host.client, did_of(), path, {}) == kCid);
  check_required(json, {"cid"}, [&](auto& client) { return xrpc::get_record(client, did_of(), path, {}); });
  for (const std::string body : {R"({"error":"RecordNotFound","message":"Could not locate record: at://x"})",
                                 R"({"error":"InvalidRequest","message":"Could not locate record"})"}) {
    FakeHost gone(body, 400);
    const Error error = error_from(xrpc::get_record(gone.client, did_of(), path, {}));
    CHECK(error.id == "xrpc.record_not_found");
    CHECK(error.kind == ErrorKind::not_found);
  }
  FakeHost other(R"({"error":"InvalidRequest","message":"no"})", 400);
  CHECK(error_from(xrpc::get_record(other.client, did_of(), path, {})).id == "xrpc.invalid_request");
}

TEST_CASE("xrpc: records are made and removed under their own key", "[xrpc]") {
  const auto path = *syntax::RepoPath::parse("app.bsky.graph.list/3kabc");
  FakeHost host("{}");
  data::Object record;
  record.set("$type", "app.bsky.graph.list");
  REQUIRE(xrpc::create_record(host.client, did_of(), path, record, {}));
  REQUIRE(xrpc::delete_record(host.client, did_of(), path, {}));
  REQUIRE(xrpc::put_record(host.client, did_of(), path, record, "bafyold", {}));
  const auto sent = host.http.requests();
  CHECK(sent[2].body.ends_with(R"("record":{"$type":"app.bsky.graph.list"},"swapRecord":"bafyold"})"));
  CHECK_FALSE(sent[0].request.repeatable);
  CHECK(
      sent[0].body ==
      fmt::format(
          R"({{"repo":"{}","collection":"app.bsky.graph.list","rkey":"3kabc","record":{{"$type":"app.bsky.graph.list"}}}})",
          kDid));
  CHECK(sent[1].body ==
        fmt::format(R"({{"repo":"{}","collection":"app.bsky.graph.list","rkey":"3kabc"}})", kDid));
}

TEST_CASE("xrpc: preferences come and go as they are", "[xrpc]") {
  const std::string json =
      R"({"preferences":[{"$type":"app.bsky.actor.defs#adultContentPref","enabled":false}]})";
  FakeHost host(json);
  const auto preferences = xrpc::get_preferences(host.client, {});
  REQUIRE(preferences);
  check_required(json, {"preferences"}, [](auto& client) { return xrpc::get_preferences(client, {}); });
  FakeHost other("");
  REQUIRE(xrpc::put_preferences(other.client, *preferences, {}));
  CHECK(other.only_request().body == json);
  // An empty object for an empty list; one with something in it is neither.
  FakeHost none(R"({"preferences":{}})");
  const auto empty = xrpc::get_preferences(none.client, {});
  REQUIRE(empty);
  REQUIRE(empty->array() != nullptr);
  CHECK(empty->array()->empty());
  FakeHost odd(R"({"preferences":{"a":1}})");
  CHECK(error_from(xrpc::get_preferences(odd.client, {})).id == "xrpc.answer");
}
