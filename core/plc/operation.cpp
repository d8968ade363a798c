#include "core/plc/operation.h"

#include "core/base/encoding.h"
#include "core/base/text.h"
#include "core/crypto/sha256.h"
#include "core/data/cbor.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <span>

namespace atb::plc {
namespace {

constexpr std::array<std::string_view, 7> kOperationFields = {
    "type", "rotationKeys", "verificationMethods", "alsoKnownAs", "services", "prev", "sig"};
constexpr std::array<std::string_view, 3> kTombstoneFields = {"type", "prev", "sig"};
constexpr std::array<std::string_view, 7> kLegacyFields = {"type",    "signingKey", "recoveryKey", "handle",
                                                           "service", "prev",       "sig"};
constexpr std::array<std::string_view, 2> kServiceFields = {"type", "endpoint"};
constexpr std::string_view kHostServiceType = "AtprotoPersonalDataServer";

Failure bad_field(std::string message) { return fail(ErrorKind::corrupt, "plc.field", std::move(message)); }

Result<const data::Object*> object_with(const data::Value& value, std::span<const std::string_view> names,
                                        std::string_view what) {
  const data::Object* object = value.object();
  if (object == nullptr) return bad_field(fmt::format("{} is not an object", what));
  for (const auto& [name, member] : object->entries()) {
    if (std::ranges::find(names, name) == names.end())
      return bad_field(
          fmt::format("{} has a field \"{}\" that does not belong there", what, printable(name, 64)));
  }
  for (std::string_view name : names) {
    if (object->find(name) == nullptr) return bad_field(fmt::format("{} lacks the field \"{}\"", what, name));
  }
  return object;
}

Result<std::string> text_of(const data::Value& value, std::string_view what) {
  const std::string* text = value.text();
  if (text == nullptr) return bad_field(fmt::format("{} is not a text", what));
  return *text;
}

Result<std::vector<std::string>> texts_of(const data::Value& value, std::string_view what) {
  const data::Array* array = value.array();
  if (array == nullptr) return bad_field(fmt::format("{} is not a list", what));
  std::vector<std::string> texts;
  for (const data::Value& item : *array)
    texts.push_back(TRY(text_of(item, fmt::format("an entry of {}", what))));
  return texts;
}

Result<std::vector<std::pair<std::string, std::string>>> methods_of(const data::Value& value) {
  const data::Object* object = value.object();
  if (object == nullptr) return bad_field("\"verificationMethods\" is not an object");
  std::vector<std::pair<std::string, std::string>> methods;
  for (const auto& [id, key] : object->entries())
    methods.emplace_back(id, TRY(text_of(key, "a key of \"verificationMethods\"")));
  return methods;
}

Result<std::vector<std::pair<std::string, Service>>> services_of(const data::Value& value) {
  const data::Object* object = value.object();
  if (object == nullptr) return bad_field("\"services\" is not an object");
  std::vector<std::pair<std::string, Service>> services;
  for (const auto& [id, member] : object->entries()) {
    const data::Object* service = TRY(object_with(member, kServiceFields, "a service"));
    auto type = TRY(text_of(*service->find("type"), "the type of a service"));
    auto endpoint = TRY(text_of(*service->find("endpoint"), "the endpoint of a service"));
    services.emplace_back(id, Service{std::move(type), std::move(endpoint)});
  }
  return services;
}

Result<State> state_of(const data::Object& operation) {
  State state;
  state.rotation_keys = TRY(texts_of(*operation.find("rotationKeys"), "\"rotationKeys\""));
  state.verification_methods = TRY(methods_of(*operation.find("verificationMethods")));
  state.also_known_as = TRY(texts_of(*operation.find("alsoKnownAs"), "\"alsoKnownAs\""));
  state.services = TRY(services_of(*operation.find("services")));
  return state;
}

std::string with_http(const std::string& service) {
  if (service.starts_with("https://") || service.starts_with("http://")) return service;
  return "https://" + service;
}

std::string with_at(std::string_view handle) {
  if (handle.starts_with("at://")) return std::string(handle);
  for (std::string_view scheme : {"https://", "http://"}) {
    if (handle.starts_with(scheme)) handle.remove_prefix(scheme.size());
  }
  return fmt::format("at://{}", handle);
}

// What the directory reads into the form of before March 2023.
Result<State> state_of_legacy(const data::Object& operation) {
  std::string signing_key = TRY(text_of(*operation.find("signingKey"), "\"signingKey\""));
  std::string recovery_key = TRY(text_of(*operation.find("recoveryKey"), "\"recoveryKey\""));
  std::string handle = TRY(text_of(*operation.find("handle"), "\"handle\""));
  std::string service = TRY(text_of(*operation.find("service"), "\"service\""));
  State state;
  state.rotation_keys = {recovery_key, signing_key};
  state.verification_methods = {{"atproto", signing_key}};
  state.also_known_as = {with_at(handle)};
  state.services = {{"atproto_pds", {std::string(kHostServiceType), with_http(service)}}};
  return state;
}

Result<std::optional<ipld::Cid>> prev_of(const data::Value& value) {
  if (value.is_null()) return std::optional<ipld::Cid>();
  const std::string* text = value.text();
  if (text == nullptr) return fail(ErrorKind::corrupt, "plc.prev", "\"prev\" is neither null nor a text");
  auto cid = ipld::Cid::parse(*text);
  if (!cid) {
    return fail(ErrorKind::corrupt, "plc.prev",
                fmt::format("\"prev\" is not the CID of an operation: {}", printable(*text, 100)));
  }
  return std::optional<ipld::Cid>(*cid);
}

Result<std::string> signature_of(const data::Value& value) {
  std::string text = TRY(text_of(value, "\"sig\""));
  if (text.empty() || !base64url_decode(text)) {
    return fail(ErrorKind::corrupt, "plc.signature_encoding",
                fmt::format("a signature is not strict base64url: {}", printable(text, 120)));
  }
  return text;
}

data::Array array_of(const std::vector<std::string>& texts) { return {texts.begin(), texts.end()}; }

data::Value value_of(const State& state, const std::optional<ipld::Cid>& prev) {
  data::Object methods;
  for (const auto& [id, key] : state.verification_methods) methods.set(id, key);
  data::Object services;
  for (const auto& [id, service] : state.services)
    services.set(id, data::Object().set("type", service.type).set("endpoint", service.endpoint));
  data::Object operation;
  operation.set("type", "plc_operation")
      .set("rotationKeys", array_of(state.rotation_keys))
      .set("verificationMethods", std::move(methods))
      .set("alsoKnownAs", array_of(state.also_known_as))
      .set("services", std::move(services))
      .set("prev", prev ? data::Value(prev->str()) : data::Value());
  return operation;
}

// An operation holds texts, lists and maps of texts, and null: nothing that CBOR could refuse.
Bytes encode(const data::Value& value) { return *data::encode_cbor(value); }

template <class Map>
bool same_map(Map a, Map b) {
  const auto by_id = [](const auto& x, const auto& y) { return x.first < y.first; };
  std::ranges::sort(a, by_id);
  std::ranges::sort(b, by_id);
  return a == b;
}

}  // namespace

const std::string* State::verification_method(std::string_view id) const {
  for (const auto& [name, key] : verification_methods) {
    if (name == id) return &key;
  }
  return nullptr;
}

const Service* State::service(std::string_view id) const {
  for (const auto& [name, service] : services) {
    if (name == id) return &service;
  }
  return nullptr;
}

std::string State::handle() const {
  constexpr std::string_view kScheme = "at://";
  for (const std::string& name : also_known_as) {
    if (name.starts_with(kScheme)) return name.substr(kScheme.size());
  }
  return {};
}

bool operator==(const State& a, const State& b) {
  return a.rotation_keys == b.rotation_keys && a.also_known_as == b.also_known_as &&
         same_map(a.verification_methods, b.verification_methods) && same_map(a.services, b.services);
}

Result<Operation> Operation::parse(const data::Value& json, const Limits& limits) {
  const data::Value* type = json.find("type");
  if (type == nullptr || type->text() == nullptr)
    return fail(ErrorKind::corrupt, "plc.operation",
                "an operation is an object with a \"type\", and this is not");
  Operation operation;
  const data::Object* object = nullptr;
  if (*type->text() == "plc_operation") {
    object = TRY(object_with(json, kOperationFields, "an operation"));
    operation.kind_ = Kind::operation;
    operation.state_ = TRY(state_of(*object));
  } else if (*type->text() == "plc_tombstone") {
    object = TRY(object_with(json, kTombstoneFields, "a tombstone"));
    operation.kind_ = Kind::tombstone;
  } else if (*type->text() == "create") {
    object = TRY(object_with(json, kLegacyFields, "a legacy operation"));
    operation.kind_ = Kind::legacy_create;
    operation.state_ = TRY(state_of_legacy(*object));
  } else {
    return fail(ErrorKind::corrupt, "plc.operation",
                fmt::format("an operation of the unknown type \"{}\"", printable(*type->text(), 64)),
                "a newer version of this program may know it");
  }
  operation.prev_ = TRY(prev_of(*object->find("prev")));
  if (operation.kind_ == Kind::tombstone && !operation.prev_)
    return fail(ErrorKind::corrupt, "plc.prev", "a tombstone follows no operation");
  if (operation.kind_ == Kind::legacy_create && operation.prev_)
    return fail(ErrorKind::corrupt, "plc.prev",
                "a legacy operation can only be the first, and this follows another");
  operation.sig_ = TRY(signature_of(*object->find("sig")));
  data::Object original = *object;
  original.remove("sig");
  operation.original_ = std::move(original);
  if (const std::size_t size = operation.signed_cbor().size(); size > limits.plc_operation_bytes) {
    return fail(ErrorKind::limit_exceeded, "plc.too_large",
                fmt::format("an operation of {} bytes, the limit is {}", size, limits.plc_operation_bytes));
  }
  return operation;
}

Result<Operation> Operation::parse_unsigned(const data::Value& json, const Limits& limits) {
  constexpr std::size_t kSignatureDigits = 86;
  const data::Object* object = json.object();
  if (object == nullptr || object->find("sig") != nullptr) {
    return fail(ErrorKind::corrupt, "plc.operation",
                "an operation that waits for its signature is an object without \"sig\", and this is not");
  }
  // Measured with the signature it will have.
  data::Object filled = *object;
  filled.set("sig", std::string(kSignatureDigits, 'A'));
  Operation operation = TRY(parse(filled, limits));
  operation.sig_.clear();
  return operation;
}

Operation Operation::make(State state, std::optional<ipld::Cid> prev) {
  Operation operation;
  operation.original_ = value_of(state, prev);
  operation.state_ = std::move(state);
  operation.prev_ = prev;
  return operation;
}

Operation Operation::make_tombstone(const ipld::Cid& prev) {
  Operation operation;
  operation.kind_ = Kind::tombstone;
  operation.prev_ = prev;
  operation.original_ = data::Object().set("type", "plc_tombstone").set("prev", prev.str());
  return operation;
}

Bytes Operation::unsigned_cbor() const { return encode(original_); }

Bytes Operation::signed_cbor() const { return encode(json()); }

ipld::Cid Operation::cid() const { return ipld::Cid::of(ipld::Codec::dag_cbor, signed_cbor()); }

data::Value Operation::json() const {
  data::Value json = original_;
  if (!sig_.empty()) json.object()->set("sig", sig_);
  return json;
}

syntax::Did Operation::derived_did() const {
  constexpr std::size_t kIdLength = 24;
  const std::string hash = base32_encode(crypto::sha256(signed_cbor()));
  return *syntax::Did::parse("did:plc:" + hash.substr(0, kIdLength));
}

Status Operation::sign(const crypto::PrivateKey& key) {
  const crypto::Signature signature = TRY(key.sign(unsigned_cbor()));
  sig_ = base64url_encode(signature);
  return {};
}

Result<std::size_t> Operation::signer(const std::vector<std::string>& keys) const {
  const Bytes message = unsigned_cbor();
  if (auto signature = base64url_decode(sig_); signature) {
    for (std::size_t rank = 0; rank < keys.size(); ++rank) {
      auto key = crypto::PublicKey::parse_did_key(keys[rank]);
      if (key && key->verify(message, *signature)) return rank;
    }
  }
  return fail(ErrorKind::untrusted, "plc.signature",
              fmt::format("the operation is not signed by any of the {} keys that may sign it", keys.size()));
}

}  // namespace atb::plc
