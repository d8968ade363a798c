// What every command runs in: options, seams, and the one way each to print a result, an error, a step.
#pragma once

#include "cli/exit_code.h"
#include "cli/options.h"
#include "cli/world.h"
#include "core/base/progress.h"
#include "core/data/value.h"
#include "core/exporter/context.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace atb::cli {

class Shell {
 public:
  Shell(World& world, const GlobalOptions& options);
  ~Shell();
  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;

  World& world() { return world_; }
  const GlobalOptions& options() const { return options_; }
  bool json() const { return options_.json; }
  Log& log();
  Progress& progress();

  // A result: text to standard output when not --json. Remote text must have been made printable.
  void text(std::string_view text);
  // A result: one JSON line when --json.
  void object(const data::Object& object);
  // For people, beside the result: standard error, never with --json.
  void tell(std::string_view text);
  // Says it (both modes) and gives its exit code.
  ExitCode error(const Error& error);
  // The last line of every --json run: {"type":"summary","command":…,"exit":…, …}.
  ExitCode summary(std::string_view command, ExitCode code, const data::Object& details = {});

  // Escape codes for text() and for tell(): empty unless that stream is a terminal and colours are wanted.
  struct Style {
    std::string_view red, green, bold, plain;
  };
  const Style& out_style() const { return out_style_; }
  const Style& err_style() const { return err_style_; }
  // A result could not be written: nobody knows it.
  bool output_lost() const { return output_lost_; }

  // Makes the network and everything over it, once.
  Result<exporter::Context*> context();
  // The logs seen before, without a network.
  Result<identity::WitnessStore*> witnesses();
  // $XDG_STATE_HOME/atbackup; made if absent.
  Result<std::string> state_folder();
  // Relative paths are made absolute.
  std::string absolute(const std::string& path) const;
  account::SecretSource secret(const SecretOptions& options, const char* environment) const;

 private:
  struct Network;
  void write_out(std::string_view text);
  World& world_;
  const GlobalOptions& options_;
  Style out_style_;
  Style err_style_;
  bool output_lost_ = false;
  std::unique_ptr<Log> log_;
  std::unique_ptr<Progress> progress_;
  std::unique_ptr<identity::WitnessStore> witnesses_;
  std::unique_ptr<Network> network_;
};

// Each account is parsed the one way.
Result<syntax::AtIdentifier> account_argument(const std::string& text);

}  // namespace atb::cli
