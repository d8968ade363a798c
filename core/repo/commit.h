// Signed commits (https://atproto.com/specs/repository#commit-objects), version 3, and version 2 of old.
#pragma once

#include "core/base/limits.h"
#include "core/crypto/keys.h"
#include "core/ipld/cid.h"
#include "core/syntax/did.h"
#include "core/syntax/tid.h"

#include <optional>
#include <string>

namespace atb::repo {

struct Commit {
  syntax::Did did;
  int version = 3;
  ipld::Cid data;                  // root of the MST
  std::optional<syntax::Tid> rev;  // always there in version 3
  std::optional<ipld::Cid> prev;   // nearly always empty in version 3
  bool has_prev_field =
      true;  // false: there is no "prev", not even null, as early servers wrote; kept for the signature
  Bytes signature;  // 64 bytes when well-formed; not checked by decode
};

// Strict: canonical DAG-CBOR, known fields only. Ids (kind corrupt) "commit.malformed", "commit.field",
// "commit.did", "commit.rev", "commit.data"; "commit.version" (kind unsupported). What was decoded encodes to
// the same bytes.
Result<Commit> decode_commit(ByteView block, const Limits& limits);
// With the signature field.
Bytes encode_commit(const Commit& commit);
// The bytes that the signature is over: the same object without "sig".
Bytes unsigned_bytes(const Commit& commit);
// Errors as PublicKey::verify.
Status check_signature(const Commit& commit, const crypto::PublicKey& key);
// Fills `signature`.
Status sign_commit(Commit& commit, const crypto::PrivateKey& key);

}  // namespace atb::repo
