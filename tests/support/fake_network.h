// Two hosts and a directory in memory, and an account with posts, pictures and preferences on the old one.
#pragma once

#include "tests/support/fake_pds.h"
#include "tests/support/scripted_txt.h"
#include "tests/support/seeded_random.h"

#include <mutex>
#include <string>

namespace atb::test {

class FakeNetwork {
 public:
  static constexpr const char* kPassword = "old-secret-7d1f";
  static constexpr const char* kNewPassword = "new-secret-93ab";
  static constexpr const char* kEmail = "alice@mail.net";
  static constexpr std::uint32_t kOldKey = 1;
  static constexpr std::uint32_t kNewKey = 2;
  static constexpr std::uint32_t kUserKey = 3;  // not in the log, unless enroll_user_key() puts it there

  // Of which the account is: a did:web has its document on a domain of the user's own, alice.net.
  enum class Method : std::uint8_t { plc, web };
  explicit FakeNetwork(std::size_t records = 12, Method method = Method::plc);

  Result<Answer> route(const SentRequest& request);  // blobs go by several threads: one at a time
  FakeAccount& old_account() { return *old_host.find(did); }
  FakeAccount& new_account() { return *new_host.find(did); }
  // The user's key becomes the first of the rotation keys, signed for by the old host.
  void enroll_user_key();
  // Nothing answers there any more, nor for the handle that it gave out.
  void kill_old_host();
  // The user puts this document on the domain; others see it from the third look on.
  void publish(std::string document);

  // One more post on the old host.
  void post_on_old(const std::string& text);

  ManualClock clock;
  SeededRandom random{7};
  ScriptedTxt dns;
  FakePlc plc{clock};
  FakePds old_host;
  FakePds new_host;
  syntax::Did did;
  ipld::Cid original_data;  // MST root at the start
  bool old_host_is_dead = false;
  std::string web_document;
  int publications = 0;  // that have changed what others see

 private:
  void take_up(std::string document);
  std::string next_document_;
  int looks_left_ = 0;
  std::mutex routing_;

 public:
  ScriptedHttp http{[this](const SentRequest& request) { return route(request); }};
};

}  // namespace atb::test
