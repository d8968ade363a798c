#include "core/migrate/web_document.h"

#include "core/base/text.h"
#include "core/data/json.h"

#include <algorithm>

namespace atb::migrate {
namespace {

constexpr std::string_view kMultikeyContext = "https://w3id.org/security/multikey/v1";

bool has_id(const data::Value& entry, const syntax::Did& did, std::string_view fragment) {
  std::string id = data::text_or(entry, "id", "");
  if (id.starts_with(did.view())) id.erase(0, did.view().size());
  return id == fragment;
}

// The list `name` of the document, with `entry` in the place of the first one of that fragment, or at its
// end.
data::Array with_entry(const did::Document& document, std::string_view name, std::string_view fragment,
                       data::Object entry) {
  data::Array list;
  const data::Value* present = document.json.find(name);
  if (present != nullptr && present->array() != nullptr) list = *present->array();
  const auto same =
      std::ranges::find_if(list, [&](const data::Value& one) { return has_id(one, document.did, fragment); });
  if (same == list.end()) {
    list.emplace_back(std::move(entry));
  } else {
    *same = data::Value(std::move(entry));
  }
  return list;
}

// A context is a text or a list; readers of Multikey want theirs in it.
void add_context(data::Object& document) {
  const data::Value* present = document.find("@context");
  data::Array list;
  if (present != nullptr && present->array() != nullptr) {
    list = *present->array();
  } else if (present != nullptr && present->text() != nullptr) {
    list.push_back(*present);
  } else {
    list.emplace_back("https://www.w3.org/ns/did/v1");
  }
  const auto is_ours = [](const data::Value& one) {
    return one.text() != nullptr && *one.text() == kMultikeyContext;
  };
  if (std::ranges::none_of(list, is_ours)) list.emplace_back(kMultikeyContext);
  document.set("@context", std::move(list));
}

data::Array with_handle(const std::vector<std::string>& present, const std::string& handle) {
  data::Array names;
  bool placed = false;
  for (const std::string& name : present) {
    const bool old_name = name.starts_with("at://");
    if (old_name && placed) continue;
    names.emplace_back(old_name ? "at://" + handle : name);
    placed = placed || old_name;
  }
  if (!placed) names.insert(names.begin(), data::Value("at://" + handle));
  return names;
}

std::string name_of_handle(const did::Document& document) {
  const auto handle = document.handle();
  return handle ? handle->str() : "none";
}

std::string text_of(const std::optional<crypto::PublicKey>& key) { return key ? key->did_key() : "none"; }

}  // namespace

Result<data::Value> changed_document(const did::Document& present, const WebChange& change) {
  const auto key = TRY(crypto::PublicKey::parse_did_key(change.signing_key));
  const std::string did = present.did.str();
  data::Object document = *present.json.object();
  add_context(document);
  data::Object method;
  method.set("id", did + "#atproto")
      .set("type", "Multikey")
      .set("controller", did)
      .set("publicKeyMultibase", key.multibase());
  document.set("verificationMethod",
               with_entry(present, "verificationMethod", "#atproto", std::move(method)));
  if (!change.endpoint.empty()) {
    data::Object service;
    service.set("id", "#atproto_pds")
        .set("type", change.service_type)
        .set("serviceEndpoint", change.endpoint);
    document.set("service", with_entry(present, "service", "#atproto_pds", std::move(service)));
  }
  if (!change.handle.empty()) document.set("alsoKnownAs", with_handle(present.also_known_as, change.handle));
  return data::Value(std::move(document));
}

std::string difference(const did::Document& wanted, const did::Document& seen) {
  if (text_of(wanted.signing_key) != text_of(seen.signing_key)) {
    return "its key \"#atproto\" is " + text_of(seen.signing_key) + ", not " + text_of(wanted.signing_key);
  }
  if (wanted.host != seen.host) {
    return "its service \"#atproto_pds\" is " + printable(seen.host.value_or("none")) + ", not " +
           wanted.host.value_or("none");
  }
  if (name_of_handle(wanted) != name_of_handle(seen))
    return "its handle is " + name_of_handle(seen) + ", not " + name_of_handle(wanted);
  return {};
}

bool domain_is_the_hosts(const syntax::Did& did, std::string_view host_origin,
                         const std::vector<std::string>& domains) {
  std::string domain = lower_ascii(did.view().substr(std::string_view("did:web:").size()));
  if (const auto port = domain.find("%3a"); port != std::string::npos) domain.replace(port, 3, ":");
  const auto slashes = host_origin.find("://");
  const std::string host =
      lower_ascii(slashes == std::string_view::npos ? host_origin : host_origin.substr(slashes + 3));
  if (domain == host || domain.ends_with("." + host)) return true;
  return std::ranges::any_of(domains, [&](const std::string& one) {
    return one.starts_with('.') && one.size() > 1 && (domain.ends_with(one) || domain == one.substr(1));
  });
}

}  // namespace atb::migrate
