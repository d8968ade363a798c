// A host in memory that behaves like the reference server where a move can tell the difference: accounts made
// inactive and once only, an import that keeps the commit as it came, codes by e-mail that count once, state
// that activation checks, real signatures on commits, service tokens and operations. It counts what it did.
#pragma once

#include "core/os/random.h"
#include "core/repo/builder.h"
#include "tests/support/fake_plc.h"
#include "tests/support/memory_blocks.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace atb::test {

struct FakePdsOptions {
  std::string origin;     // "https://old.host"
  std::string did;        // of the host: the audience of service tokens
  std::string domain;     // ".old.host"
  std::uint32_t key = 1;  // number of its rotation key; see plc_key()
};

// How it may differ from the reference server: all false, it does not. Most are ids of
// core/migrate/host_ways.h.
struct FakeWays {
  bool unknown_account_500 = false;
  bool describe_repo_500 = false;        // … of an account that it does not know, nor tells otherwise
  bool no_status_before_import = false;  // nor a repository
  bool no_blocks = false;
  bool signs_anew = false;
  bool hides_while_inactive = false;
  bool active_from_the_start = false;
  bool unknown_record_500 = false;
  bool preferences_object = false;
  bool drops_preferences = false;
  bool bare_operation = false;
  bool submit_wants_signing_key = false;
  bool whole_imports_only = false;
  bool leaves_out_legacy_blobs = false;
  bool keeps_blobs_to_itself = false;
  bool host_of_one = false;
  bool imports_while_inactive = false;
  bool null_counts = false;
  bool login_after_verification = false;
  bool own_handles_only = false;
  bool refreshes_once = false;
  std::string too_large_name{};  // refused so, with 400, instead of with 413
  std::string too_large_words{};
  std::size_t blob_limit = 0;           // larger ones are refused so too; 0: none
  std::size_t lists_blobs = 1'000'000;  // as many, and no cursor
  int silent_uploads = 0;               // so many are answered with a general 500
};

struct FakeAccount {
  syntax::Did did;
  std::string handle;
  std::string email;
  std::string password;
  std::string app_password;
  crypto::PrivateKey key;
  bool active = false;
  bool taken_down = false;  // by the host: the owner gets a session that opens little
  bool verified = true;     // its address

  repo::Builder builder;  // the records, for the next commit
  std::map<std::string, Bytes> records;
  MemoryBlocks blocks;  // of the present commit
  std::optional<ipld::Cid> head;
  std::optional<ipld::Cid> data;
  std::string rev;  // as the host tells it: after an import, of the import

  std::map<ipld::Cid, Bytes> blobs;
  data::Array preferences;
  std::set<std::string> access_tokens;
  std::set<std::string> refresh_tokens;
  std::string plc_code;
  std::int64_t plc_code_until_us = 0;
};

class FakePds {
 public:
  FakePds(FakePdsOptions options, FakePlc& plc, ManualClock& clock, os::Random& random);

  // Everything under /xrpc/.
  Answer answer(const SentRequest& request);

  // An account that lives here already, active; its first commit is made by commit().
  FakeAccount& add_account(const syntax::Did& did, crypto::PrivateKey key, const std::string& handle,
                           const std::string& email, const std::string& password);
  void put_record(FakeAccount& account, const std::string& path, const data::Value& record);
  // A new commit over the records, signed by the account's key.
  void commit(FakeAccount& account);
  FakeAccount* find(const syntax::Did& did);
  // Blobs that records refer to and that are not here; a CID once for each record.
  static std::vector<std::pair<ipld::Cid, std::string>> missing_blobs(const FakeAccount& account,
                                                                      bool legacy = true);
  // All sessions end: access and refresh tokens are worth nothing any more.
  void end_sessions();

  const FakePdsOptions& options() const { return options_; }
  crypto::PrivateKey rotation_key() const { return plc_key(options_.key); }
  std::string rotation_did_key() const { return plc_did_key(options_.key); }
  // The code of the last e-mail about a PLC operation, or about a login.
  const std::string& mailbox() const { return mailbox_; }

  // What tests set.
  FakeWays ways;
  std::int64_t ahead_us = 0;  // its clock less ours
  bool two_factor = false;
  bool invite_required = false;  // the code is "invite-1"
  bool phone_required = false;
  std::string recommended_endpoint;   // instead of its origin
  std::size_t import_limit = 0;       // larger CARs are refused with 413; 0: none
  std::optional<int> checks_commits;  // an import must bear a signature by the key in force; else this status
  std::size_t uploads_a_day = 0;      // more are refused with 429 until midnight; 0: no limit
  // By the name of the method, asked first: an answer from here is given instead of the host's own.
  using Intercept = std::function<std::optional<Answer>(const SentRequest&)>;
  std::map<std::string, Intercept, std::less<>> intercepts;

  // Lets the host answer, then changes what it says. `change` gets the answer's JSON object.
  void alter(const std::string& method, std::function<void(data::Object&)> change);
  // Says no to this method.
  void refuse(const std::string& method, int status, const std::string& name, const std::string& message);
  // Called with the code of each e-mail about a PLC operation.
  std::function<void(const std::string&)> after_mail;

  // What it did.
  struct Effects {
    int accounts = 0;
    int imports = 0;
    std::size_t largest_import = 0;
    int uploads = 0;
    int mails = 0;
    int signatures = 0;   // operations signed
    int operations = 0;   // handed on to the directory, and taken there
    int activations = 0;  // of an account that was not active
    int activation_calls = 0;
    int blocks_refused = 0;
    int deactivations = 0;
    int commits = 0;
  };
  Effects effects;

 private:
  struct Call;
  friend struct Call;
  Answer answer_without_date(const SentRequest& request);
  FakePdsOptions options_;
  FakePlc& plc_;
  ManualClock& clock_;
  os::Random& random_;
  std::map<std::string, std::unique_ptr<FakeAccount>> accounts_;
  std::string mailbox_;
  std::uint64_t counter_ = 0;
  std::int64_t upload_day_ = 0;
  std::size_t uploads_today_ = 0;
};

}  // namespace atb::test
