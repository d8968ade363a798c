#include "tests/unit/cli/cli_bench.h"

#include "core/base/text.h"
#include "core/data/json.h"
#include "tests/support/catch.h"

#include <algorithm>

namespace atb::test {
namespace {

// What one run owns, over what the network of the test owns.
class BorrowedHttp final : public net::HttpClient {
 public:
  explicit BorrowedHttp(net::HttpClient& inner) : inner_(inner) {}
  Result<net::Response> send(const net::Request& request, net::BodySink& body,
                             const StopToken& token) override {
    return inner_.send(request, body, token);
  }

 private:
  net::HttpClient& inner_;
};

class BorrowedTxt final : public net::TxtResolver {
 public:
  explicit BorrowedTxt(net::TxtResolver& inner) : inner_(inner) {}
  Result<std::vector<std::string>> txt(const std::string& name, const StopToken& token) override {
    return inner_.txt(name, token);
  }

 private:
  net::TxtResolver& inner_;
};

}  // namespace

Status TextSink::write(ByteView bytes) {
  const std::scoped_lock lock(mutex_);
  if (closed_) return fail(ErrorKind::io, "output.closed", "cannot write the output: Broken pipe");
  text_ += as_text(bytes);
  return {};
}

std::string TextSink::take() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(text_, {});
}

CliBench::CliBench(std::size_t records) : network(records) {}

os::FileSystem& CliBench::fs() {
  return real_files_ ? os::posix_file_system() : static_cast<os::FileSystem&>(memory);
}

void CliBench::use_real_files() {
  real_files_ = true;
  environment["HOME"] = temp.path();
}

CliBench::Run CliBench::run(const std::vector<std::string>& arguments) {
  std::vector<std::string> all = {"--plc-url", "https://plc.net"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return run_plainly(all);
}

CliBench::Run CliBench::run_plainly(const std::vector<std::string>& arguments) {
  cli::World world{
      .streams = {.out = out,
                  .err = err,
                  .out_is_terminal = out_is_terminal,
                  .err_is_terminal = err_is_terminal,
                  .width = width},
      .fs = fs(),
      .clock = network.clock,
      .random = random_,
      .prompter = *prompter,
      .environment = [this](const std::string& name) -> std::optional<std::string> {
        const auto found = environment.find(name);
        if (found == environment.end()) return std::nullopt;
        return found->second;
      },
      .make_http = [this](const cli::NetOptions& options, Log&) -> Result<std::unique_ptr<net::HttpClient>> {
        seen_options = options;
        if (no_http) return *no_http;
        return std::make_unique<BorrowedHttp>(network.http);
      },
      .make_dns = [this](const cli::NetOptions&) -> Result<std::unique_ptr<net::TxtResolver>> {
        return std::make_unique<BorrowedTxt>(network.dns);
      },
      .stop = stop.get_token(),
      .signal_number = [this] { return signal; },
      .working_folder = real_files_ ? temp.path() : "/cwd",
  };
  Run result;
  result.exit = cli::run(arguments, world);
  result.out = out.take();
  result.err = err.take();
  return result;
}

void CliBench::have_backup(const std::string& path) {
  const Run made = run({"export", did(), "-o", path});
  INFO(made.err);
  REQUIRE(made.exit == 0);
}

std::vector<data::Value> CliBench::Run::lines() const {
  std::vector<data::Value> values;
  for (const std::string_view line : split(out, '\n')) {
    if (line.empty()) continue;
    auto value = data::parse_json(line, Limits{});
    INFO(line);
    REQUIRE(value);
    values.push_back(std::move(*value));
  }
  return values;
}

std::string CliBench::Run::last(std::string_view member) const {
  const auto all = lines();
  return all.empty() ? "" : data::text_or(all.back(), member, "");
}

std::vector<data::Value> CliBench::Run::of_type(std::string_view type) const {
  auto all = lines();
  std::erase_if(all, [&](const data::Value& one) { return data::text_or(one, "type", "") != type; });
  return all;
}

bool has_raw_controls(std::string_view text) {
  const bool control = std::ranges::any_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n') || byte == 0x7f;
  });
  return control || text.find("\u202e") != std::string_view::npos ||
         text.find("\u009b") != std::string_view::npos;
}

}  // namespace atb::test
