#include "core/account/secret_input.h"

#include "core/base/text.h"
#include "core/os/process.h"

#include <fmt/format.h>

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace atb::account {
namespace {

constexpr std::size_t kLongest = 64U << 10;

Failure too_long(const std::string& where) {
  return fail(ErrorKind::limit_exceeded, "input.too_large",
              fmt::format("{} holds more than {} bytes, which is no secret", where, kLongest));
}

// Reads until the end of standard input; asks the stop token while it waits.
Result<Secret> from_standard_input(const StopToken& stop) {
  constexpr int kPatienceMs = 100;
  std::string text(kLongest + 1, '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    if (auto going_on = check_stop(stop); !going_on) {
      wipe(text.data(), text.size());
      return going_on.error();
    }
    pollfd ready{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, kPatienceMs) == 0) continue;
    const ssize_t got = ::read(STDIN_FILENO, text.data() + filled, text.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      wipe(text.data(), text.size());
      const std::string reason = std::generic_category().message(errno);
      return fail(ErrorKind::io, "file.read", "cannot read standard input: " + reason);
    }
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  Secret secret = Secret::copy_of(std::string_view(text).substr(0, filled));
  wipe(text.data(), text.size());
  if (filled > kLongest) return too_long("standard input");
  return secret;
}

Result<Secret> from_file(const std::string& path, os::FileSystem& fs, const StopToken& stop) {
  if (path == "-") return from_standard_input(stop);
  const os::FileInfo info = TRY(fs.stat(path));
  if ((info.mode & 0077U) != 0) {
    return fail(
        ErrorKind::refused, "secret.mode",
        fmt::format("{} can be read or changed by other users of this machine (mode {:o})", path, info.mode),
        "chmod 600 " + path);
  }
  Bytes bytes = TRY(os::read_file(fs, path, kLongest));
  Secret secret = Secret::copy_of(as_text(bytes));
  wipe(bytes.data(), bytes.size());
  return secret;
}

Result<Secret> from_command(const std::string& command, const StopToken& stop) {
  const auto words = TRY(os::split_words(command));
  const Secret output = TRY(os::run_for_output(words, kLongest, stop));
  const std::string_view all = output.reveal();
  return Secret::copy_of(all.substr(0, all.find('\n')));
}

std::string_view without_newline(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

Failure needed(const SecretSource& source, const std::string& name) {
  std::string hint = fmt::format("give it with --{0}-file or --{0}-command", name);
  if (source.environment != nullptr) hint += fmt::format(", or in the variable {}", source.environment);
  return fail(ErrorKind::auth, "secret.needed",
              fmt::format("the {} is needed, and nobody is there to be asked", name), std::move(hint));
}

const char* variable(const SecretSource& source) {
  return source.environment == nullptr ? nullptr
                                       : std::getenv(source.environment);  // NOLINT(concurrency-mt-unsafe)
}

struct Found {
  Secret secret;
  std::string where;
};

Result<Found> find(const SecretSource& source, const std::string& name, const std::string& question,
                   os::FileSystem& fs, Prompter& prompter, const StopToken& stop) {
  const std::string reading = "reading the " + name;
  if (!source.file.empty()) {
    Secret secret = TRY_CONTEXT(reading, from_file(source.file, fs, stop));
    return Found{std::move(secret), source.file};
  }
  if (!source.command.empty()) {
    Secret secret = TRY_CONTEXT(reading, from_command(source.command, stop));
    return Found{std::move(secret), "the command's output"};
  }
  if (const char* value = variable(source); value != nullptr) {
    return Found{Secret::copy_of(value), fmt::format("the variable {}", source.environment)};
  }
  if (!prompter.can_ask()) return needed(source, name);
  Secret secret = TRY(prompter.secret(question));
  return Found{std::move(secret), "the answer"};
}

}  // namespace

Result<Secret> obtain(const SecretSource& source, const std::string& name, const std::string& question,
                      os::FileSystem& fs, Prompter& prompter, const StopToken& stop) {
  TRY(check_stop(stop));
  const Found found = TRY(find(source, name, question, fs, prompter, stop));
  Secret secret = Secret::copy_of(without_newline(found.secret.reveal()));
  if (secret.empty()) {
    return fail(ErrorKind::invalid_input, "secret.empty",
                fmt::format("the {} is empty: {} holds nothing", name, found.where));
  }
  return secret;
}

bool is_set(const SecretSource& source) {
  return !source.file.empty() || !source.command.empty() || variable(source) != nullptr;
}

}  // namespace atb::account
