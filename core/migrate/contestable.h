// Operations that somebody with a key below the user's has signed within the last 72 hours, and what a move
// that undoes some of them builds on. Pure: a part of plan.h, and of fight.h, which asks the person.
//
// Some may be the user's own doing, through the host: a new handle, say. Nobody but the person knows.
#pragma once

#include "core/base/error.h"
#include "core/plc/forks.h"
#include "core/plc/merge.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace atb::migrate {

enum class Answer : std::uint8_t { open, undo, keep };

struct Contestable {
  plc::Reversal reversal;
  std::string cid;
  std::int64_t created_us = 0;
  std::string signer;                // did:key
  std::size_t signer_rank = 0;       // 0 is the highest
  std::vector<plc::Change> changes;  // what it changed
  bool takes_key = false;            // the user's key is not listed after it: it cannot be kept
  bool gives_up = false;             // it ends the identity
  Answer answer = Answer::open;
};

// CIDs that the person has named already.
struct Answers {
  std::vector<std::string> undo = {};
  std::vector<std::string> keep = {};
};

// Those in force that `key` could undo, oldest first.
std::vector<Contestable> contestable(const plc::AuditedLog& log, const std::string& key, std::int64_t now_us,
                                     const Answers& answers);

// What the next operation builds on.
struct Base {
  std::size_t entry = 0;                     // of the log, in force
  std::vector<std::size_t> undone = {};      // entries that go, oldest first
  std::vector<std::string> rogue_keys = {};  // did:key: those that signed them, the user's own not among them
};
// The head, or, when this one is undone, what stood before it: what came after goes with it.
Base base_of(const plc::AuditedLog& log);
Base base_of(const plc::AuditedLog& log, const Contestable& undone, const std::string& key);
// Where nothing is kept but what the person said to keep.
Base likely_base(const plc::AuditedLog& log, const std::vector<Contestable>& list, const std::string& key);

// What the identity said there. When something is undone, without the rogue keys and those of `others`;
// `own` stays in any case.
plc::State state_at(const plc::AuditedLog& log, const Base& base, const std::string& own,
                    const std::vector<std::string>& others);

// "Operation 3 of 2026-… (bafy…) was signed by …": what it changed, until when it can be undone.
std::string describe(const Contestable& one);
// The fight, before it is agreed to; empty when nothing is undone.
std::string describe_undoing(const plc::AuditedLog& log, const Base& base, std::int64_t now_us);

// Nobody can be asked: "leave.foreign_operation", or "leave.key_removed" for one that cannot be kept.
// Refused.
Error unanswered(const Contestable& one);

}  // namespace atb::migrate
