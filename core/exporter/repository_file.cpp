#include "core/exporter/repository_file.h"

#include "core/base/encoding.h"
#include "core/base/text.h"
#include "core/crypto/sha256.h"

#include <fmt/format.h>

namespace atb::exporter {
namespace {

constexpr std::uint64_t kMargin = 16U << 20;

class HashingSink final : public ByteSink {
 public:
  HashingSink(ByteSink& out, bool hashed) : out_(out), hashed_(hashed) {}
  Status write(ByteView bytes) override {
    if (hashed_) hash_.update(bytes);
    return out_.write(bytes);
  }
  std::string hex() { return hashed_ ? hex_encode(hash_.finish()) : std::string(); }

 private:
  ByteSink& out_;
  bool hashed_;
  crypto::Sha256 hash_;
};

// The CAR is a little larger than what was spooled: each block has its CID beside it.
Status check_room(const Context& context, const std::string& folder, const car::Spool& spool) {
  const std::uint64_t free = TRY(context.fs.free_space(folder));
  const std::uint64_t needed = spool.bytes() + spool.bytes() / 8 + kMargin;
  if (free >= needed) return {};
  return fail(
      ErrorKind::no_space, "export.no_space",
      fmt::format("{} has {} free, and {} are needed", folder, human_bytes(free), human_bytes(needed)),
      "make room, or export to another disk; nothing was changed");
}

Status write_rejected(const Context& context, car::Spool& spool, const ipld::Cid& root,
                      const std::string& path) {
  auto file = TRY(os::AtomicFile::create(context.fs, context.random, path));
  TRY(backup::write_as_they_lie(spool, spool.index(), root, file, context.stop));
  return file.commit();
}

bool is_worth_a_look(const Error& error) {
  return error.kind == ErrorKind::untrusted || error.kind == ErrorKind::corrupt ||
         error.kind == ErrorKind::incomplete;
}

}  // namespace

struct RepositoryFile::Under {
  Under(car::BlockIndex& index, os::AtomicFile& file, bool hashed)
      : hashing(file, hashed), behind(hashing), writer(index, behind) {}

  HashingSink hashing;
  os::WriteBehind behind;
  backup::DepthFirstWriter writer;
};

RepositoryFile::RepositoryFile(const Context& context, Setup setup)
    : context_(context), setup_(std::move(setup)) {}
RepositoryFile::~RepositoryFile() = default;

void RepositoryFile::begin(car::Spool& spool) {
  discard();
  spool_ = &spool;
}

Status RepositoryFile::commit(const verify::RepoProof& proof) {
  if (!proof.authentic || proof.wrong_did) return {};
  TRY(check_room(context_, os::parent_of(setup_.path), *spool_));
  file_.emplace(TRY(setup_.create()));
  under_ = std::make_unique<Under>(spool_->index(), *file_, setup_.hashed);
  return under_->writer.begin(proof.commit_cid);
}

Status RepositoryFile::reached(const ipld::Cid& cid, ByteView block) {
  return under_ != nullptr ? under_->writer.put(cid, block) : Status();
}

Status RepositoryFile::end() {
  facts_ = TRY(under_->writer.finish(*spool_, context_.stop));
  TRY(under_->behind.finish());
  sha256_ = under_->hashing.hex();
  under_.reset();
  spool_ = nullptr;
  context_.progress.report({.phase = "writing",
                            .bytes = facts_.bytes,
                            .items = facts_.blocks,
                            .items_total = facts_.blocks,
                            .done = true});
  return {};
}

void RepositoryFile::discard() {
  under_.reset();
  file_.reset();
  spool_ = nullptr;
}

Error keep_rejected(const Context& context, car::Spool& spool, const std::optional<ipld::Cid>& root,
                    const std::string& path, Error error) {
  if (!is_worth_a_look(error) || !root || spool.index().size() == 0) return error;
  const Status kept = write_rejected(context, spool, *root, path);
  if (kept) return std::move(error).while_("what came is kept as " + path + ", for a look; it is no backup");
  return std::move(error).while_("what came could not be kept as " + path + ": " + kept.error().message);
}

verify::KeyEvidence evidence_of(const identity::Identity& identity) {
  return {.log = identity.log ? &*identity.log : nullptr, .document = &identity.document, .given = {}};
}

xrpc::Client host_client(const Context& context, const Origin& origin) {
  account::Session* session = origin.active ? nullptr : origin.session.get();
  return {context.http, origin.host, session, context.limits, context.clock};
}

Exported describe(const Origin& origin, std::string path) {
  const auto& identity = origin.identity;
  Exported exported{.did = identity.did(),
                    .handle = identity.handle ? identity.handle->str() : std::string(),
                    .host = origin.host.origin(),
                    .path = std::move(path),
                    .proof = {},
                    .report = Report()};
  for (const Finding& finding : identity.contradictions) exported.report.add(finding);
  return exported;
}

void add_repository(Exported& exported, verify::RepoProof proof, const Report& report) {
  exported.proof = std::move(proof);
  exported.report.merge(report);
}

}  // namespace atb::exporter
