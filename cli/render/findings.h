// Reports in words and in JSON.
#pragma once

#include "cli/shell.h"
#include "core/base/report.h"
#include "core/verify/proof.h"

#include <string>

namespace atb::cli {

// A JSON line for each check and finding; on paper, the findings (all but information, which needs -v),
// gravest first.
// `beside`: the words go to standard error, because standard output holds something else, or an error
// follows.
enum class Beside : std::uint8_t { nothing, result };
void show_report(Shell& shell, const Report& report, Beside beside = Beside::nothing);
data::Object finding_object(const Finding& finding);
void show_finding(Shell& shell, const Finding& finding, Beside beside);
// "proven by the account's PLC log", …
std::string words_for(verify::KeyProof proof);
// "2,012": thousands apart.
std::string counted(std::uint64_t number);
// "1 record", "2,012 records".
std::string counted(std::uint64_t number, std::string_view one, std::string_view many);

}  // namespace atb::cli
