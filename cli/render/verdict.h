// What a proof of a backup came to, in words and as an exit code: for verify, and for what looks in.
#pragma once

#include "cli/render/findings.h"
#include "core/verify/verify.h"

#include <string>

namespace atb::cli {

// By the gravest finding; not proven is "incomplete" at least.
ExitCode exit_code_of(const verify::Verdict& verdict);
// "sound", "damaged", …: the same in one word, for programs.
std::string_view word_of(const verify::Verdict& verdict, ExitCode code);
// One line, with the account first: what is lost, and what is good.
std::string headline(const Shell::Style& style, const verify::Verdict& verdict, ExitCode code);
// What to do next with the backup at `path`, a line for each step; empty when all is well.
std::string advice(const verify::Verdict& verdict, ExitCode code, const std::string& path);
// Beside a result: nothing but warnings when all is well; else the headline, the findings, the advice. With
// --json the checks and findings.
void show_beside(Shell& shell, const verify::Verdict& verdict, ExitCode code, const std::string& path);
// "did", "handle", "commit", "data", "rev", "key_proof", "key".
data::Object summary_head(const verify::Verdict& verdict);

}  // namespace atb::cli
