#include "core/look/look.h"

#include "core/data/cbor.h"
#include "core/look/salvage.h"

namespace atb::look {
namespace {

class RecordTaker final : public verify::Taker {
 public:
  RecordTaker(const Query& query, RecordSink& sink) : query_(query), sink_(sink) {}

  // What is left of a broken tree too. `account` is the manifest's, for a commit that cannot be read.
  void salvage_with(const Limits& limits, const StopToken& stop, const std::string& account) {
    limits_ = &limits;
    stop_ = &stop;
    if (!account.empty()) prefix_ = "at://" + account + "/";
  }

  Status account(const syntax::Did& did, const std::string& handle) override {
    prefix_ = "at://" + did.str() + "/";
    return query_.check_account(did, handle);
  }
  Status record(std::string_view path, const ipld::Cid& cid, ByteView block,
                std::string_view deviation) override {
    if (!query_.matches(path)) return {};
    uri_.assign(prefix_).append(path);
    return sink_.record(
        Record{.uri = uri_, .path = path, .cid = cid, .block = block, .deviation = deviation});
  }
  Status repository(backup::Repository& repository, const verify::Verdict& so_far) override {
    if (limits_ == nullptr || so_far.proof.tree_complete) return {};
    return salvage(repository, prefix_, *limits_, sink_, *stop_);
  }

 private:
  const Query& query_;
  RecordSink& sink_;
  std::string prefix_;
  std::string uri_;  // of the record at hand
  const Limits* limits_ = nullptr;
  const StopToken* stop_ = nullptr;
};

}  // namespace

data::Object record_object(const Record& record, const Limits& limits) {
  data::Object object;
  object.set("uri", record.uri.empty() ? data::Value() : data::Value(record.uri))
      .set("cid", record.cid.str());
  auto value = data::decode_loosely(record.block, limits);
  object.set("value", value ? std::move(*value) : data::Value());
  if (!record.in_place) {
    object.set("salvaged", true);
    if (!record.path.empty()) object.set("path", record.path);
  }
  if (record.deviation.empty()) return object;
  return object.set("deviation", record.deviation).set("cbor", to_bytes(record.block));
}

Result<verify::Verdict> look(backup::BackupSource& source, const Query& query, verify::Options options,
                             RecordSink& sink, Progress& progress, const StopToken& stop, Reach reach) {
  options.files = false;
  options.blobs = false;
  RecordTaker taker(query, sink);
  if (reach == Reach::salvage) {
    const auto& manifests = source.manifests();
    taker.salvage_with(options.limits, stop, manifests.empty() ? "" : manifests.front().did.str());
  }
  return verify::verify_backup(source, options, progress, stop, &taker);
}

}  // namespace atb::look
