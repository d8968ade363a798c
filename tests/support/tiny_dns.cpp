#include "tests/support/tiny_dns.h"

#include "core/base/text.h"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace atb::test {
namespace {

void append16(std::string& out, std::size_t value) {
  out += static_cast<char>(value >> 8U);
  out += static_cast<char>(value & 0xffU);
}

// The labels from byte 12 on; `at` moves behind them.
std::string name_in(const std::string& question, std::size_t& at) {
  std::string name;
  for (at = 12; at < question.size() && question[at] != 0;) {
    const auto length = static_cast<unsigned char>(question[at]);
    if (!name.empty()) name += '.';
    name += question.substr(at + 1, length);
    at += 1U + length;
  }
  ++at;
  return lower_ascii(name);
}

std::string answer_to(const std::string& question, const TinyDns::Reply& reply) {
  std::string out = question.substr(0, 2);
  if (!reply.raw.empty()) return out + reply.raw;
  std::size_t at = 0;
  name_in(question, at);
  out += static_cast<char>(0x85);  // an answer, authoritative, recursion desired
  out += static_cast<char>(0x80 | reply.code);
  append16(out, 1);
  append16(out, reply.records.size());
  append16(out, 0);
  append16(out, 0);
  out += question.substr(12, at + 4 - 12);
  for (const auto& record : reply.records) {
    append16(out, 0xc00c);  // the name asked for
    append16(out, 16);      // TXT
    append16(out, 1);       // IN
    append16(out, 0);
    append16(out, 60);  // seconds to live
    std::string data;
    for (const auto& text : record) data += static_cast<char>(text.size()) + text;
    append16(out, data.size());
    out += data;
  }
  return out;
}

}  // namespace

TinyDns::TinyDns(Script script) : script_(std::move(script)) {
  socket_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  if (::bind(socket_, plain, size) < 0 || ::getsockname(socket_, plain, &size) < 0) {
    throw std::runtime_error("cannot bind on 127.0.0.1");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

TinyDns::~TinyDns() {
  ending_ = true;
  thread_.join();
  ::close(socket_);
}

std::string TinyDns::server() const { return fmt::format("127.0.0.1:{}", port_); }

void TinyDns::serve() {
  while (!ending_) {
    pollfd polled{socket_, POLLIN, 0};
    if (::poll(&polled, 1, 20) <= 0) continue;
    std::array<char, 2048> buffer{};
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    auto* plain = reinterpret_cast<sockaddr*>(&from);
    const auto got = ::recvfrom(socket_, buffer.data(), buffer.size(), 0, plain, &size);
    if (got < 17) continue;
    ++questions_;
    const std::string question(buffer.data(), static_cast<std::size_t>(got));
    std::size_t at = 0;
    const Reply reply = script_(name_in(question, at));
    if (reply.silent) continue;
    const std::string answer = answer_to(question, reply);
    ::sendto(socket_, answer.data(), answer.size(), 0, plain, size);
  }
}

}  // namespace atb::test
