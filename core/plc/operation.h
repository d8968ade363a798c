// Operations of did:plc (https://web.plc.directory/spec/v0.1/did-plc): the signed objects that make up a
// DID's history.
#pragma once

#include "core/base/limits.h"
#include "core/crypto/keys.h"
#include "core/data/value.h"
#include "core/ipld/cid.h"
#include "core/syntax/did.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace atb::plc {

struct Service {
  std::string type;
  std::string endpoint;
  friend bool operator==(const Service&, const Service&) = default;
};

// What an operation says about the DID. Order of rotation keys is their rank: index 0 is the highest
// authority.
struct State {
  std::vector<std::string> rotation_keys;                                 // did:key
  std::vector<std::pair<std::string, std::string>> verification_methods;  // id -> did:key
  std::vector<std::string> also_known_as;                 // URIs; the first at:// one is the handle
  std::vector<std::pair<std::string, Service>> services;  // id -> service

  const std::string* verification_method(std::string_view id) const;
  const Service* service(std::string_view id) const;
  // The handle of the first at:// URI, or empty.
  std::string handle() const;
  friend bool operator==(const State&, const State&);  // maps compare as maps
};

enum class Kind : std::uint8_t { operation, tombstone, legacy_create };

// An operation as it stands in a log. Signatures and CIDs are over the original form, legacy included.
class Operation {
 public:
  // Strict: exactly the fields of its kind, signed. Ids (kind corrupt) "plc.operation", "plc.field",
  // "plc.signature_encoding" (padding, white space, stray bits), "plc.prev"; "plc.too_large" (kind
  // limit_exceeded).
  static Result<Operation> parse(const data::Value& json, const Limits& limits);
  // The same for one that waits for its signature: all fields but "sig", which must not be there.
  static Result<Operation> parse_unsigned(const data::Value& json, const Limits& limits);
  // An unsigned operation that follows `prev` (empty: genesis).
  static Operation make(State state, std::optional<ipld::Cid> prev);
  static Operation make_tombstone(const ipld::Cid& prev);

  Kind kind() const { return kind_; }
  const std::optional<ipld::Cid>& prev() const { return prev_; }
  // Normalised: a legacy genesis is shown as the operation it stands for. Empty for a tombstone.
  const State& state() const { return state_; }
  const std::string& signature_text() const { return sig_; }  // base64url; empty while unsigned

  Bytes unsigned_cbor() const;
  Bytes signed_cbor() const;
  ipld::Cid cid() const;  // of signed_cbor()
  data::Value json() const;
  // For a signed genesis operation: the DID it makes.
  syntax::Did derived_did() const;

  Status sign(const crypto::PrivateKey& key);
  // Which of `keys` (did:key, best rank first) signed it; "plc.signature" (untrusted) when none did. A key
  // that cannot be read, or is of another curve, signed nothing.
  Result<std::size_t> signer(const std::vector<std::string>& keys) const;

 private:
  Operation() = default;
  Kind kind_ = Kind::operation;
  std::optional<ipld::Cid> prev_;
  State state_;
  data::Value original_;  // without sig
  std::string sig_;
};

// What the directory takes (https://github.com/did-method-plc/did-method-plc,
// packages/server/src/constraints.ts), which is less than the specification allows. Lengths are in UTF-16
// units, as the directory counts.
constexpr std::size_t kDirectoryOperationBytes = 4000;
constexpr std::size_t kDirectoryRotationKeys = 10;
constexpr std::size_t kDirectoryEntries = 10;  // names, services, verification methods
constexpr std::size_t kDirectoryNameLength = 258;
constexpr std::size_t kDirectoryIdLength = 32;
constexpr std::size_t kDirectoryServiceTypeLength = 256;
constexpr std::size_t kDirectoryEndpointLength = 512;
constexpr std::size_t kDirectoryKeyLength = 256;

// Would the directory take it? An unsigned operation is measured with the signature it will have. Ids
// "plc.too_large", "plc.too_many_keys", "plc.limit" (a count, a length, a name twice, a rotation key it does
// not know); kind refused.
Status check_directory_limits(const Operation& operation);

}  // namespace atb::plc
