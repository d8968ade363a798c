#include "core/look/extract.h"

#include "core/backup/folder.h"
#include "core/base/buffered_sink.h"
#include "core/data/json.h"
#include "core/data/json_text.h"
#include "core/data/record_json.h"

namespace atb::look {
namespace {

Error file_exists(const std::string& path) {
  return {ErrorKind::refused, "look.file_exists", path + " is there already, and was left as it is",
          "give another name, or --force to replace it"};
}

class LineSink final : public RecordSink {
 public:
  LineSink(ByteSink& out, const Limits& limits, Records& counts)
      : out_(out), limits_(limits), counts_(counts) {}
  Status record(const Record& record) override {
    ++counts_.records;
    if (!record.deviation.empty()) ++counts_.deviating;
    if (!record.in_place) ++counts_.salvaged;
    if (!record.deviation.empty() || !record.in_place)
      return out_.write(as_bytes(data::to_json(record_object(record, limits_)) + "\n"));
    // The same for nearly all, without a tree for each.
    line_.assign(R"({"uri":)");
    data::append_json_text(line_, record.uri);
    line_ += R"(,"cid":")";
    record.cid.append_to(line_);
    line_ += R"(","value":)";
    data::append_record_json(line_, record.block, limits_);
    line_ += "}\n";
    return out_.write(as_bytes(line_));
  }

 private:
  ByteSink& out_;
  const Limits& limits_;
  Records& counts_;
  std::string line_;
};

// Writes the repository while it is open after its proof.
class CarTaker final : public verify::Taker {
 public:
  CarTaker(const Context& context, ByteSink& out, Car& car) : context_(context), out_(out), car_(car) {}

  Status repository(backup::Repository& repository, const verify::Verdict& so_far) override {
    const ipld::Cid& root = repository.roots().front();
    car::BlockIndex& index = *TRY(repository.index());
    car_.whole = so_far.proof.commit && so_far.proof.tree_complete && !so_far.report.has(Severity::forged);
    if (car_.whole) {
      car_.facts = TRY(backup::write_depth_first(repository.blocks(), index, root, context_.options.limits,
                                                 out_, context_.progress, context_.stop));
    } else {
      car_.facts = TRY(backup::write_as_they_lie(repository.blocks(), index, root, out_, context_.stop));
    }
    return {};
  }

 private:
  const Context& context_;
  ByteSink& out_;
  Car& car_;
};

// What belongs beside a CAR: without the log nobody can prove its key.
Status write_companion(const Context& context, const std::string& path,
                       const Result<std::optional<std::string>>& text) {
  if (!text) return std::unexpected(text.error());
  if (!*text) return {};
  return os::write_file(context.fs, context.random, path, as_bytes(**text));
}

Status check_free(const Context& context, const std::string& path) {
  if (context.force || !os::exists(context.fs, path)) return {};
  return file_exists(path);
}

}  // namespace

Result<Records> write_records(backup::BackupSource& source, const Context& context, ByteSink& out) {
  Records records;
  BufferedSink buffered(out);
  LineSink sink(buffered, context.options.limits, records);
  records.verdict =
      TRY(look(source, {}, context.options, sink, context.progress, context.stop, context.reach));
  records.kept = records.verdict.proof.commit.has_value() || records.records != 0;
  TRY(buffered.flush());
  return records;
}

Result<Records> extract_records(backup::BackupSource& source, const Context& context,
                                const std::string& path) {
  TRY(check_free(context, path));
  TRY(context.fs.make_folders(os::parent_of(path)));
  auto file = TRY(os::AtomicFile::create(context.fs, context.random, path));
  Records records = TRY(write_records(source, context, file));
  if (records.kept) TRY(file.commit());
  return records;
}

Result<Car> extract_car(backup::BackupSource& source, const Context& context, const std::string& path) {
  const std::string log_path = backup::companion_path(path, backup::kPlcLogFile);
  const std::string document_path = backup::companion_path(path, backup::kDidFile);
  for (const std::string& one : {path, log_path, document_path}) TRY(check_free(context, one));
  TRY(context.fs.make_folders(os::parent_of(path)));
  auto file = TRY(os::AtomicFile::create(context.fs, context.random, path));
  Car car;
  verify::Options options = context.options;
  options.files = false;
  options.blobs = false;
  CarTaker taker(context, file, car);
  car.verdict = TRY(verify::verify_backup(source, options, context.progress, context.stop, &taker));
  if (car.whole) {
    TRY(write_companion(context, log_path, source.plc_log()));
    TRY(write_companion(context, document_path, source.did_document()));
    TRY(file.commit());
    car.path = path;
  } else if (car.facts.blocks != 0) {
    car.path = path + ".rejected";
    TRY(file.commit_as(car.path));
  }
  return car;
}

}  // namespace atb::look
