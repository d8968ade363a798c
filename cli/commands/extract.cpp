#include "core/look/extract.h"

#include "cli/commands/commands.h"
#include "cli/render/verdict.h"
#include "core/backup/folder.h"
#include "core/base/text.h"

#include <fmt/format.h>

namespace atb::cli {
namespace {

Status check(Shell& shell, const ExtractOptions& options) {
  const int wanted = int{!options.records.empty()} + int{!options.car.empty()} + int{!options.blobs.empty()};
  if (wanted != 1) {
    return fail(ErrorKind::invalid_input, "usage", "one of --records, --car and --blobs is needed",
                "see 'atbackup extract --help'");
  }
  if (options.salvage && options.records.empty()) {
    return fail(ErrorKind::invalid_input, "usage", "--salvage goes with --records",
                "a CAR or blobs that are damaged come as NAME.rejected by themselves");
  }
  if (options.records == "-" && shell.json()) {
    return fail(ErrorKind::invalid_input, "usage",
                "the records and the JSON lines cannot both go to standard output",
                "use --records FILE with --json");
  }
  return {};
}

std::string_view number(std::uint64_t count, std::string_view one, std::string_view many) {
  return count == 1 ? one : many;
}

std::string words(const look::Records& records, const std::string& path) {
  std::string text =
      records.kept
          ? fmt::format("{} {} to {}\n", counted(records.records),
                        number(records.records, "record", "records"), printable(path))
          : "no commit can be read: nothing was written (--salvage looks for records all the same)\n";
  if (records.salvaged != 0) {
    text += fmt::format("  {} of them salvaged: their place in the tree is lost, and not proven\n",
                        counted(records.salvaged));
  }
  if (records.deviating != 0) {
    text += fmt::format(
        "  {} outside the protocol's data model: in \"cbor\" their lines hold the exact bytes too\n",
        counted(records.deviating));
  }
  return text;
}

ExitCode extract_records(Shell& shell, backup::BackupSource& source, const look::Context& context,
                         const std::string& path) {
  const bool to_pipe = path == "-";
  const auto records = to_pipe ? look::write_records(source, context, shell.world().streams.out)
                               : look::extract_records(source, context, path);
  if (!records) return shell.error(records.error());
  const ExitCode code = exit_code_of(records->verdict);
  if (!to_pipe) shell.text(words(*records, path));
  if (to_pipe && records->deviating + records->salvaged != 0) shell.tell(words(*records, path));
  show_beside(shell, records->verdict, code, source.name());
  return shell.summary("extract", code,
                       summary_head(records->verdict)
                           .set("path", records->kept ? path : "")
                           .set("records", static_cast<std::int64_t>(records->records))
                           .set("salvaged_records", static_cast<std::int64_t>(records->salvaged))
                           .set("deviating_records", static_cast<std::int64_t>(records->deviating)));
}

ExitCode extract_car(Shell& shell, backup::BackupSource& source, const look::Context& context,
                     const std::string& path) {
  const auto car = look::extract_car(source, context, path);
  if (!car) return shell.error(car.error());
  const ExitCode code = exit_code_of(car->verdict);
  if (car->path.empty()) {
    shell.text("nothing can be read: nothing was written\n");
  } else if (car->whole) {
    shell.text(fmt::format("the repository, {} and {} blocks, to {}\n", human_bytes(car->facts.bytes),
                           counted(car->facts.blocks), printable(car->path)));
  } else {
    shell.text(
        fmt::format("the repository is not whole and authentic: the {} blocks that hash right went to {}\n",
                    counted(car->facts.blocks), printable(car->path)));
  }
  show_beside(shell, car->verdict, code, source.name());
  return shell.summary("extract", code,
                       summary_head(car->verdict)
                           .set("path", car->path)
                           .set("whole", car->whole)
                           .set("car_bytes", static_cast<std::int64_t>(car->facts.bytes))
                           .set("blocks", static_cast<std::int64_t>(car->facts.blocks))
                           .set("extra_blocks", static_cast<std::int64_t>(car->facts.extra_blocks)));
}

ExitCode extract_blobs(Shell& shell, backup::BackupSource& source, const look::Context& context,
                       const std::string& folder) {
  const auto blobs = look::extract_blobs(source, context, folder);
  if (!blobs) return shell.error(blobs.error());
  const ExitCode code = exit_code_of(blobs->verdict);
  shell.text(fmt::format("{} {} ({}) to {}\n", counted(blobs->written),
                         number(blobs->written, "blob", "blobs"), human_bytes(blobs->bytes),
                         printable(folder)));
  if (blobs->already != 0) shell.text(fmt::format("  {} were there already\n", counted(blobs->already)));
  show_beside(shell, blobs->verdict, code, source.name());
  return shell.summary(
      "extract", code,
      summary_head(blobs->verdict)
          .set("path", folder)
          .set("blobs_referenced", static_cast<std::int64_t>(blobs->verdict.blobs_referenced))
          .set("blobs_written", static_cast<std::int64_t>(blobs->written))
          .set("blobs_already_there", static_cast<std::int64_t>(blobs->already))
          .set("blob_bytes", static_cast<std::int64_t>(blobs->bytes)));
}

}  // namespace

ExitCode run_extract(Shell& shell, const ExtractOptions& options) {
  if (auto usable = check(shell, options); !usable) return shell.error(usable.error());
  auto source = backup::open_backup(shell.world().fs, options.from);
  if (!source) return shell.error(source.error());
  verify::Options proof;
  proof.now_us = shell.world().clock.wall_us();
  const look::Context context{.fs = shell.world().fs,
                              .random = shell.world().random,
                              .options = std::move(proof),
                              .progress = shell.progress(),
                              .stop = shell.world().stop,
                              .force = options.force,
                              .reach = options.salvage ? look::Reach::salvage : look::Reach::proven};
  if (!options.records.empty()) return extract_records(shell, **source, context, options.records);
  if (!options.car.empty()) return extract_car(shell, **source, context, options.car);
  return extract_blobs(shell, **source, context, options.blobs);
}

}  // namespace atb::cli
