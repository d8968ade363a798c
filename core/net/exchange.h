// One request and its answer, seen from the wire: collects the head, passes the body on, keeps every bound.
// Knows nothing of libcurl, which calls it (curl_client.cpp).
#pragma once

#include "core/net/http_client.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace atb::net {

class Exchange {
 public:
  using Time = std::chrono::steady_clock::time_point;
  Exchange(const Request& request, BodySink& sink, const StopToken& stop, Time now)
      : request_(request), sink_(sink), stop_(stop), last_activity_(now) {}

  // Each is false when the transfer must end; error() or enough() tells why.
  bool head_line(std::string_view line);  // also of 1xx answers and trailers
  bool body(ByteView bytes);
  bool alive(Time now, std::uint64_t bytes_so_far);  // asks the stop token and the stall timeout

  // The request's body: how many bytes were put into the buffer, or nothing when it cannot be read.
  std::optional<std::size_t> give(MutableByteView buffer);
  bool rewind(std::uint64_t offset);
  std::uint64_t body_size() const;

  // After a transfer that ended well: the answer, with begin() called for empty bodies too.
  Result<Response> finish();
  // Why a callback ended the transfer.
  const std::optional<Error>& error() const { return error_; }
  // The answer is an error whose text we have enough of: the rest was left unread.
  bool enough() const { return enough_; }
  // A final answer outside 2xx has arrived: the way the connection ended after that does not matter.
  bool refused_by_host() const { return head_done_ && !successful(); }
  std::uint64_t received() const { return received_; }

 private:
  bool successful() const { return response_.status >= 200 && response_.status < 300; }
  bool end(Error error);
  bool end_of_head();
  void add_header(std::string_view line);

  const Request& request_;
  BodySink& sink_;
  const StopToken& stop_;
  Response response_;
  std::optional<Error> error_;
  bool head_done_ = false;
  bool begun_ = false;
  bool enough_ = false;
  std::size_t head_bytes_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t given_ = 0;
  std::uint64_t events_ = 0;       // what the callbacks saw
  std::uint64_t seen_events_ = 0;  // … and what alive() knew of it
  std::uint64_t seen_bytes_ = 0;
  Time last_activity_;
};

}  // namespace atb::net
