#include "core/migrate/late.h"

#include "core/base/text.h"
#include "core/data/cbor.h"
#include "core/exporter/exporter.h"
#include "core/exporter/fetch_blobs.h"
#include "core/migrate/compare_trees.h"

#include <fmt/format.h>

#include <algorithm>

namespace atb::migrate {
namespace {

std::string late_folder(const Move& move) { return os::join(move.paths.folder, "late"); }

std::string text_of(const std::optional<ipld::Cid>& cid) { return cid ? cid->str() : "-"; }

Result<std::optional<ipld::Cid>> cid_of(std::string_view text) {
  if (text == "-") return std::optional<ipld::Cid>();
  return std::optional(TRY(ipld::Cid::parse(text)));
}

// Blocks of the late records, and the blobs they name.
class LateContent {
 public:
  static Result<LateContent> open(Move& move) {
    LateContent content;
    content.backup_ = TRY(backup::open_backup(move.context.fs, late_folder(move)));
    content.repository_ = TRY(
        content.backup_->open_repository(move.context.limits, *content.ignored_, no_progress(), move.stop()));
    return content;
  }
  ipld::BlockSource& blocks() { return repository_->blocks(); }
  const backup::BackupSource& backup() const { return *backup_; }

 private:
  std::unique_ptr<Report> ignored_ = std::make_unique<Report>();
  std::unique_ptr<backup::BackupSource> backup_;
  std::unique_ptr<backup::Repository> repository_;
};

Result<exporter::Exported> fetch_late(Move& move) {
  auto identity = TRY(fetch_identity(move));
  auto session = TRY(move.old_host.open_session());
  // Deactivated by now: only the session opens it.
  const exporter::Origin origin{std::move(identity), move.old_host.host(), std::move(session), false};
  exporter::Options options;
  options.host = move.old_host.host().origin();
  options.blobs = false;
  return exporter::export_folder_from(move.context, origin, late_folder(move), options);
}

Status fetch_blobs_of(Move& move, const std::vector<LateRecord>& records) {
  std::vector<ipld::Cid> wanted;
  {
    LateContent content = TRY(LateContent::open(move));
    Bytes buffer;
    for (const LateRecord& record : records) {
      if (!record.now) continue;
      const ByteView block = TRY(content.blocks().get(*record.now, buffer));
      for (const data::BlobRef& blob : data::scan_record(block, move.context.limits).blobs)
        wanted.push_back(blob.cid);
    }
  }
  std::ranges::sort(wanted);
  const auto repeated = std::ranges::unique(wanted);
  wanted.erase(repeated.begin(), repeated.end());
  if (wanted.empty()) return {};
  auto folder = TRY(backup::FolderWriter::begin(move.context.fs, move.context.random, late_folder(move)));
  const xrpc::Client host = TRY(move.old_host.client());
  const auto fetched =
      TRY(exporter::fetch_blobs(move.context, host, move.did, wanted, move.options.jobs, folder));
  for (const backup::MissingBlob& blob : fetched.missing)
    move.world.watcher.finding({"blob.missing", Severity::missing, blob.cid.str(), blob.reason});
  return {};
}

Result<std::optional<std::string>> cid_on_new(Move& move, const syntax::RepoPath& path) {
  auto cid = xrpc::get_record(TRY(move.new_host.client()), move.did, path, move.stop());
  if (cid) return std::optional(*std::move(cid));
  if (cid.error().kind == ErrorKind::not_found) return std::optional<std::string>();
  return cid.error();
}

class Bringer {
 public:
  Bringer(Move& move, LateContent& content) : move_(move), content_(content) {}

  Status bring(const LateRecord& record) {
    const auto path = TRY(syntax::RepoPath::parse(record.path));
    const xrpc::Client host = TRY(move_.new_host.client());
    if (!record.now) return xrpc::delete_record(host, move_.did, path, move_.stop());
    Bytes buffer;
    const ByteView block = TRY(content_.blocks().get(*record.now, buffer));
    TRY(upload_blobs_of(block, host));
    const data::Value value = TRY(data::decode_cbor(block, move_.context.limits));
    if (!record.moved) return xrpc::create_record(host, move_.did, path, value, move_.stop());
    return xrpc::put_record(host, move_.did, path, value, record.moved->str(), move_.stop());
  }

 private:
  Status upload_blobs_of(ByteView block, const xrpc::Client& host) {
    for (const data::BlobRef& blob : data::scan_record(block, move_.context.limits).blobs) {
      const auto file = content_.backup().open_blob(blob.cid);
      // One that is there already need not be here; one that is nowhere the host will ask for.
      if (!file) continue;
      TRY(xrpc::upload_blob(host, **file, blob.mime_type, move_.stop()));
    }
    return {};
  }

  Move& move_;
  LateContent& content_;
};

// What concerns the host or us ends the work; what concerns one record is noted and the rest goes on.
bool is_about_the_record(const Error& error) {
  return error.kind == ErrorKind::remote || error.kind == ErrorKind::conflict ||
         error.kind == ErrorKind::not_found || error.http_status == 500;
}

}  // namespace

Result<std::vector<LateRecord>> late_records(const Move& move) {
  std::vector<LateRecord> records;
  for (const std::string& line : lines_of(move.journal.get(fact::kLateRecords))) {
    const auto parts = split(line, ' ');
    // As gather_late_records() wrote it.
    const auto moved = TRY(cid_of(parts.size() > 1 ? parts[1] : ""));
    const auto now = TRY(cid_of(parts.back()));
    records.push_back({.path = std::string(parts[0]), .moved = moved, .now = now});
  }
  return records;
}

Status gather_late_records(Move& move) {
  const ipld::Cid moved_commit = TRY(move.backup_commit());
  const ipld::Cid moved_data = TRY(move.backup_data());
  const auto backup = TRY(backup::open_backup(move.context.fs, move.backup_path()));
  const auto& manifests = backup->manifests();
  if (!manifests.empty() && manifests.front().repository.commit != moved_commit) {
    return fail(ErrorKind::refused, "late.backup",
                move.backup_path() + " holds another state by now than the one that was moved",
                "it cannot be told what the old host has besides; look with 'atbackup export' from there");
  }
  const exporter::Exported late = TRY(fetch_late(move));
  std::vector<LateRecord> records;
  if (late.proof.commit->data != moved_data) {
    Report ignored;
    auto before = TRY(backup->open_repository(move.context.limits, ignored, no_progress(), move.stop()));
    LateContent after = TRY(LateContent::open(move));
    TreeDifference difference =
        TRY(compare_trees({before->blocks(), moved_data}, {after.blocks(), late.proof.commit->data},
                          move.context.limits, move.stop()));
    for (ChangedRecord& one : difference.records)
      records.push_back({.path = std::move(one.path), .moved = one.before, .now = one.after});
  }
  TRY(fetch_blobs_of(move, records));
  std::vector<std::string> lines;
  lines.reserve(records.size());
  for (const LateRecord& record : records)
    lines.push_back(record.path + " " + text_of(record.moved) + " " + text_of(record.now));
  TRY(move.journal.set(fact::kLateRecords, join_lines(lines)));
  TRY(move.journal.set(fact::kLateDecision, ""));
  return move.journal.set(fact::kLateHead, late.proof.commit_cid.str());
}

Result<Standing> place_of(Move& move, const LateRecord& record) {
  const auto there = TRY(cid_on_new(move, TRY(syntax::RepoPath::parse(record.path))));
  const auto is = [&](const std::optional<ipld::Cid>& cid) { return cid ? there == cid->str() : !there; };
  if (is(record.now)) return Standing::there;
  return is(record.moved) ? Standing::open : Standing::overtaken;
}

Status bring_late_records(Move& move, const std::vector<LateRecord>& records) {
  LateContent content = TRY(LateContent::open(move));
  Bringer bringer(move, content);
  std::size_t failed = 0;
  for (const LateRecord& record : records) {
    TRY(check_stop(move.stop()));
    if (TRY(place_of(move, record)) != Standing::open) continue;
    Status brought = bringer.bring(record);
    if (!brought && !is_about_the_record(brought.error())) return brought;
    // A lost reply cannot be told from a lost request, and a host may say 500 to what is there already.
    if (TRY(place_of(move, record)) != Standing::open) continue;
    move.world.watcher.finding(
        {"late.record", Severity::missing, record.path,
         brought ? "the new host said yes, but it is not there" : brought.error().message});
    ++failed;
  }
  if (failed == 0) return {};
  return fail(ErrorKind::incomplete, "late.not_brought",
              fmt::format("{} of {} records could not be brought over, named above", failed, records.size()),
              "they are kept in " + late_folder(move) + "; 'atbackup migrate resume " + move.did.str() +
                  " --bring-late-posts' tries again");
}

std::string describe_late(const std::vector<LateRecord>& records) {
  constexpr std::size_t kShown = 10;
  std::string text;
  for (std::size_t i = 0; i < std::min(records.size(), kShown); ++i) {
    const LateRecord& one = records[i];
    text += fmt::format("  {} {}\n",
                        !one.now    ? "deleted"
                        : one.moved ? "changed"
                                    : "written",
                        printable(one.path, 200));
  }
  if (records.size() > kShown) text += fmt::format("  and {} more\n", records.size() - kShown);
  return text;
}

}  // namespace atb::migrate
