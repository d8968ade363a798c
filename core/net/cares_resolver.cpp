#include "core/base/text.h"
#include "core/net/host.h"
#include "core/net/txt_resolver.h"

#include <ares.h>
#include <fmt/format.h>

#include <arpa/nameser.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

namespace atb::net {
namespace {

constexpr int kTryMilliseconds = 2000;
constexpr int kTries = 3;
constexpr auto kTotal = std::chrono::seconds(12);  // over all tries and servers
constexpr int kPollMilliseconds = 50;

struct CloseChannel {
  void operator()(ares_channel channel) const { ares_destroy(channel); }
};
using Channel = std::unique_ptr<std::remove_pointer_t<ares_channel>, CloseChannel>;

struct Answer {
  bool done = false;
  int status = ARES_SUCCESS;
  std::vector<std::string> texts;
};

// The strings of one record belong together: a text longer than 255 bytes is cut into several.
void on_answer(void* user, int status, int, unsigned char* data, int size) {
  auto& answer = *static_cast<Answer*>(user);
  answer.done = true;
  answer.status = status;
  if (status != ARES_SUCCESS) return;
  ares_txt_ext* list = nullptr;
  answer.status = ares_parse_txt_reply_ext(data, size, &list);
  for (const auto* at = list; at != nullptr; at = at->next) {
    if (at->record_start != 0 || answer.texts.empty()) answer.texts.emplace_back();
    answer.texts.back().append(as_text({at->txt, at->length}));
  }
  if (list != nullptr) ares_free_data(list);
}

// Waits for the sockets of the channel, a moment at most.
void turn(ares_channel channel) {
  std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
  const int bits = ares_getsock(channel, sockets.data(), static_cast<int>(sockets.size()));
  std::array<pollfd, ARES_GETSOCK_MAXNUM> polled{};
  nfds_t count = 0;
  for (unsigned i = 0; i < sockets.size(); ++i) {
    const auto mask = static_cast<unsigned>(bits);
    const bool read = ((mask >> i) & 1U) != 0;
    const bool write = ((mask >> (i + ARES_GETSOCK_MAXNUM)) & 1U) != 0;
    if (!read && !write) continue;
    polled[count++] = {sockets[i], static_cast<short>((read ? POLLIN : 0) | (write ? POLLOUT : 0)), 0};
  }
  timeval most{0, 1000L * kPollMilliseconds};
  timeval wanted{};
  const timeval* wait = ares_timeout(channel, &most, &wanted);
  const int ready =
      ::poll(polled.data(), count, static_cast<int>(wait->tv_sec * 1000 + wait->tv_usec / 1000 + 1));
  if (ready <= 0) {
    ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // time has passed
    return;
  }
  for (nfds_t i = 0; i < count; ++i) {
    const auto events = static_cast<unsigned>(polled[i].revents);
    if (events == 0) continue;
    const bool read = (events & (POLLIN | POLLERR | POLLHUP)) != 0;
    const bool write = (events & POLLOUT) != 0;
    ares_process_fd(channel, read ? polled[i].fd : ARES_SOCKET_BAD, write ? polled[i].fd : ARES_SOCKET_BAD);
  }
}

class CaresResolver final : public TxtResolver {
 public:
  explicit CaresResolver(std::string server) : server_(std::move(server)) {
    ares_library_init(ARES_LIB_INIT_ALL);
  }
  CaresResolver(const CaresResolver&) = delete;
  CaresResolver& operator=(const CaresResolver&) = delete;
  ~CaresResolver() override { ares_library_cleanup(); }

  Result<std::vector<std::string>> txt(const std::string& name, const StopToken& stop) override {
    TRY(check_stop(stop));
    if (const auto host = canonical_host(name); !host || address_of(*host)) {
      return fail(ErrorKind::invalid_input, "dns.name", fmt::format("\"{}\" is not a domain name", name));
    }
    // A channel of its own for each look-up: cheap, and threads need not share.
    Answer answer;  // outlives the channel, whose end calls on_answer
    const Channel channel = TRY(open());
    ares_query(channel.get(), name.c_str(), ns_c_in, ns_t_txt, on_answer, &answer);
    const auto deadline = std::chrono::steady_clock::now() + kTotal;
    while (!answer.done) {
      TRY(check_stop(stop));
      if (std::chrono::steady_clock::now() > deadline) return timeout(name);
      turn(channel.get());
    }
    return outcome(name, std::move(answer));
  }

 private:
  Result<Channel> open() const {
    ares_options options{};
    options.timeout = kTryMilliseconds;
    options.tries = kTries;
    ares_channel raw = nullptr;
    int status = ares_init_options(&raw, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
    if (status != ARES_SUCCESS) return failed("the name servers", status);
    Channel channel(raw);
    if (!server_.empty()) status = ares_set_servers_ports_csv(raw, server_.c_str());
    if (status != ARES_SUCCESS) return failed(server_, status);
    return channel;
  }

  static Error failed(const std::string& name, int status) {
    return {ErrorKind::network, "dns.failed",
            fmt::format("DNS look-up of {} failed: {}", name, ares_strerror(status)),
            "check the connection to the internet, or name a server with --dns-server"};
  }

  static Error timeout(const std::string& name) {
    return {ErrorKind::timeout, "dns.timeout", fmt::format("no name server answered for {}", name),
            "check the connection to the internet, or name a server with --dns-server"};
  }

  static Result<std::vector<std::string>> outcome(const std::string& name, Answer answer) {
    switch (answer.status) {
      case ARES_SUCCESS:
        return std::move(answer.texts);
      case ARES_ENODATA:
      case ARES_ENOTFOUND:
        return std::vector<std::string>{};
      case ARES_ETIMEOUT:
        return timeout(name);
      default:
        return failed(name, answer.status);
    }
  }

  std::string server_;
};

}  // namespace

Result<std::unique_ptr<TxtResolver>> make_cares_resolver(const std::string& server) {
  if (!server.empty()) {
    const auto colon = server.rfind(':');
    const auto host = canonical_host(std::string_view(server).substr(0, colon));
    const auto port =
        colon == std::string::npos ? std::nullopt : parse_decimal(std::string_view(server).substr(colon + 1));
    if (!host || !address_of(*host) || !port || *port == 0 || *port > 65535) {
      return fail(ErrorKind::invalid_input, "option.dns_server", fmt::format("\"{}\" is not IP:PORT", server),
                  "for example 127.0.0.1:5353 or [::1]:5353");
    }
  }
  return std::make_unique<CaresResolver>(server);
}

}  // namespace atb::net
