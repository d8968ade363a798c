// The outside world as the command line sees it. main.cpp makes the real one; tests make their own.
#pragma once

#include "core/account/secret_input.h"
#include "core/base/byte_source.h"
#include "core/base/log.h"
#include "core/net/http_client.h"
#include "core/net/txt_resolver.h"
#include "core/os/clock.h"
#include "core/os/file_system.h"
#include "core/os/random.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atb::cli {

struct NetOptions {
  std::vector<std::string> allow_private;  // HOST[:PORT]
  std::string proxy;
  std::string dns_server;  // IP:PORT
};

struct Streams {
  ByteSink& out;  // results
  ByteSink& err;  // everything else
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  unsigned width = 80;
};

struct World {
  Streams streams;
  os::FileSystem& fs;
  os::Clock& clock;
  os::Random& random;
  account::Prompter& prompter;
  std::function<std::optional<std::string>(const std::string&)> environment;
  // One client for the whole run, without retries or redirects: those are put around it here.
  std::function<Result<std::unique_ptr<net::HttpClient>>(const NetOptions&, Log&)> make_http;
  std::function<Result<std::unique_ptr<net::TxtResolver>>(const NetOptions&)> make_dns;
  StopToken stop;
  std::function<int()> signal_number;  // the signal that asked to stop, or 0
  std::string working_folder;          // absolute
};

}  // namespace atb::cli
