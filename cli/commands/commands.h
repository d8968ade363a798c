// One function a command: options and a shell in, an exit code out.
#pragma once

#include "cli/shell.h"

#include <string>

namespace CLI {
class App;
}

namespace atb::cli {

ExitCode run_export(Shell& shell, const ExportOptions& options);
ExitCode run_verify(Shell& shell, const VerifyOptions& options);
ExitCode run_ls(Shell& shell, const LsOptions& options);
ExitCode run_cat(Shell& shell, const CatOptions& options);
ExitCode run_extract(Shell& shell, const ExtractOptions& options);
ExitCode run_explain(Shell& shell, const ExplainOptions& options);
ExitCode run_login(Shell& shell, const LoginOptions& options);
ExitCode run_logout(Shell& shell, const LogoutOptions& options);
ExitCode run_whoami(Shell& shell);
ExitCode run_migrate(Shell& shell, const MigrateOptions& options);
// 'migrate --dry-run'.
ExitCode run_migrate_plan(Shell& shell, const MigrateOptions& options);
ExitCode run_migrate_resume(Shell& shell, const MigrateOptions& options);
ExitCode run_migrate_abort(Shell& shell, const MigrateOptions& options);
ExitCode run_migrate_rehearse(Shell& shell, const MigrateOptions& options);
ExitCode run_migrate_activate(Shell& shell, const MigrateOptions& options);
ExitCode run_migrate_status(Shell& shell);
ExitCode run_doctor(Shell& shell, const DoctorOptions& options);
ExitCode run_key_new(Shell& shell, const KeyOptions& options);
ExitCode run_key_enroll(Shell& shell, const KeyOptions& options);
ExitCode run_key_list(Shell& shell, const KeyOptions& options);
ExitCode run_key_show(Shell& shell, const KeyOptions& options);
ExitCode run_key_check(Shell& shell, const KeyOptions& options);
ExitCode run_plc_log(Shell& shell, const PlcOptions& options);
ExitCode run_plc_verify(Shell& shell, const PlcOptions& options);
ExitCode run_plc_diff(Shell& shell, const PlcOptions& options);
ExitCode run_plc_sign(Shell& shell, const PlcOptions& options);
ExitCode run_plc_submit(Shell& shell, const PlcOptions& options);
ExitCode run_plc_revert(Shell& shell, const PlcOptions& options);
// The script of a shell, made from the tree.
std::string completion_script(const CLI::App& tree, const std::string& shell);

}  // namespace atb::cli
