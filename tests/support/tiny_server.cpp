#include "tests/support/tiny_server.h"

#include "core/base/text.h"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <utility>

namespace atb::test {
namespace {

constexpr auto kTurn = std::chrono::milliseconds(20);

std::size_t content_length(const std::string& head) {
  const std::string lower = lower_ascii(head);
  const auto at = lower.find("\r\ncontent-length:");
  if (at == std::string::npos) return 0;
  const auto start = at + std::string_view("\r\ncontent-length:").size();
  return static_cast<std::size_t>(
      parse_decimal(trim(std::string_view(lower).substr(start, lower.find("\r\n", start) - start)))
          .value_or(0));
}

}  // namespace

std::string http_answer(int status, std::string_view body, std::string_view headers) {
  return fmt::format("HTTP/1.1 {} x\r\n{}Content-Length: {}\r\n\r\n{}", status, headers, body.size(), body);
}

bool TinyServer::Connection::readable(std::chrono::milliseconds wait) const {
  pollfd polled{fd_, POLLIN, 0};
  return ::poll(&polled, 1, static_cast<int>(wait.count())) > 0;
}

std::string TinyServer::Connection::read_some(std::size_t most) {
  std::string data = std::exchange(buffer_, {});
  if (!data.empty()) return data;
  while (!readable(kTurn)) {
    if (server_.ending_) return {};
  }
  data.resize(most);
  const auto got = ::recv(fd_, data.data(), data.size(), 0);
  data.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return data;
}

std::string TinyServer::Connection::read_head() {
  std::string data;
  for (;;) {
    const auto end = data.find("\r\n\r\n");
    if (end != std::string::npos) {
      buffer_ = data.substr(end + 4);
      data.resize(end + 4);
      return data;
    }
    const std::string more = read_some();
    if (more.empty()) return {};
    data += more;
  }
}

std::string TinyServer::Connection::read_request() {
  std::string request = read_head();
  if (request.empty()) return {};
  const std::size_t whole = request.size() + content_length(request);
  while (request.size() < whole) {
    const std::string more = read_some();
    if (more.empty()) return {};
    request += more;
  }
  buffer_ = request.substr(whole);
  request.resize(whole);
  const std::scoped_lock lock(server_.mutex_);
  server_.requests_.push_back(request);
  return request;
}

bool TinyServer::Connection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    if (server_.ending_) return false;
    pollfd polled{fd_, POLLOUT, 0};
    if (::poll(&polled, 1, static_cast<int>(kTurn.count())) <= 0) continue;
    const auto put = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (put < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (put <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

bool TinyServer::Connection::answer(int status, std::string_view body, std::string_view headers) {
  return write(http_answer(status, body, headers));
}

void TinyServer::Connection::reset() {
  const linger hard{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  ::close(std::exchange(fd_, -1));
}

void TinyServer::Connection::hang() {
  while (!read_some().empty()) {
  }
}

void TinyServer::Connection::sleep(std::chrono::milliseconds duration) {
  const auto end = std::chrono::steady_clock::now() + duration;
  while (!server_.ending_ && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::min(duration, kTurn));
}

TinyServer::TinyServer(Script script) : script_(std::move(script)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, plain, size) < 0 || ::listen(listener_, 64) < 0 ||
      ::getsockname(listener_, plain, &size) < 0) {
    throw std::runtime_error("cannot listen on 127.0.0.1");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

TinyServer::~TinyServer() {
  ending_ = true;
  acceptor_.join();
  for (auto& worker : workers_) worker.join();
  ::close(listener_);
}

void TinyServer::accept_all() {
  while (!ending_) {
    pollfd polled{listener_, POLLIN, 0};
    if (::poll(&polled, 1, static_cast<int>(kTurn.count())) <= 0) continue;
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    const std::size_t number = accepted_++;
    workers_.emplace_back([this, fd, number] {
      Connection connection(*this, fd, number);
      script_(connection);
      if (connection.fd_ >= 0) ::close(connection.fd_);
    });
  }
}

std::string TinyServer::host() const { return fmt::format("127.0.0.1:{}", port_); }
std::string TinyServer::url(std::string_view path) const { return fmt::format("http://{}{}", host(), path); }

std::vector<std::string> TinyServer::requests() const {
  const std::scoped_lock lock(mutex_);
  return requests_;
}

TinyServer::Script TinyServer::serving(std::function<std::string(const std::string&)> answer) {
  return [answer = std::move(answer)](Connection& peer) {
    for (;;) {
      const std::string request = peer.read_request();
      if (request.empty() || !peer.write(answer(request))) return;
    }
  };
}

}  // namespace atb::test
