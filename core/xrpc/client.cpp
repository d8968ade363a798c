#include "core/xrpc/client.h"

#include "core/data/json.h"
#include "core/xrpc/remote_error.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace atb::xrpc {
namespace {

// Collects an answer that may hold tokens: wiped when it dies.
class AnswerBody final : public net::BodySink {
 public:
  AnswerBody() = default;
  AnswerBody(const AnswerBody&) = delete;
  AnswerBody& operator=(const AnswerBody&) = delete;
  ~AnswerBody() override { wipe(text_.data(), text_.size()); }

  Status begin(const net::Response&) override {
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

const net::Query kNoParameters;

// Members of an input that no error may repeat, even where a host quotes them back.
constexpr std::string_view kSecretMembers[] = {"password", "token", "authFactorToken", "inviteCode",
                                               "verificationCode"};

std::vector<std::string_view> secrets_of(const data::Value& input) {
  std::vector<std::string_view> found;
  for (const std::string_view key : kSecretMembers) {
    const data::Value* member = input.find(key);
    if (member != nullptr && member->text() != nullptr) found.emplace_back(*member->text());
  }
  return found;
}

// Only these say that another token may help; a wrong password or a missing right does not.
bool asks_for_fresh_token(const RemoteError& error) {
  return error.name == "ExpiredToken" || error.name == "InvalidToken";
}

}  // namespace

Error error_of(const net::Response& response, std::string_view host, std::string_view method,
               std::int64_t now_ms) {
  return to_error(parse_remote_error(response), response, host, method, now_ms);
}

Client::Client(net::HttpClient& http, net::Url host, Authorizer* authorizer, Limits limits, os::Clock& clock)
    : http_(http), host_(std::move(host)), authorizer_(authorizer), limits_(limits), clock_(clock) {}

Status Client::send(net::Request& request, const Call& call, net::BodySink& body,
                    const StopToken& stop) const {
  request.url = host_;
  request.url.path = fmt::format("/xrpc/{}{}", call.nsid, net::query_string(call.parameters));
  request.headers.emplace_back("accept", call.accept);
  const std::string where = fmt::format("calling {} on {}", call.nsid, host_.origin());
  for (int attempt = 0;; ++attempt) {
    Secret token;
    if (authorizer_ != nullptr) {
      token = TRY_CONTEXT(where, authorizer_->token(stop));
      request.bearer = &token;
    }
    auto sent = http_.send(request, body, stop);
    request.bearer = nullptr;  // the token goes, the request stays
    const net::Response response = TRY_CONTEXT(where, std::move(sent));
    if (response.status >= 200 && response.status < 300) return {};
    RemoteError error = parse_remote_error(response);
    if (attempt == 0 && authorizer_ != nullptr && asks_for_fresh_token(error)) {
      if (TRY_CONTEXT(where, authorizer_->renew(token, stop))) continue;
    }
    redact(error, token.reveal());
    for (const std::string_view secret : call.secrets) redact(error, secret);
    return to_error(error, response, host_.origin(), call.nsid, clock_.wall_us() / 1000);
  }
}

Result<data::Value> Client::exchange(net::Request& request, const Call& call, const StopToken& stop) const {
  request.max_body = limits_.json_bytes;
  AnswerBody body;
  TRY(send(request, call, body, stop));
  // Procedures without output answer with nothing at all.
  if (body.text().empty()) return data::Value();
  auto answer = data::parse_json(body.text(), limits_, data::Floats::allow);
  if (answer) return answer;
  // The parser's own words are left out: they may quote the answer, which may hold tokens.
  return fail(ErrorKind::remote, "xrpc.answer",
              fmt::format("{} answered {} with something that is not the JSON it promised ({})",
                          host_.origin(), call.nsid, answer.error().id),
              "check that this address is a PDS and not a web page in front of one");
}

Result<data::Value> Client::query(std::string_view nsid, const net::Query& parameters,
                                  const StopToken& stop) const {
  net::Request request;
  return exchange(request, Call{nsid, parameters, "application/json", {}}, stop);
}

Result<data::Value> Client::procedure(std::string_view nsid, const data::Value& input, Repeat repeat,
                                      const StopToken& stop) const {
  net::Request request;
  request.method = "POST";
  request.repeatable = repeat == Repeat::safe;
  if (!input.is_null()) {
    request.content_type = "application/json";
    request.body = data::to_json(input);
  }
  auto answer = exchange(request, Call{nsid, kNoParameters, "application/json", secrets_of(input)}, stop);
  wipe(request.body.data(), request.body.size());
  return answer;
}

Result<data::Value> Client::upload(std::string_view nsid, const RandomAccess& body,
                                   std::string_view content_type, Repeat repeat,
                                   const StopToken& stop) const {
  net::Request request;
  request.method = "POST";
  request.repeatable = repeat == Repeat::safe;
  request.content_type = content_type;
  request.body_file = &body;
  return exchange(request, Call{nsid, kNoParameters, "application/json", {}}, stop);
}

Status Client::download(std::string_view nsid, const net::Query& parameters, std::uint64_t max_bytes,
                        net::BodySink& body, const StopToken& stop) const {
  net::Request request;
  request.max_body = max_bytes;
  return send(request, Call{nsid, parameters, "*/*", {}}, body, stop);
}

}  // namespace atb::xrpc
