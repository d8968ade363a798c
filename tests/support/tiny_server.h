// A TCP server on 127.0.0.1 for tests of what goes wrong on the wire: each connection is given to a script
// that reads and writes raw bytes.
//
//   TinyServer server([](TinyServer::Connection& peer) {
//     peer.read_request();
//     peer.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");
//     peer.reset();
//   });
//   … "http://127.0.0.1:" + std::to_string(server.port()) …
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace atb::test {

class TinyServer {
 public:
  class Connection {
   public:
    Connection(TinyServer& server, int fd, std::size_t number) : server_(server), fd_(fd), number_(number) {}
    // The head and, by its Content-Length, the body; empty when the client has gone. Also kept by the server.
    std::string read_request();
    // The head only.
    std::string read_head();
    // What is there, at most `most` bytes; empty at the end.
    std::string read_some(std::size_t most = 65536);
    // False when the client has gone.
    bool write(std::string_view bytes);
    // "HTTP/1.1 STATUS x" with Content-Length and the headers given ("A: b\r\nC: d\r\n"); the connection
    // stays.
    bool answer(int status, std::string_view body, std::string_view headers = {});
    // Sends RST in place of a clean end.
    void reset();
    // Says nothing until the client goes or the server ends.
    void hang();
    void sleep(std::chrono::milliseconds duration);
    // 0 for the first connection.
    std::size_t number() const { return number_; }

   private:
    friend class TinyServer;
    bool readable(std::chrono::milliseconds wait) const;
    TinyServer& server_;
    int fd_;
    std::size_t number_;
    std::string buffer_;
  };
  using Script = std::function<void(Connection&)>;

  explicit TinyServer(Script script);
  TinyServer(const TinyServer&) = delete;
  TinyServer& operator=(const TinyServer&) = delete;
  ~TinyServer();

  std::uint16_t port() const { return port_; }
  // "http://127.0.0.1:PORT" + path
  std::string url(std::string_view path = "/") const;
  // "127.0.0.1:PORT"
  std::string host() const;
  std::size_t connections() const { return accepted_.load(); }
  std::vector<std::string> requests() const;

  // Answers every request of a connection with what the function gives: a whole raw answer.
  static Script serving(std::function<std::string(const std::string& request)> answer);

 private:
  void accept_all();
  Script script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> ending_{false};
  std::atomic<std::size_t> accepted_{0};
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::list<std::thread> workers_;
  std::thread acceptor_;
};

// A raw answer with its Content-Length.
std::string http_answer(int status, std::string_view body, std::string_view headers = {});

}  // namespace atb::test
