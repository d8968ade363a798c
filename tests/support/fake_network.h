// Two hosts and a directory in memory, and an account with posts, pictures and preferences on the old one.
#pragma once

#include "tests/support/fake_pds.h"
#include "tests/support/scripted_txt.h"
#include "tests/support/seeded_random.h"

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

  explicit FakeNetwork(std::size_t records = 12);

  Result<Answer> route(const SentRequest& request);
  FakeAccount& old_account() { return *old_host.find(did); }
  FakeAccount& new_account() { return *new_host.find(did); }
  // The user's key becomes the first of the rotation keys, signed for by the old host.
  void enroll_user_key();
  // Nothing answers there any more, nor for the handle that it gave out.
  void kill_old_host();
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
  ScriptedHttp http{[this](const SentRequest& request) { return route(request); }};
};

}  // namespace atb::test
