#include "core/net/curl_client.h"

#include "core/net/curl_error.h"
#include "core/net/curl_library.h"
#include "core/net/exchange.h"
#include "core/net/host.h"

#include <fmt/format.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <mutex>
#include <optional>

namespace atb::net {
namespace {

constexpr int kPollMilliseconds = 100;
constexpr long kConnectionsKept = 4;  // per handle
constexpr long kBufferBytes = 128L << 10;

struct FreeEasy {
  void operator()(CURL* handle) const { curl().easy_cleanup(handle); }
};
struct FreeMulti {
  void operator()(CURLM* handle) const { curl().multi_cleanup(handle); }
};

// libcurl's own loop wakes once a second; to stop at once we run a loop of our own over a "multi" of one
// handle.
struct Handle {
  std::unique_ptr<CURLM, FreeMulti> multi{curl().multi_init()};
  std::unique_ptr<CURL, FreeEasy> easy{curl().easy_init()};
  std::string origin;  // whom it talked to last: an open connection is likely there

  ~Handle() {
    // The easy handle must be out of the multi and gone before it; members die in the wrong order for that.
    easy.reset();
  }
};

// A header list that is wiped: it holds the bearer token.
class HeaderList {
 public:
  HeaderList() = default;
  HeaderList(const HeaderList&) = delete;
  HeaderList& operator=(const HeaderList&) = delete;
  ~HeaderList() {
    for (auto* at = list_; at != nullptr; at = at->next) wipe(at->data, std::strlen(at->data));
    curl().slist_free_all(list_);
  }
  bool add(const char* line) {
    auto* longer = curl().slist_append(list_, line);
    if (longer != nullptr) list_ = longer;
    return longer != nullptr;
  }
  curl_slist* get() const { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

// What the callbacks of one transfer share.
struct Context {
  Exchange& exchange;
  const AddressPolicy& policy;
  const Url& url;
  bool any_address = false;  // the socket goes to a proxy that the user named
  bool refused_address = false;
};

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) {
  const std::size_t bytes = size * count;
  return static_cast<Context*>(user)->exchange.head_line({data, bytes}) ? bytes : 0;
}

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) {
  const std::size_t bytes = size * count;
  if (bytes == 0) return 0;
  return static_cast<Context*>(user)->exchange.body(as_bytes({data, bytes})) ? bytes : 0;
}

std::size_t on_read(char* data, std::size_t size, std::size_t count, void* user) {
  const auto given =
      static_cast<Context*>(user)->exchange.give({reinterpret_cast<std::uint8_t*>(data), size * count});
  return given ? *given : CURL_READFUNC_ABORT;
}

int on_seek(void* user, curl_off_t offset, int origin) {
  if (origin != SEEK_SET || offset < 0) return CURL_SEEKFUNC_FAIL;
  const bool done = static_cast<Context*>(user)->exchange.rewind(static_cast<std::uint64_t>(offset));
  return done ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
}

// The address is looked at where it is used, so that a name server cannot answer one thing to a check and
// another to the connection.
bool may_connect(const Context& context, const sockaddr& address) {
  if (context.any_address || context.policy.allows_private(context.url.host, context.url.port)) return true;
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return AddressPolicy::is_public({reinterpret_cast<const std::uint8_t*>(&v4.sin_addr), 4});
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    return AddressPolicy::is_public({reinterpret_cast<const std::uint8_t*>(&v6.sin6_addr), 16});
  }
  return false;
}

curl_socket_t on_open_socket(void* user, curlsocktype, curl_sockaddr* address) {
  auto& context = *static_cast<Context*>(user);
  if (!may_connect(context, address->addr)) {
    context.refused_address = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// What can be said without a network.
Status check_request(const Request& request, const AddressPolicy& policy) {
  const Url& url = request.url;
  if (url.scheme != "https" && url.scheme != "http") {
    return fail(ErrorKind::refused, "http.scheme", fmt::format("{} is neither http nor https", url.str()));
  }
  const bool allowed = policy.allows_private(url.host, url.port);
  if (url.scheme == "http" && !allowed) {
    return fail(ErrorKind::refused, "http.plain", fmt::format("{} is not encrypted", url.str()),
                fmt::format("use https, or if you trust it: --allow-private-host {}:{}", url.host, url.port));
  }
  const auto address = address_of(url.host);
  if (address && !allowed && !AddressPolicy::is_public(*address)) return private_address(url);
  return {};
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

Status fill_headers(HeaderList& list, const Request& request) {
  // "Expect:" without a value: the pause for 100-continue costs a second with servers that do not know it.
  bool added = list.add("Expect:");
  const auto add = [&](std::string_view name, std::string_view value) -> Status {
    // A token comes from a host: a line break in it would let that host write headers of its own.
    if (has_control(name) || has_control(value)) {
      return fail(ErrorKind::invalid_input, "http.header",
                  fmt::format("the header {} holds a control character", name));
    }
    std::string line = fmt::format("{}: {}", name, value);
    added = list.add(line.c_str()) && added;
    wipe(line.data(), line.size());
    return {};
  };
  for (const auto& [name, value] : request.headers) TRY(add(name, value));
  if (!request.content_type.empty()) {
    TRY(add("Content-Type", request.content_type));
  } else {
    added = list.add("Content-Type:") && added;  // libcurl would make one up for a POST
  }
  if (request.bearer != nullptr) {
    std::string value = fmt::format("Bearer {}", request.bearer->reveal());
    const auto status = add("Authorization", value);
    wipe(value.data(), value.size());
    TRY(status);
  }
  if (!added) return fail(ErrorKind::internal, "http.failed", "out of memory");
  return {};
}

class CurlClient final : public HttpClient {
 public:
  CurlClient(CurlOptions options, Log& log) : options_(std::move(options)), log_(log) {
    // libcurl is told not to touch signals (threads), and OpenSSL writes to sockets that a host may have
    // closed.
    struct sigaction now{};
    if (::sigaction(SIGPIPE, nullptr, &now) == 0 && now.sa_handler == SIG_DFL) ::signal(SIGPIPE, SIG_IGN);
    curl().global_init(CURL_GLOBAL_DEFAULT);
  }
  CurlClient(const CurlClient&) = delete;
  CurlClient& operator=(const CurlClient&) = delete;
  ~CurlClient() override {
    idle_.clear();
    curl().global_cleanup();
  }

  Result<Response> send(const Request& request, BodySink& body, const StopToken& stop) override {
    TRY(check_stop(stop));
    TRY(check_request(request, options_.policy));
    const auto start = std::chrono::steady_clock::now();
    auto handle = take(request.url.origin());
    if (!handle) return fail(ErrorKind::internal, "http.failed", "out of memory");
    Exchange exchange(request, body, stop, start);
    auto result = transfer(*handle, request, exchange, stop);
    if (log_.enabled(LogLevel::detail)) {
      const auto spent =
          std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
      log_.write(LogLevel::detail, "http",
                 fmt::format("{} {}: {}, {} bytes in {} ms", request.method, request.url.str(),
                             result ? std::to_string(result->status) : result.error().id, exchange.received(),
                             spent.count()));
    }
    give_back(std::move(handle), request.url.origin());
    return result;
  }

 private:
  // Null when there is no memory.
  std::unique_ptr<Handle> take(const std::string& origin) {
    {
      const std::scoped_lock lock(mutex_);
      if (!idle_.empty()) {
        auto found = std::ranges::find(idle_.rbegin(), idle_.rend(), origin,
                                       [](const auto& handle) { return handle->origin; });
        const auto at = found == idle_.rend() ? std::prev(idle_.end()) : std::prev(found.base());
        auto handle = std::move(*at);
        idle_.erase(at);
        return handle;
      }
    }
    auto handle = std::make_unique<Handle>();
    if (!handle->multi || !handle->easy) return nullptr;
    curl().multi_setopt(handle->multi.get(), CURLMOPT_MAXCONNECTS, kConnectionsKept);
    return handle;
  }

  void give_back(std::unique_ptr<Handle> handle, std::string origin) {
    curl().easy_reset(handle->easy.get());
    handle->origin = std::move(origin);
    const std::scoped_lock lock(mutex_);
    idle_.push_back(std::move(handle));
  }

  void configure(CURL* easy, const Request& request, Context& context) const {
    const auto set = [easy](CURLoption option, auto value) { curl().easy_setopt(easy, option, value); };
    const std::string url = request.url.str();
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_PROTOCOLS_STR, request.url.scheme.c_str());
    set(CURLOPT_PATH_AS_IS, 1L);
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_QUICK_EXIT, 1L);  // do not wait for the resolver's thread when stopped
    set(CURLOPT_USERAGENT, options_.user_agent.c_str());
    set(CURLOPT_PROXY, options_.proxy.c_str());  // "": none, whatever the environment says
    set(CURLOPT_NOPROXY, "");
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    if (!options_.ca_file.empty()) set(CURLOPT_CAINFO, options_.ca_file.c_str());
    set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(options_.connect_timeout.count()));
    set(CURLOPT_TCP_KEEPALIVE, 1L);
    set(CURLOPT_BUFFERSIZE, kBufferBytes);
    set(CURLOPT_UPLOAD_BUFFERSIZE, kBufferBytes);
    set(CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(&context));
    set(CURLOPT_HEADERFUNCTION, on_header);
    set(CURLOPT_HEADERDATA, static_cast<void*>(&context));
    set(CURLOPT_WRITEFUNCTION, on_body);
    set(CURLOPT_WRITEDATA, static_cast<void*>(&context));
    // On a kept connection that died libcurl sends again by itself. That is not for a request that must not
    // arrive twice.
    if (!request.repeatable) set(CURLOPT_FRESH_CONNECT, 1L);
    configure_method(easy, request, context);
  }

  static void configure_method(CURL* easy, const Request& request, Context& context) {
    const auto set = [easy](CURLoption option, auto value) { curl().easy_setopt(easy, option, value); };
    const bool has_body = request.body_file != nullptr || !request.body.empty();
    if (request.method == "POST" || has_body) {
      set(CURLOPT_POST, 1L);
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(context.exchange.body_size()));
      set(CURLOPT_READFUNCTION, on_read);
      set(CURLOPT_READDATA, static_cast<void*>(&context));
      set(CURLOPT_SEEKFUNCTION, on_seek);
      set(CURLOPT_SEEKDATA, static_cast<void*>(&context));
      if (request.method != "POST") set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
    } else if (request.method == "HEAD") {
      set(CURLOPT_NOBODY, 1L);
    } else {
      set(CURLOPT_HTTPGET, 1L);
      if (request.method != "GET") set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
    }
  }

  Result<Response> transfer(Handle& handle, const Request& request, Exchange& exchange,
                            const StopToken& stop) {
    Context context{exchange, options_.policy, request.url, !options_.proxy.empty(), false};
    HeaderList headers;
    TRY(fill_headers(headers, request));
    CURL* easy = handle.easy.get();
    configure(easy, request, context);
    curl().easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
    std::array<char, CURL_ERROR_SIZE> detail{};
    curl().easy_setopt(easy, CURLOPT_ERRORBUFFER, detail.data());

    const auto code = run(handle, exchange, stop);
    if (exchange.error()) return *exchange.error();
    if (code == CURLE_OK || exchange.enough() || (code && exchange.refused_by_host()))
      return exchange.finish();
    if (!code) return fail(ErrorKind::internal, "http.failed", "libcurl refuses to work");
    return curl_error(*code, detail.data(), request.url, context.refused_address);
  }

  // The result of the transfer; nothing when libcurl itself failed or a callback of ours ended it.
  static std::optional<CURLcode> run(Handle& handle, Exchange& exchange, const StopToken& stop) {
    CURLM* multi = handle.multi.get();
    CURL* easy = handle.easy.get();
    if (curl().multi_add_handle(multi, easy) != CURLM_OK) return std::nullopt;
    struct Remove {
      CURLM* multi;
      CURL* easy;
      ~Remove() { curl().multi_remove_handle(multi, easy); }
    } const remove{multi, easy};
    const std::stop_callback wake(stop, [multi] { curl().multi_wakeup(multi); });
    for (;;) {
      int running = 0;
      if (curl().multi_perform(multi, &running) != CURLM_OK) return std::nullopt;
      if (running == 0) break;
      curl_off_t up = 0;
      curl().easy_getinfo(easy, CURLINFO_SIZE_UPLOAD_T, &up);
      if (!exchange.alive(std::chrono::steady_clock::now(),
                          static_cast<std::uint64_t>(std::max<curl_off_t>(up, 0)))) {
        return std::nullopt;
      }
      if (curl().multi_poll(multi, nullptr, 0, kPollMilliseconds, nullptr) != CURLM_OK) return std::nullopt;
    }
    int queued = 0;
    while (const auto* message = curl().multi_info_read(multi, &queued)) {
      if (message->msg == CURLMSG_DONE) return message->data.result;
    }
    return std::nullopt;
  }

  CurlOptions options_;
  Log& log_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Handle>> idle_;
};

}  // namespace

Result<std::unique_ptr<HttpClient>> make_curl_client(CurlOptions options, Log& log) {
  TRY(load_curl());
  return std::make_unique<CurlClient>(std::move(options), log);
}

}  // namespace atb::net
