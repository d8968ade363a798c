#include "tests/support/scripted_http.h"

#include <algorithm>

namespace atb::test {
namespace {

constexpr std::size_t kErrorBody = 64U << 10U;

Result<std::string> content_of(const RandomAccess& file) {
  Bytes bytes(static_cast<std::size_t>(file.size()));
  TRY(read_exactly_at(file, 0, bytes));
  return std::string(as_text(bytes));
}

}  // namespace

Result<net::Response> ScriptedHttp::send(const net::Request& request, net::BodySink& body,
                                         const StopToken& stop) {
  TRY(check_stop(stop));
  SentRequest sent{.method = request.method,
                   .url = request.url.str(),
                   .parsed = request.url,
                   .headers = request.headers,
                   .bearer = request.bearer ? std::string(request.bearer->reveal()) : std::string(),
                   .content_type = request.content_type,
                   .body = request.body,
                   .request = request};
  sent.request.bearer = nullptr;
  sent.request.body_file = nullptr;
  if (request.body_file) sent.body = TRY(content_of(*request.body_file));
  Handler handler;
  {
    const std::scoped_lock lock(mutex_);
    requests_.push_back(sent);
    handler = handler_;
  }
  const Answer answer = TRY(handler(sent));
  net::Response response;
  response.status = answer.status;
  response.headers = answer.headers;
  if (answer.status < 200 || answer.status > 299) {
    response.error_body = answer.body.substr(0, kErrorBody);
  } else {
    TRY(body.begin(response));
    const std::size_t chunk = answer.chunk == 0 ? std::max<std::size_t>(answer.body.size(), 1) : answer.chunk;
    for (std::size_t at = 0; at < answer.body.size(); at += chunk) {
      TRY(check_stop(stop));
      const auto piece = std::string_view(answer.body).substr(at, chunk);
      if (at + piece.size() > request.max_body) {
        return fail(ErrorKind::limit_exceeded, "http.too_large", "the answer is longer than allowed");
      }
      TRY(body.write(as_bytes(piece)));
    }
  }
  if (answer.then_fail) return *answer.then_fail;
  return response;
}

std::vector<SentRequest> ScriptedHttp::requests() const {
  const std::scoped_lock lock(mutex_);
  return requests_;
}

std::vector<std::string> ScriptedHttp::lines() const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::string> lines;
  for (const auto& sent : requests_) lines.push_back(sent.method + " " + sent.url);
  return lines;
}

void ScriptedHttp::forget() {
  const std::scoped_lock lock(mutex_);
  requests_.clear();
}

void ScriptedHttp::set_handler(Handler handler) {
  const std::scoped_lock lock(mutex_);
  handler_ = std::move(handler);
}

}  // namespace atb::test
