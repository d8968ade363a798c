// The parts that a plan is put together from; each is pure. Private to this module.
#pragma once

#include "core/migrate/plan.h"

#include <cstdint>
#include <string>

namespace atb::migrate {

// Null: there is none.
const plc::AuditedLog* log_of(const Observed& observed);

// plan_checks.cpp: what stands against the move, and what the person should know, into the plan.
void check_history(const Observed& observed, Plan& plan);
void check_clocks(const Observed& observed, Plan& plan);
void check_directory_rate(const Observed& observed, Plan& plan);
void check_content(const Observed& observed, Plan& plan);

// plan_changes.cpp: the changes of the identity, made with stand-ins for what only the new host knows. What
// the directory would refuse must be known before the first one.
void plan_changes(const Observed& observed, const Wishes& wishes, Plan& plan);

// What the operations of the move build on, without the old host.
Base base_of(const Observed& observed, const Plan& plan);
// False: the identity names a signing key already that the user holds, and nothing else is to be changed
// first.
bool needs_claim(const Observed& observed, const Plan& plan);

// plan_steps.cpp
void plan_steps(const Observed& observed, const Wishes& wishes, Plan& plan);
Estimate estimate(const Observed& observed);

// plan_words.cpp: the sentences that all ways of moving share.
std::string time_words(const Plan& plan, const Observed& observed);
std::string warning_words(const Plan& plan);
// Of a move into an account that is there already.
std::string return_words(const Observed& observed);

}  // namespace atb::migrate
