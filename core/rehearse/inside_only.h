// What keeps a drill from reaching anything real: the only servers there are, are its own two.
#pragma once

#include "core/net/http_client.h"
#include "core/net/txt_resolver.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace atb::rehearse {

// A page that counts as published, although nobody serves it: the document of a did:web.
struct Page {
  net::Url url;
  std::function<std::string()> content;
};

// Sends what goes to one of the origins, and knows the page; "rehearse.outside" (refused) for everything
// else.
class InsideOnly final : public net::HttpClient {
 public:
  InsideOnly(net::HttpClient& inner, std::vector<net::Url> origins, std::optional<Page> page = {})
      : inner_(inner), origins_(std::move(origins)), page_(std::move(page)) {}
  Result<net::Response> send(const net::Request& request, net::BodySink& body,
                             const StopToken& stop) override;

 private:
  net::HttpClient& inner_;
  std::vector<net::Url> origins_;
  std::optional<Page> page_;
};

// A DNS in which no name has a record.
class NoNames final : public net::TxtResolver {
 public:
  Result<std::vector<std::string>> txt(const std::string&, const StopToken&) override {
    return std::vector<std::string>();
  }
};

}  // namespace atb::rehearse
