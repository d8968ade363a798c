// ls and cat: looking into a backup.
#include "core/look/look.h"

#include "cli/commands/commands.h"
#include "cli/render/verdict.h"
#include "core/backup/folder.h"
#include "core/base/text.h"
#include "core/data/json.h"

#include <fmt/format.h>

#include <algorithm>

namespace atb::cli {
namespace {

constexpr std::size_t kLinesBytes = 64U << 10;

class NoRecords final : public look::RecordSink {
 public:
  Status record(const look::Record&) override { return {}; }
};

std::string_view key_of(std::string_view path) {
  return path.substr(std::min(path.find('/') + 1, path.size()));
}

// A line a record, many lines a write.
class Listing final : public look::RecordSink {
 public:
  explicit Listing(Shell& shell) : shell_(shell) {}

  Status record(const look::Record& record) override {
    ++listed_;
    shell_.object(data::Object().set("type", "record").set("uri", record.uri).set("cid", record.cid.str()));
    if (!shell_.json()) {
      lines_ += fmt::format("{:<13}  {}\n", printable(key_of(record.path)), record.cid.str());
      if (lines_.size() >= kLinesBytes) flush();
    }
    if (!shell_.output_lost()) return {};
    return fail(ErrorKind::io, "output.closed", "cannot write the list: nobody reads it any more");
  }
  void flush() {
    shell_.text(lines_);
    lines_.clear();
  }
  std::uint64_t listed() const { return listed_; }

 private:
  Shell& shell_;
  std::string lines_;
  std::uint64_t listed_ = 0;
};

class Keeper final : public look::RecordSink {
 public:
  Status record(const look::Record& record) override {
    object = look::record_object(record, Limits{});
    deviation = record.deviation;
    return {};
  }
  std::optional<data::Object> object;
  std::string deviation;
};

Result<verify::Verdict> look_at(Shell& shell, const std::string& from, const look::Query& query,
                                look::RecordSink& sink) {
  const auto source = TRY(backup::open_backup(shell.world().fs, from));
  verify::Options options;
  options.now_us = shell.world().clock.wall_us();
  // A live line would run into the list.
  Progress& progress = shell.world().streams.out_is_terminal ? no_progress() : shell.progress();
  return look::look(*source, query, options, sink, progress, shell.world().stop);
}

// The whole list in memory: it is the proof's, ten thousand collections at most.
void list_collections(Shell& shell, const verify::RepoProof& proof) {
  std::size_t width = 0;
  for (const auto& [name, count] : proof.collections) width = std::max(width, printable(name).size());
  std::uint64_t rest = proof.records;
  for (const auto& [name, count] : proof.collections) {
    rest -= count;
    shell.object(data::Object()
                     .set("type", "collection")
                     .set("collection", name)
                     .set("records", static_cast<std::int64_t>(count)));
    shell.text(fmt::format("{:<{}}  {:>9}\n", printable(name), width, counted(count)));
  }
  if (rest != 0) shell.tell(fmt::format("{} records are in further collections\n", counted(rest)));
}

ExitCode finish_ls(Shell& shell, const verify::Verdict& verdict, const std::string& from,
                   std::uint64_t listed) {
  const ExitCode code = exit_code_of(verdict);
  show_beside(shell, verdict, code, from);
  return shell.summary("ls", code,
                       summary_head(verdict)
                           .set("records", static_cast<std::int64_t>(verdict.proof.records))
                           .set("listed", static_cast<std::int64_t>(listed)));
}

ExitCode ls_collections(Shell& shell, const std::string& from, const look::Query& query) {
  NoRecords sink;
  const auto verdict = look_at(shell, from, query, sink);
  if (!verdict) return shell.error(verdict.error());
  list_collections(shell, verdict->proof);
  return finish_ls(shell, *verdict, from, verdict->proof.collections.size());
}

// Where a record may be in what was lost, its absence proves nothing.
Error not_found(const std::string& uri, ExitCode code) {
  const std::string name = printable(uri);
  switch (code) {
    case ExitCode::damaged:
      return {ErrorKind::corrupt, "look.lost_or_absent",
              name + " is not in what is left of the damaged backup",
              "look into an older copy, or export again"};
    case ExitCode::untrusted:
      return {ErrorKind::untrusted, "look.lost_or_absent",
              name + " is not in it, and the backup is not authentic",
              "export again from the account's own host"};
    default:
      return {ErrorKind::not_found, "look.no_record", "the backup holds no record " + name,
              "'atbackup ls' lists what it holds"};
  }
}

}  // namespace

ExitCode run_ls(Shell& shell, const LsOptions& options) {
  const auto query = look::parse_query(options.what);
  if (!query) return shell.error(query.error());
  if (query->collection.empty()) return ls_collections(shell, options.from, *query);
  Listing listing(shell);
  const auto verdict = look_at(shell, options.from, *query, listing);
  listing.flush();
  if (!verdict) return shell.error(verdict.error());
  if (listing.listed() == 0) shell.tell("no record of " + printable(options.what) + " is in it\n");
  return finish_ls(shell, *verdict, options.from, listing.listed());
}

ExitCode run_cat(Shell& shell, const CatOptions& options) {
  const auto query = look::parse_record_query(options.uri);
  if (!query) return shell.error(query.error());
  Keeper keeper;
  const auto verdict = look_at(shell, options.from, *query, keeper);
  if (!verdict) return shell.error(verdict.error());
  const ExitCode code = exit_code_of(*verdict);
  if (!keeper.object) {
    show_beside(shell, *verdict, code, options.from);
    return shell.error(not_found(options.uri, code));
  }
  const data::Value* value = keeper.object->find("value");
  // Without a value, the bytes say it.
  shell.text(
      data::to_json(value->is_null() ? data::Value(*keeper.object) : *value, data::JsonStyle::indented) +
      "\n");
  if (!keeper.deviation.empty()) {
    shell.tell(fmt::format(
        "the record is authentic, and outside the protocol's data model ({}): --json shows its exact bytes\n",
        keeper.deviation));
  }
  data::Object line = data::Object().set("type", "record");
  for (const auto& [name, member] : keeper.object->entries()) line.set(name, member);
  shell.object(line);
  show_beside(shell, *verdict, code, options.from);
  return shell.summary("cat", code, summary_head(*verdict));
}

}  // namespace atb::cli
