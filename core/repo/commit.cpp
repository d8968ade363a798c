#include "core/repo/commit.h"

#include "core/base/text.h"
#include "core/data/cbor.h"
#include "core/ipld/cbor_writer.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace atb::repo {
namespace {

Error damaged(std::string_view id, std::string message) {
  return {ErrorKind::corrupt, id, std::move(message)};
}

Error missing(std::string_view field) {
  return damaged("commit.field", fmt::format("the commit has no field \"{}\"", field));
}

Error wrong_type(std::string_view field) {
  return damaged("commit.field", fmt::format("field \"{}\" of the commit is of the wrong type", field));
}

Result<int> read_version(const data::Value& object) {
  const data::Value* value = object.find("version");
  if (value == nullptr) return std::unexpected(missing("version"));
  const std::int64_t* version = value->integer();
  if (version == nullptr) return std::unexpected(wrong_type("version"));
  if (*version != 2 && *version != 3) {
    return fail(ErrorKind::unsupported, "commit.version",
                fmt::format("the commit is of version {}, versions 2 and 3 are known", *version),
                "look for a newer version of this program");
  }
  return static_cast<int>(*version);
}

Status check_names(const data::Object& object) {
  static constexpr std::array<std::string_view, 6> kFields = {"did", "rev", "sig", "data", "prev", "version"};
  for (const auto& [name, value] : object.entries()) {
    if (std::ranges::find(kFields, name) == kFields.end()) {
      return std::unexpected(damaged(
          "commit.field", fmt::format("the commit has an unknown field \"{}\"", printable(name, 60))));
    }
  }
  return {};
}

Result<syntax::Did> read_did(const data::Value& object) {
  const data::Value* value = object.find("did");
  if (value == nullptr) return std::unexpected(missing("did"));
  if (value->text() == nullptr) return std::unexpected(wrong_type("did"));
  auto did = syntax::Did::parse(*value->text());
  if (!did)
    return std::unexpected(
        damaged("commit.did", fmt::format("the DID of the commit is wrong: {}", did.error().message)));
  return did;
}

Result<std::optional<syntax::Tid>> read_rev(const data::Value& object, int version) {
  const data::Value* value = object.find("rev");
  if (value == nullptr) {
    if (version >= 3) return std::unexpected(missing("rev"));
    return std::optional<syntax::Tid>();
  }
  if (value->text() == nullptr) return std::unexpected(wrong_type("rev"));
  const auto rev = syntax::Tid::parse(*value->text());
  if (!rev)
    return std::unexpected(
        damaged("commit.rev", fmt::format("the rev of the commit is wrong: {}", rev.error().message)));
  return std::optional(*rev);
}

Result<ipld::Cid> read_data(const data::Value& object) {
  const data::Value* value = object.find("data");
  if (value == nullptr) return std::unexpected(missing("data"));
  if (value->link() == nullptr) return std::unexpected(wrong_type("data"));
  if (value->link()->codec() != ipld::Codec::dag_cbor) {
    return std::unexpected(
        damaged("commit.data", "the commit's link to the tree says codec raw instead of dag-cbor"));
  }
  return *value->link();
}

Result<Bytes> read_signature(const data::Value& object) {
  const data::Value* value = object.find("sig");
  if (value == nullptr) return std::unexpected(missing("sig"));
  if (value->bytes() == nullptr) return std::unexpected(wrong_type("sig"));
  return *value->bytes();
}

enum class Signed : std::uint8_t { with_signature, without };

Bytes encode(const Commit& commit, Signed what) {
  const bool signature = what == Signed::with_signature;
  ipld::CborWriter cbor;
  cbor.map(3U + (commit.rev ? 1U : 0U) + (commit.has_prev_field ? 1U : 0U) + (signature ? 1U : 0U));
  cbor.key("did");
  cbor.text(commit.did.view());
  if (commit.rev) {
    cbor.key("rev");
    cbor.text(commit.rev->str());
  }
  if (signature) {
    cbor.key("sig");
    cbor.bytes(commit.signature);
  }
  cbor.key("data");
  cbor.link(commit.data);
  if (commit.has_prev_field) {
    cbor.key("prev");
    if (commit.prev) {
      cbor.link(*commit.prev);
    } else {
      cbor.null();
    }
  }
  cbor.key("version");
  cbor.integer(commit.version);
  return cbor.take();
}

}  // namespace

Result<Commit> decode_commit(ByteView block, const Limits& limits) {
  if (block.size() > limits.block_bytes) {
    return fail(
        ErrorKind::limit_exceeded, "commit.malformed",
        fmt::format("the commit has {} bytes, a block has at most {}", block.size(), limits.block_bytes));
  }
  const auto value = data::decode_cbor(block, limits);
  if (!value) {
    Error error =
        damaged("commit.malformed", fmt::format("the block is no commit: {}", value.error().message));
    error.offset = value.error().offset;
    error.context.push_back(value.error().id);
    return std::unexpected(std::move(error));
  }
  if (value->object() == nullptr)
    return std::unexpected(damaged("commit.malformed", "the block is no commit: it is no map"));

  // The version first: another version may have other fields.
  const int version = TRY(read_version(*value));
  TRY(check_names(*value->object()));
  auto did = TRY(read_did(*value));
  const ipld::Cid root = TRY(read_data(*value));
  const auto rev = TRY(read_rev(*value, version));
  Commit commit{std::move(did), version, root, rev, {}, true, {}};
  commit.signature = TRY(read_signature(*value));
  const data::Value* prev = value->find("prev");
  commit.has_prev_field = prev != nullptr;
  if (prev != nullptr && !prev->is_null()) {
    if (prev->link() == nullptr) return std::unexpected(wrong_type("prev"));
    commit.prev = *prev->link();
  }
  return commit;
}

Bytes encode_commit(const Commit& commit) { return encode(commit, Signed::with_signature); }

Bytes unsigned_bytes(const Commit& commit) { return encode(commit, Signed::without); }

Status check_signature(const Commit& commit, const crypto::PublicKey& key) {
  return key.verify(unsigned_bytes(commit), commit.signature);
}

Status sign_commit(Commit& commit, const crypto::PrivateKey& key) {
  const crypto::Signature signature = TRY(key.sign(unsigned_bytes(commit)));
  commit.signature = to_bytes(signature);
  return {};
}

}  // namespace atb::repo
