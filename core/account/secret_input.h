// Where a secret comes from: a file, a command's output, the environment, or a prompt; never an argument's
// value.
#pragma once

#include "core/base/secret.h"
#include "core/base/stop.h"
#include "core/os/file_system.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace atb::account {

struct SecretSource {
  std::string file;     // --X-file F; "-" is standard input
  std::string command;  // --X-command C: split into words as a shell would, run without a shell; its first
                        // line counts
  const char* environment = nullptr;  // name of the variable, such as ATBACKUP_PASSWORD
};

// Asks a person. Implemented by the command line over the terminal; absent in scripts.
class Prompter {
 public:
  virtual ~Prompter() = default;
  virtual bool can_ask() const = 0;
  // No echo.
  virtual Result<Secret> secret(const std::string& question) = 0;
  virtual Result<std::string> line(const std::string& question) = 0;
  // Default is no.
  virtual Result<bool> confirm(const std::string& question) = 0;
  // Words the person must see before a question, and secrets shown once to be printed (a recovery key). Goes
  // to the terminal only, never to a log.
  virtual void show(const std::string& text) = 0;
};

// File, then command, then environment, then prompt. A file that others can read is refused ("secret.mode",
// refused). "secret.needed" (kind auth) when there is nowhere to get it from; the hint names the flags of
// `name` ("password" -> --password-file…). A secret is at most 64 KiB. One trailing newline is dropped; empty
// is "secret.empty" (invalid_input). Other errors are those of the file system and of the command.
Result<Secret> obtain(const SecretSource& source, const std::string& name, const std::string& question,
                      os::FileSystem& fs, Prompter& prompter, const StopToken& stop);
bool is_set(const SecretSource& source);

}  // namespace atb::account
