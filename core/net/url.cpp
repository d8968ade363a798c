#include "core/net/url.h"

#include "core/base/text.h"
#include "core/net/host.h"

#include <fmt/format.h>

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace atb::net {
namespace {

constexpr std::size_t kLongest = 8192;

std::uint16_t default_port(std::string_view scheme) { return scheme == "http" ? 80 : 443; }

Error syntax(std::string_view text, std::string_view why) {
  return {ErrorKind::invalid_input, "url.syntax",
          fmt::format("\"{}\" is not an address we take: {}", text, why), "write it as https://host/path"};
}

bool is_scheme(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (text.empty() || !letter(text.front())) return false;
  return std::ranges::all_of(
      text, [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.'; });
}

// The scheme before ':' where the reference has one.
std::optional<std::string_view> scheme_of(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || !is_scheme(text.substr(0, colon))) return std::nullopt;
  return text.substr(0, colon);
}

// Printable ASCII without what browsers and servers read in different ways.
bool clean(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte < 0x7f && c != '\\' && c != '"' && c != '<' && c != '>';
  });
}

Result<std::uint16_t> parse_port(std::string_view whole, std::string_view digits) {
  const auto port = parse_decimal(digits);
  if (!port || *port == 0 || *port > 65535) return syntax(whole, "the port is not a number from 1 to 65535");
  return static_cast<std::uint16_t>(*port);
}

// RFC 3986, 5.2.4. The query is not part of `path`.
std::string without_dot_segments(std::string_view path) {
  std::vector<std::string_view> kept;
  const auto segments = split(path.substr(1), '/');
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const bool last = i + 1 == segments.size();
    if (segments[i] == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (segments[i] != ".") {
      kept.push_back(segments[i]);
      continue;
    }
    if (last) kept.emplace_back();
  }
  std::string result;
  for (const auto segment : kept) result.append("/").append(segment);
  return result.empty() ? "/" : result;
}

std::string_view before(std::string_view text, char mark) { return text.substr(0, text.find(mark)); }

}  // namespace

Result<Url> Url::parse(std::string_view text) {
  if (text.size() > kLongest) return syntax(text.substr(0, 80), "it is too long");
  if (!clean(text)) return syntax(text, "it holds white space or characters that must be escaped");
  const auto scheme = scheme_of(text);
  if (!scheme) return syntax(text, "it does not begin with https://");
  Url url;
  url.scheme = lower_ascii(*scheme);
  if (url.scheme != "https" && url.scheme != "http") {
    return fail(ErrorKind::invalid_input, "url.scheme", fmt::format("\"{}\" is neither http nor https", text),
                "write it as https://host/path");
  }
  std::string_view rest = text.substr(scheme->size() + 1);
  if (!rest.starts_with("//")) return syntax(text, "\"//\" is missing");
  rest.remove_prefix(2);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  rest.remove_prefix(authority.size());
  if (authority.find('@') != std::string_view::npos) {
    return fail(ErrorKind::invalid_input, "url.userinfo", "an address must not hold a user name or password",
                "leave out everything up to the @");
  }
  std::string_view host = authority;
  url.port = default_port(url.scheme);
  const auto colon = authority.rfind(':');
  if (colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos) {
    host = authority.substr(0, colon);
    url.port = TRY(parse_port(text, authority.substr(colon + 1)));
  }
  auto canonical = canonical_host(host);
  if (!canonical) return syntax(text, "the host is not a name or an IP address");
  url.host = std::move(*canonical);
  rest = before(rest, '#');
  url.path = rest.starts_with('/') ? std::string(rest) : fmt::format("/{}", rest);
  return url;
}

std::string Url::origin() const {
  if (port == default_port(scheme)) return fmt::format("{}://{}", scheme, host);
  return fmt::format("{}://{}:{}", scheme, host, port);
}

std::string Url::str() const { return origin() + path; }

bool Url::same_origin(const Url& other) const {
  return scheme == other.scheme && host == other.host && port == other.port;
}

Result<Url> Url::resolve(std::string_view reference) const {
  if (reference.size() > kLongest) return syntax(reference.substr(0, 80), "it is too long");
  if (!clean(reference)) return syntax(reference, "it holds white space or characters that must be escaped");
  reference = before(reference, '#');
  // A colon behind the first slash is part of a path ("/xrpc/at://…").
  if (scheme_of(before(before(reference, '/'), '?')) ||
      reference.find("://") < reference.find_first_of("/?")) {
    return parse(reference);
  }
  if (reference.starts_with("//")) return parse(fmt::format("{}:{}", scheme, reference));
  Url url = *this;
  if (reference.empty()) return url;
  const std::string_view own_path = before(path, '?');
  if (reference.front() == '?') {
    url.path = fmt::format("{}{}", own_path, reference);
    return url;
  }
  const std::string_view path_part = before(reference, '?');
  const std::string_view query = reference.substr(path_part.size());
  const std::string merged =
      path_part.starts_with('/')
          ? std::string(path_part)
          : fmt::format("{}{}", own_path.substr(0, own_path.rfind('/') + 1), path_part);
  url.path = without_dot_segments(merged).append(query);
  return url;
}

std::string percent_encode(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      result += c;
    } else {
      result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return result;
}

std::string query_string(const Query& query) {
  std::string result;
  for (const auto& [name, value] : query) {
    result += result.empty() ? '?' : '&';
    result += percent_encode(name) + "=" + percent_encode(value);
  }
  return result;
}

}  // namespace atb::net
