#include "cli/shell.h"

#include "cli/render/console_log.h"
#include "cli/render/progress_view.h"
#include "core/base/text.h"
#include "core/data/json.h"
#include "core/net/retrying_client.h"

#include <fmt/format.h>

namespace atb::cli {

struct Shell::Network {
  std::unique_ptr<net::HttpClient> bare;
  std::unique_ptr<net::RedirectingClient> redirecting;
  std::unique_ptr<net::RetryingClient> retrying;
  std::unique_ptr<net::TxtResolver> dns;
  std::unique_ptr<identity::Resolver> resolver;
  std::unique_ptr<account::SessionStore> sessions;
  std::unique_ptr<exporter::Context> context;
};

namespace {

Shell::Style style_for(bool is_terminal, const GlobalOptions& options, const World& world) {
  static constexpr Shell::Style kColours{"\x1b[31m", "\x1b[32m", "\x1b[1m", "\x1b[0m"};
  if (options.color == "always") return kColours;
  if (options.color == "never" || !is_terminal) return {};
  const auto no_color = world.environment("NO_COLOR");
  const auto terminal = world.environment("TERM");
  if ((no_color && !no_color->empty()) || (terminal && *terminal == "dumb")) return {};
  return kColours;
}

}  // namespace

Shell::Shell(World& world, const GlobalOptions& options)
    : world_(world),
      options_(options),
      out_style_(style_for(world.streams.out_is_terminal, options, world)),
      err_style_(style_for(world.streams.err_is_terminal, options, world)) {
  log_ = make_console_log(world.streams.err, options.verbose);
  const bool shown = !options.quiet && (!options.json || options.json_progress);
  progress_ = make_progress_view(
      {.streams = &world.streams, .clock = &world.clock, .json = options.json, .shown = shown});
}

Shell::~Shell() = default;

Log& Shell::log() { return *log_; }
Progress& Shell::progress() { return *progress_; }

void Shell::write_out(std::string_view text) {
  if (!world_.streams.out.write(as_bytes(text))) output_lost_ = true;
}

void Shell::text(std::string_view text) {
  if (!json()) write_out(text);
}

void Shell::object(const data::Object& object) {
  if (json()) write_out(data::to_json(data::Value(object)) + "\n");
}

void Shell::tell(std::string_view text) {
  if (json()) return;
  (void)world_.streams.err.write(as_bytes(text));
}

namespace {

data::Object error_object(const Error& error, ExitCode code) {
  data::Array context;
  for (const std::string& line : error.context) context.emplace_back(line);
  data::Object object;
  object.set("type", "error")
      .set("id", error.id)
      .set("kind", name_of(error.kind))
      .set("message", error.message);
  if (!error.hint.empty()) object.set("hint", error.hint);
  if (error.offset) object.set("offset", static_cast<std::int64_t>(*error.offset));
  if (error.http_status != 0) object.set("http_status", error.http_status);
  if (!error.remote_name.empty()) object.set("remote_error", error.remote_name);
  if (error.retry_at_ms) object.set("retry_at", os::rfc3339(*error.retry_at_ms * 1000));
  if (!context.empty()) object.set("context", std::move(context));
  return object.set("exit", static_cast<int>(code));
}

}  // namespace

ExitCode Shell::error(const Error& error) {
  ExitCode code = exit_code_of(error);
  if (code == ExitCode::interrupted && world_.signal_number && world_.signal_number() == 15)
    code = ExitCode::terminated;
  object(error_object(error, code));
  std::string text =
      fmt::format("{}atbackup: {}{}\n", err_style_.red, printable(error.message), err_style_.plain);
  if (error.offset) text += fmt::format("  at byte {}\n", *error.offset);
  if (!error.hint.empty()) text += "  " + printable(error.hint) + "\n";
  if (options_.verbose > 0) {
    for (const std::string& line : error.context) text += "  " + printable(line) + "\n";
    text += "  [" + printable(error.id) + "]\n";
  }
  tell(text);
  return code;
}

ExitCode Shell::summary(std::string_view command, ExitCode code, const data::Object& details) {
  data::Object object;
  object.set("type", "summary").set("command", command).set("exit", static_cast<int>(code));
  for (const auto& [key, value] : details.entries()) object.set(key, value);
  this->object(object);
  return code;
}

Result<exporter::Context*> Shell::context() {
  if (network_) return network_->context.get();
  auto network = std::make_unique<Network>();
  NetOptions net_options{
      .allow_private = options_.allow_private, .proxy = options_.proxy, .dns_server = options_.dns_server};
  if (const auto list = world_.environment("ATBACKUP_ALLOW_PRIVATE_HOSTS")) {
    std::string spaced = *list;
    for (char& c : spaced) c = c == ',' ? ' ' : c;
    for (std::string_view host : split(spaced, ' ')) {
      if (!host.empty()) net_options.allow_private.emplace_back(host);
    }
  }
  network->bare = TRY(world_.make_http(net_options, *log_));
  network->retrying =
      std::make_unique<net::RetryingClient>(*network->bare, world_.clock, world_.random, *log_);
  network->redirecting = std::make_unique<net::RedirectingClient>(*network->retrying);
  network->dns = TRY(world_.make_dns(net_options));
  const net::Url directory = TRY_CONTEXT("in --plc-url", net::Url::parse(options_.plc_url));
  network->resolver =
      std::make_unique<identity::Resolver>(*network->redirecting, *network->dns, directory, *log_);
  network->resolver->set_witnesses(TRY(witnesses()));
  network->sessions = std::make_unique<account::SessionStore>(world_.fs, world_.random,
                                                              os::join(TRY(state_folder()), "sessions"));
  network->context = std::unique_ptr<exporter::Context>(new exporter::Context{.http = *network->redirecting,
                                                                              .resolver = *network->resolver,
                                                                              .sessions = *network->sessions,
                                                                              .fs = world_.fs,
                                                                              .clock = world_.clock,
                                                                              .random = world_.random,
                                                                              .log = *log_,
                                                                              .progress = *progress_,
                                                                              .stop = world_.stop,
                                                                              .limits = {}});
  network_ = std::move(network);
  return network_->context.get();
}

Result<identity::WitnessStore*> Shell::witnesses() {
  if (!witnesses_) {
    const std::string folder = os::join(TRY(state_folder()), "witness");
    witnesses_ = std::make_unique<identity::WitnessStore>(world_.fs, world_.random, folder);
  }
  return witnesses_.get();
}

Result<std::string> Shell::state_folder() {
  std::string base;
  if (const auto state = world_.environment("XDG_STATE_HOME"); state && state->starts_with('/')) {
    base = *state;
  } else if (const auto home = world_.environment("HOME"); home && home->starts_with('/')) {
    base = os::join(*home, ".local/state");
  } else {
    return fail(ErrorKind::invalid_input, "option.no_home",
                "neither XDG_STATE_HOME nor HOME says where to keep state", "set HOME");
  }
  std::string folder = os::join(base, "atbackup");
  TRY(world_.fs.make_folders(folder));
  return folder;
}

std::string Shell::absolute(const std::string& path) const {
  if (path.starts_with("~/")) {
    if (const auto home = world_.environment("HOME")) return os::join(*home, path.substr(2));
  }
  return path.starts_with('/') ? path : os::join(world_.working_folder, path);
}

account::SecretSource Shell::secret(const SecretOptions& options, const char* environment) const {
  return {.file = options.file, .command = options.command, .environment = environment};
}

Result<syntax::AtIdentifier> account_argument(const std::string& text) { return syntax::parse_account(text); }

}  // namespace atb::cli
