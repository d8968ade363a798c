// The repository into the new host: whole; in pieces when the host does not take it whole; under a commit
// signed anew when the host asks for a signature by the key that the identity names now.
#include "core/base/text.h"
#include "core/migrate/host_ways.h"
#include "core/migrate/import_difference.h"
#include "core/migrate/leave.h"
#include "core/migrate/returning.h"

#include <fmt/format.h>

#include <algorithm>

namespace atb::migrate {
namespace {

constexpr std::uint64_t kSmallestPiece = 1U << 10;

// Too large as it is, or so large that a proxy lost its patience while the host was at work.
bool outgrown(const Error& error) {
  return too_large(error) || error.http_status == 504 || error.http_status == 524;
}

// The host looked at it, and does not want it so. A general 500 is how some hosts say no.
bool refused(const Error& error) {
  if (error.http_status == 500) return true;
  if (error.http_status < 400 || error.http_status > 499) return false;
  // Known names are about our login; a strange one may be about the commit.
  if (error.kind == ErrorKind::auth) return error.id.starts_with("xrpc.http_");
  return error.kind != ErrorKind::rate_limited && error.kind != ErrorKind::limit_exceeded;
}

std::uint64_t limit_of(const Move& move) {
  return parse_decimal(move.journal.get(fact::kImportLimit)).value_or(0);
}

// The first guess: what the host says about blobs is its limit for imports too, unless its operator has set
// another one.
std::uint64_t first_limit(Move& move, std::uint64_t car_bytes) {
  const std::uint64_t half = std::max(car_bytes / 2, kSmallestPiece);
  const auto told = xrpc::describe_server(move.new_host.anonymous(), move.stop());
  if (!told || !told->blob_limit || *told->blob_limit <= 0) return half;
  return std::clamp(static_cast<std::uint64_t>(*told->blob_limit), kSmallestPiece, half);
}

// Only without the old host: then the identity names the temporary key, and that is here.
bool can_sign_anew(const Move& move) {
  return without_old_host(move.journal) && move.secrets.get(SecretsFile::kTemporaryKey) != nullptr;
}

bool signs_anew(const Move& move) {
  return move.journal.get(fact::kImportSigned) == "yes" && can_sign_anew(move);
}

Error with_hint(Error error, std::uint64_t car_bytes, bool in_pieces) {
  if (error.remote_name == "RepoAlreadyExists") {
    error.hint =
        "the new host takes a repository only while the account is inactive there: make it so ('pds "
        "deactivate', where "
        "that host was set up), then 'atbackup migrate resume'";
  } else if (in_pieces && error.http_status == 400 && error.message.contains("not found in CAR")) {
    error.hint =
        "the repository has " + human_bytes(car_bytes) +
        ", which is more than the new host takes at once, and it takes no pieces: ask its operator to raise "
        "the limit, then 'atbackup migrate resume'";
  } else if (outgrown(error)) {
    error.hint = "the repository has " + human_bytes(car_bytes) +
                 "; the new host's operator can raise PDS_MAX_REPO_IMPORT_SIZE (and the limit of the proxy "
                 "before it), then 'atbackup migrate resume'";
  }
  return error;
}

class Import {
 public:
  Import(Move& move, backup::BackupSource& backup) : move_(move), backup_(backup) {}

  Status run() {
    const bool older_one = TRY(has_an_older_one());
    if (older_one && TRY(send_difference())) return {};
    const auto car = TRY(backup_.open_car());
    if (limit_of(move_) == 0 && !signs_anew(move_)) {
      Status whole = xrpc::import_repo(TRY(move_.new_host.client()), *car, move_.stop());
      if (whole || !TRY(another_way(whole.error(), car->size())))
        return judged(std::move(whole), car->size());
    }
    TRY(prepare());
    for (;;) {
      const std::uint64_t limit = limit_of(move_);
      PieceImport pieces(move_, *repository_, TRY(last_commit()), *signer_, records());
      Status sent = pieces.send(limit == 0 ? UINT64_MAX : limit);
      if (sent) return {};
      const bool again = outgrown(sent.error()) ? TRY(smaller(sent.error(), limit, pieces.last_piece()))
                                                : TRY(another_way(sent.error(), car->size()));
      if (!again) return judged(std::move(sent), car->size());
    }
  }

 private:
  // The account lived there before, or an import of ours has been there.
  Result<bool> has_an_older_one() {
    if (returns(move_.journal)) return true;
    const std::string phase = TRY(move_.journal.last_phase("import"));
    return phase == name_of(Phase::observed) || phase == name_of(Phase::skipped);
  }

  // False: all must be sent. A host that does with a difference what it would do with the whole has another
  // tree then, and is given the whole too.
  Result<bool> send_difference() {
    TRY(prepare());
    const auto sent = import_difference(move_, *repository_, TRY(last_commit()), limit_of(move_));
    if (sent) return *sent && TRY(it_is_there());
    if (refused(sent.error()) || outgrown(sent.error())) return it_is_there();
    return sent.error();
  }

  Result<bool> smaller(const Error& error, std::uint64_t limit, PieceImport::Sent last) {
    if (!too_large(error) && TRY(it_is_there())) return false;
    if (last.records <= 1 || limit == kSmallestPiece) {
      // When the operator has raised it, the next run begins with the whole.
      TRY(move_.journal.set(fact::kImportLimit, ""));
      return false;
    }
    TRY(set_limit(std::min(limit == 0 ? last.bytes : limit, last.bytes) / 2));
    return true;
  }

  Result<bool> it_is_there() {
    std::string detail;
    return new_host_has_backup(move_, detail);
  }

  // What the refusal leaves to be tried, noted in the journal. False: nothing.
  Result<bool> another_way(const Error& error, std::uint64_t car_bytes) {
    if (outgrown(error) && limit_of(move_) == 0) {
      if (!too_large(error) && TRY(it_is_there())) return false;
      if (error.http_status == 400) TRY(met(move_, "size-is-400"));
      TRY(set_limit(first_limit(move_, car_bytes)));
      return true;
    }
    if (refused(error) && can_sign_anew(move_) && !signs_anew(move_)) {
      if (TRY(it_is_there())) return false;
      move_.context.log.write(
          LogLevel::info, "migrate",
          "the import was refused, so the commit is signed by the temporary key: " + error.message);
      TRY(move_.journal.set(fact::kImportSigned, "yes"));
      return true;
    }
    return false;
  }

  Status set_limit(std::uint64_t limit) {
    limit = std::max(limit, kSmallestPiece);
    move_.context.log.write(LogLevel::info, "migrate",
                            "the repository goes over in pieces of at most " + human_bytes(limit));
    return move_.journal.set(fact::kImportLimit, fmt::format("{}", limit));
  }

  Status judged(Status status, std::uint64_t car_bytes) {
    if (status) return status;
    Error error = with_hint(std::move(status).error(), car_bytes, limit_of(move_) != 0);
    if (error.remote_name == "RepoAlreadyExists") TRY(met(move_, "imports-while-inactive"));
    if (error.message.contains("not found in CAR")) {
      TRY(met(move_, "whole-imports-only"));
      // When the operator has raised it, the next run begins with the whole.
      TRY(move_.journal.set(fact::kImportLimit, ""));
    }
    return error;
  }

  Status prepare() {
    if (repository_) return {};
    repository_ = TRY(
        backup_.open_repository(move_.context.limits, move_.report, move_.context.progress, move_.stop()));
    if (can_sign_anew(move_)) {
      signer_ = TRY(temporary_key(move_));
    } else {
      // Nobody looks at the signatures of what lies between, or the import ends with the host's refusal.
      signer_ = TRY(crypto::PrivateKey::generate(crypto::Curve::k256, move_.context.random));
    }
    return {};
  }

  Result<LastCommit> last_commit() {
    const ipld::Cid cid = TRY(move_.backup_commit());
    Bytes buffer;
    const ByteView block = TRY(repository_->blocks().get(cid, buffer));
    repo::Commit commit = TRY(repo::decode_commit(block, move_.context.limits));
    if (!signs_anew(move_)) return LastCommit{commit, cid, Bytes(block.begin(), block.end())};
    commit.version = 3;
    commit.prev.reset();
    commit.has_prev_field = true;
    commit.rev = syntax::next_tid(commit.rev ? &*commit.rev : nullptr, move_.context.clock.wall_us(), 0);
    TRY(repo::sign_commit(commit, *signer_));
    Bytes signed_block = repo::encode_commit(commit);
    const ipld::Cid signed_cid = ipld::Cid::of(ipld::Codec::dag_cbor, signed_block);
    return LastCommit{std::move(commit), signed_cid, std::move(signed_block)};
  }

  std::uint64_t records() const {
    const auto& manifests = backup_.manifests();
    return manifests.empty() ? 0 : manifests.front().repository.records;
  }

  Move& move_;
  backup::BackupSource& backup_;
  std::unique_ptr<backup::Repository> repository_;
  std::optional<crypto::PrivateKey> signer_;
};

}  // namespace

Status import_now(Move& move) {
  const auto backup = TRY(backup::open_backup(move.context.fs, move.backup_path()));
  TRY(move.journal.set(fact::kImported, ""));
  TRY(Import(move, *backup).run());
  return move.journal.set(fact::kImported, TRY(move.backup_commit()).str());
}

}  // namespace atb::migrate
