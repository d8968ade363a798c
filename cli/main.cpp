#include "cli/run.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "core/net/curl_client.h"
#include "core/os/process.h"

#include <unistd.h>

#include <cstdlib>
#include <exception>

namespace {

std::optional<std::string> environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

std::string working_folder() {
  char* folder = ::getcwd(nullptr, 0);
  std::string text = folder == nullptr ? "/" : folder;
  std::free(folder);
  return text;
}

}  // namespace

// The only place that builds the real world.
int main(int argc, char** argv) {
  using namespace atb;
  os::harden_process();
  const StopToken stop = cli::watch_signals();
  const auto out = cli::descriptor_sink(STDOUT_FILENO);
  const auto err = cli::descriptor_sink(STDERR_FILENO);
  const auto prompter = cli::make_terminal_prompter(stop);
  cli::World world{
      .streams = {.out = *out,
                  .err = *err,
                  .out_is_terminal = cli::is_terminal(STDOUT_FILENO),
                  .err_is_terminal = cli::is_terminal(STDERR_FILENO),
                  .width = cli::terminal_width(STDERR_FILENO)},
      .fs = os::posix_file_system(),
      .clock = os::system_clock(),
      .random = os::system_random(),
      .prompter = *prompter,
      .environment = environment,
      .make_http = [](const cli::NetOptions& options, Log& log) -> Result<std::unique_ptr<net::HttpClient>> {
        net::CurlOptions curl;
        curl.policy = TRY(net::AddressPolicy::allowing(options.allow_private));
        curl.proxy = options.proxy;
        curl.user_agent = "atbackup/" ATB_VERSION;
        return net::make_curl_client(std::move(curl), log);
      },
      .make_dns = [](const cli::NetOptions& options) { return net::make_cares_resolver(options.dns_server); },
      .stop = stop,
      .signal_number = cli::signal_seen,
      .working_folder = working_folder(),
  };
  try {
    return cli::run({argv + 1, argv + argc}, world);
  } catch (const std::exception& thrown) {
    // Out of memory, most likely. What was on its way is in temporary files; the next run sweeps them.
    (void)err->write(as_bytes(std::string("atbackup: cannot go on: ") + thrown.what() + "\n"));
    return 1;
  }
}
