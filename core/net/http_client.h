// HTTP as one blocking call. The real one is CurlClient; retries and redirects are decorators around it,
// never code in those who call it.
#pragma once

#include "core/base/byte_source.h"
#include "core/base/secret.h"
#include "core/base/stop.h"
#include "core/net/url.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace atb::net {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method = "GET";
  Url url;
  Headers headers;                 // no secrets in here
  const Secret* bearer = nullptr;  // sent as Authorization; dropped on a redirect. Must outlive the call
  std::string content_type;        // of the body
  std::string body;                // a small body…
  const RandomAccess* body_file =
      nullptr;  // … or a big one, streamed with its Content-Length. Must outlive the call
  std::uint64_t max_body = 16U << 20;  // of the answer; more is "http.too_large"
  std::chrono::seconds stall_timeout{
      60};                       // no byte either way for so long: "http.stalled". There is no total timeout
  bool follow_redirects = true;  // GET only, bounded
  // May this be sent again when it is unknown whether the first one arrived? GETs may; a POST says so itself.
  bool repeatable = true;
  // Only worth one try: what does not answer at once is taken for gone.
  bool once = false;
};

struct Response {
  int status = 0;
  Headers headers;         // names in lower case; at most 64 KiB in all
  std::string error_body;  // of an answer outside 2xx: its first 64 KiB
  const std::string* header(std::string_view lower_case_name) const;
};

// Takes the body of a 2xx answer.
class BodySink : public ByteSink {
 public:
  // Called before the first byte of each attempt: after a retry the body starts anew.
  virtual Status begin(const Response& head) = 0;
};

// Threads: send() may be called from several threads at once.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  // Any HTTP status is a Response; an Error means that no whole answer came. Error kinds and ids: network
  // ("http.resolve", "http.connect", "http.tls", "http.reset", "http.cut" (body shorter than said),
  // "http.failed"), timeout ("http.stalled", "http.connect_timeout"), limit_exceeded ("http.too_large",
  // "http.headers"), refused ("http.private_address", "http.plain", "http.redirect", "http.scheme"),
  // cancelled, or whatever the sink returned.
  virtual Result<Response> send(const Request& request, BodySink& body, const StopToken& stop) = 0;
};

// Collects the body in memory, bounded by Request::max_body.
class MemoryBody final : public BodySink {
 public:
  Status begin(const Response&) override {
    text_.clear();
    return {};
  }
  Status write(ByteView bytes) override {
    text_.append(as_text(bytes));
    return {};
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace atb::net
