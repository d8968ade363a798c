// A name server on 127.0.0.1, UDP, that answers each question with what a function gives.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace atb::test {

class TinyDns {
 public:
  struct Reply {
    int code = 0;  // 0 no error, 2 server failure, 3 no such name, 5 refused
    std::vector<std::vector<std::string>> records = {};  // TXT records, each of several strings
    bool silent = false;
    std::string raw = {};  // in place of all else, after the two bytes of the id
  };
  // Gets the name asked for, in lower case without the last dot.
  using Script = std::function<Reply(const std::string& name)>;
  explicit TinyDns(Script script);
  TinyDns(const TinyDns&) = delete;
  TinyDns& operator=(const TinyDns&) = delete;
  ~TinyDns();
  // "127.0.0.1:PORT"
  std::string server() const;
  std::size_t questions() const { return questions_.load(); }

 private:
  void serve();
  Script script_;
  int socket_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> ending_{false};
  std::atomic<std::size_t> questions_{0};
  std::thread thread_;
};

}  // namespace atb::test
