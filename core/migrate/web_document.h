// did:web: the document is a file on a domain of the user's own, which they publish themselves. What a move
// makes of it, and whether the public copy says so. Pure; private to this module.
#pragma once

#include "core/did/document.h"

#include <string>
#include <string_view>
#include <vector>

namespace atb::migrate {

struct WebChange {
  std::string signing_key;        // did:key
  std::string service_type = {};  // with `endpoint`; empty: the host stays
  std::string endpoint = {};
  std::string handle = {};  // empty: the names stay
};

// The present document with this change. Everything else in it stays, keys and services of the user's too.
Result<data::Value> changed_document(const did::Document& present, const WebChange& change);

// In words, what `seen` says otherwise than `wanted`, of all that counts for a move; empty: nothing.
std::string difference(const did::Document& wanted, const did::Document& seen);

// Is the domain of this did:web the host's own, so that it is lost with the host? `domains`: ".host.example".
bool domain_is_the_hosts(const syntax::Did& did, std::string_view host_origin,
                         const std::vector<std::string>& domains);

}  // namespace atb::migrate
