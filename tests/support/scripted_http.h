// An HttpClient whose answers come from a function; it remembers what was asked.
//
//   ScriptedHttp http([](const SentRequest& request) -> Result<Answer> {
//     if (request.url == "https://plc.test/did:plc:x") return Answer{200, R"({"id":"did:plc:x"})"};
//     return fail(ErrorKind::network, "http.connect", "no such host in this test");
//   });
#pragma once

#include "core/net/http_client.h"

#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace atb::test {

// A request as it was sent: nothing in it points anywhere.
struct SentRequest {
  std::string method;
  std::string url;
  net::Url parsed;
  net::Headers headers;
  std::string bearer;  // empty: none
  std::string content_type;
  std::string body;      // also the content of body_file
  net::Request request;  // the rest of it; bearer and body_file are null
};

struct Answer {
  int status = 200;
  std::string body = {};                // to the sink for 2xx, else error_body
  net::Headers headers = {};            // names in lower case
  std::size_t chunk = 0;                // bytes per write to the sink; 0: all at once
  std::optional<Error> then_fail = {};  // after the body was handed over: the connection breaks
};

class ScriptedHttp final : public net::HttpClient {
 public:
  using Handler = std::function<Result<Answer>(const SentRequest&)>;
  explicit ScriptedHttp(Handler handler) : handler_(std::move(handler)) {}

  // Keeps the rules of net::HttpClient: stop token, max_body, body to the sink for 2xx only.
  Result<net::Response> send(const net::Request& request, net::BodySink& body,
                             const StopToken& stop) override;

  std::vector<SentRequest> requests() const;
  // "GET https://…" of each.
  std::vector<std::string> lines() const;
  void set_handler(Handler handler);
  // Forgets what was asked so far.
  void forget();

 private:
  mutable std::mutex mutex_;
  Handler handler_;
  std::vector<SentRequest> requests_;
};

}  // namespace atb::test
