// One request to a FakePds: what was asked, by whom, and the answers. Private to fake_pds*.cpp.
#pragma once

#include "core/data/value.h"
#include "tests/support/fake_pds.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace atb::test {

// Thrown by what a method needs and does not find; becomes the answer.
struct Refusal {
  int status = 400;
  std::string name;
  std::string message;
};

// As from servers that say no more.
inline Refusal nothing_said() { return {500, "", "Internal Server Error"}; }

struct FakePds::Call {
  FakePds& pds;
  const SentRequest& request;
  std::string method;
  std::multimap<std::string, std::string> query;
  data::Value input;

  Call(FakePds& host, const SentRequest& sent);
  Answer answer();
  using Handler = Answer (Call::*)();

  std::string parameter(const std::string& name) const;
  std::string text(std::string_view name) const;
  // The account whose access token this is; refuses when there is none.
  FakeAccount& caller();
  // … with a session of the main password.
  FakeAccount& owner();
  // The account that a public read is about; refuses when it is not here, or not active and not asked for by
  // its owner.
  FakeAccount& subject();
  FakeAccount* by_token();
  void check_taken_down_scope() const;
  bool allows_takendown() const;
  static Answer json(data::Value value);

  // fake_pds.cpp: sessions
  Answer describe_server();
  Answer create_session();
  Answer refresh_session();
  Answer delete_session();
  Answer get_session();
  data::Object tokens_for(FakeAccount& account, std::string_view scope);
  std::string token(std::string_view scope, std::int64_t seconds);

  // fake_pds_account.cpp: accounts and identity
  Answer get_service_auth();
  Answer create_account();
  Answer check_account_status();
  Answer activate_account();
  Answer deactivate_account();
  Answer recommended_credentials();
  Answer request_signature();
  Answer sign_operation();
  Answer submit_operation();
  Answer get_preferences();
  Answer put_preferences();
  bool valid_did(const FakeAccount& account) const;
  Refusal too_large(const std::string& words) const;
  void check_service_token(const syntax::Did& did) const;

  // fake_pds_repo.cpp: repositories and blobs
  Answer get_repo();
  Answer get_blocks();
  Answer latest_commit();
  Answer repo_status();
  Answer describe_repo();
  Answer list_blobs();
  Answer get_blob();
  Answer import_repo();
  Answer missing_blobs();
  Answer upload_blob();
  Answer get_record();
  Answer create_record();
  Answer put_record();
  Answer delete_record();
};

}  // namespace atb::test
