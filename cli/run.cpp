#include "cli/run.h"

#include "cli/command_tree.h"
#include "cli/commands/commands.h"
#include "core/base/text.h"
#include "core/crypto/sha256_many.h"

#include <CLI/CLI.hpp>

namespace atb::cli {
namespace {

// Before the arguments are understood nobody knows whether JSON is wanted: then the word itself decides.
bool wants_json(const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--json") return true;
    if (argument == "--") return false;
  }
  return false;
}

int told(World& world, const std::string& text) {
  return static_cast<int>(world.streams.out.write(as_bytes(text)) ? ExitCode::done : ExitCode::failed);
}

ExitCode usage_error(World& world, const GlobalOptions& global, const CLI::ParseError& error) {
  Shell shell(world, global);
  return shell.error(Error(ErrorKind::invalid_input, "usage", error.what(), "see 'atbackup --help'"));
}

// For measurements: a machine may know several ways to hash, and the fastest is not always the one asked
// about.
Status choose_sha256(const World& world) {
  const auto wanted = world.environment("ATBACKUP_SHA256");
  if (!wanted || wanted->empty() || crypto::prefer_sha256_engine(*wanted)) return {};
  std::string known;
  for (const crypto::Sha256Engine engine : crypto::sha256_engines()) {
    known += (known.empty() ? "" : ", ") + std::string(crypto::name_of(engine));
  }
  return fail(ErrorKind::invalid_input, "usage",
              "this machine does not know the engine that ATBACKUP_SHA256 names", "it knows " + known);
}

ExitCode dispatch(const CLI::App& tree, Shell& shell, const AllOptions& options) {
  const CLI::App* command = tree.get_subcommands().front();
  const std::string& name = command->get_name();
  if (name == "export") return run_export(shell, options.export_);
  if (name == "verify") return run_verify(shell, options.verify);
  if (name == "ls") return run_ls(shell, options.ls);
  if (name == "cat") return run_cat(shell, options.cat);
  if (name == "extract") return run_extract(shell, options.extract);
  if (name == "explain") return run_explain(shell, options.explain);
  if (name == "login") return run_login(shell, options.login);
  if (name == "logout") return run_logout(shell, options.logout);
  if (name == "whoami") return run_whoami(shell);
  if (name == "completion") {
    const std::string script = completion_script(tree, options.completion.shell);
    shell.text(script);
    return shell.summary("completion", ExitCode::done, data::Object().set("script", script));
  }
  if (name == "doctor") return run_doctor(shell, options.doctor);
  if (name == "key") {
    const std::string& inner = command->get_subcommands().front()->get_name();
    if (inner == "new") return run_key_new(shell, options.key);
    if (inner == "enroll") return run_key_enroll(shell, options.key);
    if (inner == "list") return run_key_list(shell, options.key);
    if (inner == "show") return run_key_show(shell, options.key);
    return run_key_check(shell, options.key);
  }
  if (name == "plc") {
    const std::string& inner = command->get_subcommands().front()->get_name();
    if (inner == "log") return run_plc_log(shell, options.plc);
    if (inner == "verify") return run_plc_verify(shell, options.plc);
    if (inner == "diff") return run_plc_diff(shell, options.plc);
    if (inner == "sign") return run_plc_sign(shell, options.plc);
    if (inner == "submit") return run_plc_submit(shell, options.plc);
    return run_plc_revert(shell, options.plc);
  }
  if (command->get_subcommands().empty()) return run_migrate(shell, options.migrate);
  if (command->get_subcommands().front()->get_name() == "resume")
    return run_migrate_resume(shell, options.migrate);
  if (command->get_subcommands().front()->get_name() == "abort")
    return run_migrate_abort(shell, options.migrate);
  if (command->get_subcommands().front()->get_name() == "rehearse")
    return run_migrate_rehearse(shell, options.migrate);
  if (command->get_subcommands().front()->get_name() == "activate")
    return run_migrate_activate(shell, options.migrate);
  return run_migrate_status(shell);
}

}  // namespace

int run(const std::vector<std::string>& arguments, World& world) {
  AllOptions options;
  const auto tree = make_command_tree(options);
  try {
    std::vector<std::string> from_the_back(arguments.rbegin(), arguments.rend());
    tree->parse(std::move(from_the_back));
  } catch (const CLI::CallForHelp&) {
    return told(world, tree->help());
  } catch (const CLI::CallForVersion&) {
    return told(world, tree->version() + "\n");
  } catch (const CLI::ParseError& error) {
    options.global.json = wants_json(arguments);
    return static_cast<int>(usage_error(world, options.global, error));
  }
  Shell shell(world, options.global);
  if (const Status chosen = choose_sha256(world); !chosen)
    return static_cast<int>(shell.error(chosen.error()));
  const ExitCode code = dispatch(*tree, shell, options);
  // Done, but nobody could be told: a full disk behind the pipe, a reader that went away.
  return static_cast<int>(code == ExitCode::done && shell.output_lost() ? ExitCode::failed : code);
}

}  // namespace atb::cli
