#include "core/net/exchange.h"

#include "core/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace atb::net {
namespace {

constexpr std::size_t kHeadLimit = 64U << 10U;
constexpr std::size_t kErrorBodyLimit = 64U << 10U;

// "HTTP/1.1 200 OK" -> 200; 0 when it is something else.
int status_of(std::string_view line) {
  const auto space = line.find(' ');
  if (space == std::string_view::npos) return 0;
  const auto status = parse_decimal(line.substr(space + 1, 3));
  return status && *status >= 100 ? static_cast<int>(*status) : 0;
}

}  // namespace

const std::string* Response::header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return &value;
  }
  return nullptr;
}

bool Exchange::end(Error error) {
  if (!error_) error_ = std::move(error);
  return false;
}

bool Exchange::head_line(std::string_view line) {
  ++events_;
  head_bytes_ += line.size();
  if (head_bytes_ > kHeadLimit) {
    return end({ErrorKind::limit_exceeded, "http.headers",
                fmt::format("{} sent more than {} bytes of headers", request_.url.host, kHeadLimit)});
  }
  if (head_done_) return true;  // trailers
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {
    response_ = {};
    response_.status = status_of(line);
    return true;
  }
  if (line.empty()) return end_of_head();
  add_header(line);
  return true;
}

void Exchange::add_header(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t') {
    // An old way to go on with the header before.
    if (!response_.headers.empty()) response_.headers.back().second.append(" ").append(trim(line));
    return;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return;
  response_.headers.emplace_back(lower_ascii(trim(line.substr(0, colon))),
                                 std::string(trim(line.substr(colon + 1))));
}

bool Exchange::end_of_head() {
  if (response_.status < 200) return true;  // 1xx: the real answer follows
  head_done_ = true;
  const auto* length = response_.header("content-length");
  if (successful() && length != nullptr && request_.method != "HEAD") {
    const auto bytes = parse_decimal(*length);
    if (bytes && *bytes > request_.max_body) {
      return end({ErrorKind::limit_exceeded, "http.too_large",
                  fmt::format("{} wants to send {} bytes, more than the {} allowed", request_.url.host,
                              *bytes, request_.max_body)});
    }
  }
  return true;
}

bool Exchange::body(ByteView bytes) {
  ++events_;
  if (auto status = check_stop(stop_); !status) return end(std::move(status).error());
  if (!successful()) {
    const std::size_t room = kErrorBodyLimit - response_.error_body.size();
    response_.error_body.append(as_text(bytes.first(std::min(room, bytes.size()))));
    enough_ = response_.error_body.size() == kErrorBodyLimit;
    return !enough_;
  }
  if (bytes.size() > request_.max_body - received_) {
    return end({ErrorKind::limit_exceeded, "http.too_large",
                fmt::format("{} sent more than the {} bytes allowed", request_.url.host, request_.max_body)});
  }
  if (!begun_) {
    begun_ = true;
    if (auto status = sink_.begin(response_); !status) return end(std::move(status).error());
  }
  received_ += bytes.size();
  if (auto status = sink_.write(bytes); !status) return end(std::move(status).error());
  return true;
}

bool Exchange::alive(Time now, std::uint64_t bytes_so_far) {
  if (auto status = check_stop(stop_); !status) return end(std::move(status).error());
  if (events_ != seen_events_ || bytes_so_far != seen_bytes_) {
    seen_events_ = events_;
    seen_bytes_ = bytes_so_far;
    last_activity_ = now;
    return true;
  }
  if (now - last_activity_ < request_.stall_timeout) return true;
  return end({ErrorKind::timeout, "http.stalled",
              fmt::format("{} was silent for {} seconds", request_.url.host, request_.stall_timeout.count()),
              "try again later"});
}

std::uint64_t Exchange::body_size() const {
  return request_.body_file != nullptr ? request_.body_file->size() : request_.body.size();
}

std::optional<std::size_t> Exchange::give(MutableByteView buffer) {
  ++events_;
  // Never more than was announced, also when a file has grown meanwhile.
  const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), body_size() - given_));
  if (want == 0) return 0;
  if (request_.body_file == nullptr) {
    std::memcpy(buffer.data(), request_.body.data() + given_, want);
    given_ += want;
    return want;
  }
  auto got = request_.body_file->read_at(given_, buffer.first(want));
  if (!got) {
    end(std::move(got).error());
    return std::nullopt;
  }
  if (*got == 0) {
    end({ErrorKind::corrupt, "input.cut", "the file became shorter while it was sent"});
    return std::nullopt;
  }
  given_ += *got;
  return *got;
}

bool Exchange::rewind(std::uint64_t offset) {
  if (offset > body_size()) return false;
  given_ = offset;
  return true;
}

Result<Response> Exchange::finish() {
  if (successful() && !begun_) {
    begun_ = true;
    TRY(sink_.begin(response_));
  }
  return std::move(response_);
}

}  // namespace atb::net
