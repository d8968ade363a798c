#include "core/exporter/repository_file.h"

#include "core/base/encoding.h"
#include "core/crypto/sha256.h"
#include "core/exporter/room.h"

namespace atb::exporter {
namespace {

class HashingSink final : public ByteSink {
 public:
  explicit HashingSink(ByteSink& out) : out_(out) {}
  Status write(ByteView bytes) override {
    hash_.update(bytes);
    return out_.write(bytes);
  }
  std::string hex() { return hex_encode(hash_.finish()); }

 private:
  ByteSink& out_;
  crypto::Sha256 hash_;
};

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
      : hashing(file), behind(hashed ? static_cast<ByteSink&>(hashing) : file), writer(index, behind) {}

  HashingSink hashing;  // passed by where nobody wants a hash
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
  // A little more than was spooled: each block has its CID beside it.
  const std::uint64_t spooled = spool_->bytes();
  TRY(check_room(context_.fs, os::parent_of(setup_.path), spooled + spooled / 8));
  file_.emplace(TRY(setup_.create()));
  file_->sync_along();
  under_ = std::make_unique<Under>(spool_->index(), *file_, setup_.hashed);
  return under_->writer.begin(proof.commit_cid);
}

Status RepositoryFile::reached(const ipld::Cid& cid, ByteView block) {
  return under_ != nullptr ? under_->writer.put(cid, block) : Status();
}

Status RepositoryFile::end() {
  facts_ = TRY(under_->writer.finish(*spool_, context_.stop));
  TRY(under_->behind.finish());
  if (setup_.hashed) sha256_ = under_->hashing.hex();
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
                    .handle = {},
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
