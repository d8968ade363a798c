// What the directory takes, checked before it is asked.
#include "core/base/text.h"
#include "core/plc/operation.h"

#include <fmt/core.h>

#include <set>

namespace atb::plc {
namespace {

// "sig" and the 86 characters of 64 bytes in base64url, in CBOR.
constexpr std::size_t kSignatureBytes = 4 + 2 + 86;

Failure over(std::string message) {
  return fail(ErrorKind::refused, "plc.limit", std::move(message),
              "the PLC directory would not take this operation");
}

// As JavaScript counts: a character outside the basic plane is two units.
std::size_t utf16_length(std::string_view text) {
  std::size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) != 0x80U) ++units;  // not a continuation byte
    if (byte >= 0xF0U) ++units;
  }
  return units;
}

Status at_most(std::string_view text, std::size_t limit, std::string_view what) {
  const std::size_t length = utf16_length(text);
  if (length <= limit) return {};
  return over(
      fmt::format("{} is {} characters long, the limit is {}: {}", what, length, limit, printable(text, 80)));
}

Status count_at_most(std::size_t count, std::string_view what) {
  if (count <= kDirectoryEntries) return {};
  return over(fmt::format("{} {}, the limit is {}", count, what, kDirectoryEntries));
}

Status check_rotation_keys(const std::vector<std::string>& keys) {
  if (keys.size() > kDirectoryRotationKeys) {
    return fail(
        ErrorKind::refused, "plc.too_many_keys",
        fmt::format("{} rotation keys, the PLC directory takes {}", keys.size(), kDirectoryRotationKeys),
        "remove rotation keys that nobody needs any more");
  }
  for (const std::string& key : keys) {
    TRY(at_most(key, kDirectoryKeyLength, "a rotation key"));
    if (!crypto::PublicKey::parse_did_key(key))
      return over(
          fmt::format("a rotation key that is no key of the two known curves: {}", printable(key, 80)));
  }
  return {};
}

Status check_names(const std::vector<std::string>& names) {
  TRY(count_at_most(names.size(), "names"));
  std::set<std::string_view> seen;
  for (const std::string& name : names) {
    TRY(at_most(name, kDirectoryNameLength, "a name"));
    if (!seen.insert(name).second)
      return over(fmt::format("the name {} is there twice", printable(name, 80)));
  }
  return {};
}

Status check_methods(const State& state) {
  TRY(count_at_most(state.verification_methods.size(), "verification methods"));
  for (const auto& [id, key] : state.verification_methods) {
    TRY(at_most(id, kDirectoryIdLength, "the id of a verification method"));
    TRY(at_most(key, kDirectoryKeyLength, "the key of a verification method"));
    if (!key.starts_with("did:key:"))
      return over(
          fmt::format("the verification method {} is no did:key: {}", printable(id, 40), printable(key, 80)));
  }
  return {};
}

Status check_services(const State& state) {
  TRY(count_at_most(state.services.size(), "services"));
  for (const auto& [id, service] : state.services) {
    TRY(at_most(id, kDirectoryIdLength, "the id of a service"));
    TRY(at_most(service.type, kDirectoryServiceTypeLength, "the type of a service"));
    TRY(at_most(service.endpoint, kDirectoryEndpointLength, "the endpoint of a service"));
  }
  return {};
}

}  // namespace

Status check_directory_limits(const Operation& operation) {
  const State& state = operation.state();
  TRY(check_rotation_keys(state.rotation_keys));
  TRY(check_names(state.also_known_as));
  TRY(check_methods(state));
  TRY(check_services(state));
  const std::size_t size =
      operation.signed_cbor().size() + (operation.signature_text().empty() ? kSignatureBytes : 0);
  if (size > kDirectoryOperationBytes) {
    return fail(
        ErrorKind::refused, "plc.too_large",
        fmt::format("the operation is {} bytes, the PLC directory takes {}", size, kDirectoryOperationBytes),
        "remove names, services or keys that nobody needs any more");
  }
  return {};
}

}  // namespace atb::plc
