#include "core/plc/merge.h"

#include "core/base/text.h"
#include "core/syntax/handle.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace atb::plc {
namespace {

using Texts = std::vector<std::string>;

bool has(const Texts& texts, const std::string& text) {
  return std::ranges::find(texts, text) != texts.end();
}

Failure unusable(std::string message) {
  return fail(ErrorKind::refused, "plc.host_credentials", std::move(message),
              "the new host is at fault; its operator can help");
}

bool is_key(const std::string& text) { return crypto::PublicKey::parse_did_key(text).has_value(); }

// With any of these wrong the account would be lost to its user, or to everyone.
Status check(const HostCredentials& host) {
  if (!is_key(host.signing_key)) {
    return unusable(fmt::format("the signing key that the new host gives is no did:key of a known curve: {}",
                                printable(host.signing_key, 80)));
  }
  for (const std::string& key : host.rotation_keys) {
    if (!is_key(key)) {
      return unusable(fmt::format("a rotation key that the new host gives is no did:key of a known curve: {}",
                                  printable(key, 80)));
    }
  }
  if (!host.endpoint.starts_with("https://") && !host.endpoint.starts_with("http://"))
    return unusable(
        fmt::format("the address that the new host gives is no URL: {}", printable(host.endpoint, 80)));
  if (!syntax::Handle::parse(host.handle))
    return unusable(fmt::format("the handle for the new host is none: {}", printable(host.handle, 80)));
  return {};
}

// Takes each text once, in the order of first sight.
class Unique {
 public:
  void add(const std::string& text) {
    if (seen_.insert(text).second) texts_.push_back(text);
  }
  void add(const Texts& texts) {
    for (const std::string& text : texts) add(text);
  }
  Texts take() { return std::move(texts_); }

 private:
  std::set<std::string> seen_;
  Texts texts_;
};

struct Keys {
  Texts rotation;
  Texts unknown;
};

Keys merge_keys(const MoveRequest& request) {
  Unique merged, unknown;
  if (!request.recovery_key.empty()) merged.add(request.recovery_key);
  merged.add(request.user_keys);
  for (const std::string& key : request.current.rotation_keys) {
    const bool known = key == request.recovery_key || has(request.user_keys, key) ||
                       has(request.new_host.rotation_keys, key) || has(request.old_host.rotation_keys, key) ||
                       key == request.old_host.signing_key;
    if (known) continue;
    const bool keep = has(request.keep_unknown, key);
    const bool drop = has(request.drop_unknown, key);
    if (drop && !keep) continue;
    merged.add(key);
    if (keep == drop) unknown.add(key);
  }
  merged.add(request.new_host.rotation_keys);
  return {merged.take(), unknown.take()};
}

Texts merge_names(const Texts& current, const std::string& handle) {
  Unique merged;
  merged.add("at://" + handle);
  const auto old =
      std::ranges::find_if(current, [](const std::string& name) { return name.starts_with("at://"); });
  for (auto name = current.begin(); name != current.end(); ++name) {
    if (name != old) merged.add(*name);
  }
  return merged.take();
}

template <class Map, class Value>
void put(Map& map, std::string_view id, Value value) {
  for (auto& [name, member] : map) {
    if (name == id) {
      member = std::move(value);
      return;
    }
  }
  map.emplace_back(id, std::move(value));
}

// Any CID does to measure with: all have one length.
ipld::Cid some_cid() { return ipld::Cid::of(ipld::Codec::dag_cbor, {}); }

}  // namespace

Result<State> with_rotation_key(const State& current, const std::string& key, std::size_t rank) {
  State state = current;
  std::erase(state.rotation_keys, key);
  const std::size_t place = std::min(rank, state.rotation_keys.size());
  state.rotation_keys.insert(state.rotation_keys.begin() + static_cast<std::ptrdiff_t>(place), key);
  TRY(check_directory_limits(Operation::make(state, some_cid())));
  return state;
}

Result<State> with_signing_key(const State& current, const std::string& key) {
  State state = current;
  put(state.verification_methods, "atproto", key);
  TRY(check_directory_limits(Operation::make(state, some_cid())));
  return state;
}

Result<MoveProposal> merge_for_move(const MoveRequest& request) {
  const HostCredentials& host = request.new_host;
  TRY(check(host));
  Keys keys = merge_keys(request);
  if (keys.rotation.empty())
    return unusable(
        "the new host gives no rotation key and the user has none: nobody could change this identity again");
  State state = request.current;
  state.rotation_keys = std::move(keys.rotation);
  state.also_known_as = merge_names(request.current.also_known_as, host.handle);
  put(state.verification_methods, "atproto", host.signing_key);
  put(state.services, "atproto_pds", Service{host.service_type, host.endpoint});
  TRY(check_directory_limits(Operation::make(state, some_cid())));
  return MoveProposal{std::move(state), std::move(keys.unknown)};
}

}  // namespace atb::plc
