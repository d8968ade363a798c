// An HTTP server on loopback, for the directory of a drill: one thread, small bodies, nothing kept.
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace atb::rehearse {

struct HttpQuestion {
  std::string_view method;
  std::string_view path;  // decoded, without the query
  std::string_view body;
};
struct HttpAnswer {
  int status = 200;
  std::string body;  // JSON
};

class HttpServer {
 public:
  // Called from the server's thread.
  using Handler = std::function<HttpAnswer(const HttpQuestion&)>;
  // On 127.0.0.1, at a port that the system chooses. "rehearse.directory" (io), and errors of
  // os::LateLibrary: libmicrohttpd is loaded for the first.
  static Result<std::unique_ptr<HttpServer>> start(Handler handler);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();
  std::uint16_t port() const;

 private:
  struct State;
  explicit HttpServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace atb::rehearse
