#include "core/backup/files.h"
#include "core/base/text.h"
#include "core/look/extract.h"

#include <array>
#include <utility>

namespace atb::look {
namespace {

// What accounts hold in practice, and every program on a desk can open.
constexpr std::array<std::pair<std::string_view, std::string_view>, 26> kEndings = {{
    {"application/json", ".json"}, {"application/pdf", ".pdf"}, {"application/zip", ".zip"},
    {"audio/aac", ".aac"},         {"audio/flac", ".flac"},     {"audio/mp4", ".m4a"},
    {"audio/mpeg", ".mp3"},        {"audio/ogg", ".ogg"},       {"audio/opus", ".opus"},
    {"audio/wav", ".wav"},         {"audio/webm", ".weba"},     {"image/avif", ".avif"},
    {"image/bmp", ".bmp"},         {"image/gif", ".gif"},       {"image/heic", ".heic"},
    {"image/heif", ".heif"},       {"image/jpeg", ".jpg"},      {"image/png", ".png"},
    {"image/tiff", ".tif"},        {"image/webp", ".webp"},     {"text/plain", ".txt"},
    {"text/vtt", ".vtt"},          {"video/mp4", ".mp4"},       {"video/mpeg", ".mpg"},
    {"video/quicktime", ".mov"},   {"video/webm", ".webm"},
}};

class BlobTaker final : public verify::Taker {
 public:
  BlobTaker(const Context& context, const std::string& folder, Blobs& blobs)
      : context_(context), folder_(folder), blobs_(blobs) {}

  Result<ByteSink*> blob(const ipld::Cid& cid, const data::BlobRef* reference) override {
    const std::string_view ending = reference == nullptr ? "" : ending_of(reference->mime_type);
    path_ = os::join(folder_, cid.str() + std::string(ending));
    if (TRY(is_in_place(cid))) return nullptr;
    file_.emplace(TRY(os::AtomicFile::create(context_.fs, context_.random, path_)));
    return &*file_;
  }

  Status end_blob(bool right) override {
    const std::uint64_t bytes = file_->written();
    TRY(right ? file_->commit() : file_->commit_as(path_ + ".rejected"));
    file_.reset();
    if (!right) return {};
    ++blobs_.written;
    blobs_.bytes += bytes;
    return {};
  }

  const Report& told() const { return told_; }

 private:
  // True: nothing is to be written here.
  Result<bool> is_in_place(const ipld::Cid& cid) {
    const auto found = TRY(backup::hash_file(context_.fs, path_, context_.stop));
    if (!found) return false;
    if (found->digest == cid.digest()) {
      ++blobs_.already;
      return true;
    }
    if (context_.force) return false;
    told_.add(
        {"look.file_exists", Severity::missing, path_,
         "a file of another content is in the blob's place, and was left as it is; --force replaces it"});
    return true;
  }

  const Context& context_;
  const std::string& folder_;
  Blobs& blobs_;
  Report told_;
  std::string path_;
  std::optional<os::AtomicFile> file_;
};

}  // namespace

std::string_view ending_of(std::string_view mime_type) {
  const std::string plain = lower_ascii(trim(mime_type.substr(0, mime_type.find(';'))));
  for (const auto& [type, ending] : kEndings) {
    if (type == plain) return ending;
  }
  return "";
}

Result<Blobs> extract_blobs(backup::BackupSource& source, const Context& context, const std::string& folder) {
  if (!source.holds_blobs()) {
    return fail(ErrorKind::invalid_input, "look.no_blobs",
                source.name() + " is a CAR file, which holds no blobs",
                "name the backup folder that it came from, or export the account into one");
  }
  TRY(context.fs.make_folders(folder));
  Blobs blobs;
  verify::Options options = context.options;
  options.files = false;
  BlobTaker taker(context, folder, blobs);
  blobs.verdict = TRY(verify::verify_backup(source, options, context.progress, context.stop, &taker));
  blobs.verdict.report.merge(taker.told());
  return blobs;
}

}  // namespace atb::look
