// A whole account made in memory: a PLC log whose signing key signs a repository, its DID document, its
// blobs; and a host and a directory that serve it, as ScriptedHttp's handler, and misbehave as told.
#pragma once

#include "tests/support/plc_fixture.h"
#include "tests/support/repo_fixture.h"
#include "tests/support/scripted_http.h"

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>

namespace atb::test {

struct AccountFixture {
  PlcLog log;
  RepoFixture repo;
  std::string document;  // JSON

  std::string did() const { return repo.did.str(); }
  std::string log_json() const { return log.audit_json(); }
};

inline constexpr std::string_view kTestHost = "https://pds.test";
inline constexpr std::string_view kTestPlc = "https://plc.test";

// The DID of `options` is ignored: the log makes one.
AccountFixture make_account(RepoOptions options = {});
// The same account, with another repository (more records, a later rev).
RepoFixture next_repo(const AccountFixture& account, RepoOptions options);
// The repository with its commit signed in another way: `change` sees the commit before it is encoded.
RepoFixture with_commit(const RepoFixture& repo, const std::function<void(repo::Commit&)>& change);

class FakeHost {
 public:
  using Parameters = std::multimap<std::string, std::string>;
  // Empty: the usual answer.
  using Intercept =
      std::function<std::optional<Result<Answer>>(std::string_view method, const Parameters& parameters)>;

  explicit FakeHost(const AccountFixture& account);

  ScriptedHttp::Handler handler() {
    return [this](const SentRequest& request) { return answer(request); };
  }
  // What getRepo and getLatestCommit give from now on; the blocks of the one before are forgotten.
  void serve(const RepoFixture& repo);
  void set_car(Bytes car);
  void drop_block(const ipld::Cid& cid);  // from getBlocks
  void drop_blob(const ipld::Cid& cid);
  void set_blob(const ipld::Cid& cid, std::string bytes);
  void set_log(std::string json);
  void intercept(Intercept intercept);
  // How often an XRPC method was asked.
  std::size_t calls(std::string_view method) const;

 private:
  Result<Answer> answer(const SentRequest& request);
  Answer directory(const std::string& path) const;
  Result<Answer> xrpc(const std::string& method, const Parameters& parameters);
  Answer blocks_of(const Parameters& parameters) const;
  Answer blob(const Parameters& parameters) const;
  Answer list_blobs() const;

  mutable std::mutex mutex_;
  std::string did_;
  std::string document_;
  std::string log_;
  std::string car_;
  std::string commit_;
  std::string rev_;
  std::map<std::string, std::string> blocks_;
  std::map<std::string, std::string> blobs_;
  Intercept intercept_;
  std::map<std::string, std::size_t, std::less<>> calls_;
};

}  // namespace atb::test
