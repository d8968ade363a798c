#include "core/backup/manifest.h"

#include "core/data/json.h"

#include <fmt/format.h>

#include <algorithm>

namespace atb::backup {
namespace {

constexpr std::string_view kFormat = "atbackup-folder";
constexpr std::int64_t kVersion = 1;

Error bad(std::string what) {
  return Error(ErrorKind::corrupt, "manifest.format", "backup.json " + std::move(what),
               "the files beside it can still be verified: remove backup.json and run verify");
}

// Names are fixed, so that a hostile manifest cannot point outside the folder.
Result<FileEntry> parse_file(const data::Value& entry, std::string_view name) {
  FileEntry file;
  file.name = TRY(data::require_text(entry, "file"));
  file.sha256 = TRY(data::require_text(entry, "sha256"));
  const std::int64_t bytes = TRY(data::require_integer(entry, "bytes"));
  if (file.name != name) return bad(fmt::format("names a file other than {}", name));
  const bool is_hex = file.sha256.size() == 64 &&
                      std::all_of(file.sha256.begin(), file.sha256.end(),
                                  [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (!is_hex) return bad(fmt::format("has no proper sha256 for {}", name));
  if (bytes < 0) return bad(fmt::format("has a negative length for {}", name));
  file.bytes = static_cast<std::uint64_t>(bytes);
  return file;
}

Result<ipld::Cid> parse_cid(const data::Value& object, std::string_view key) {
  const std::string text = TRY(data::require_text(object, key));
  return ipld::Cid::parse(text);
}

Result<std::uint64_t> parse_count(const data::Value& object, std::string_view key) {
  const std::int64_t count = TRY(data::require_integer(object, key));
  if (count < 0) return bad(fmt::format("has a negative \"{}\"", key));
  return static_cast<std::uint64_t>(count);
}

Result<RepositoryEntry> parse_repository(const data::Value& object) {
  FileEntry file = TRY(parse_file(object, "repo.car"));
  const ipld::Cid commit = TRY(parse_cid(object, "commit"));
  const ipld::Cid root = TRY(parse_cid(object, "data"));
  RepositoryEntry entry{
      .file = std::move(file), .commit = commit, .data = root, .rev = {}, .records = 0, .blocks = 0};
  entry.rev = TRY(data::require_text(object, "rev"));
  entry.records = TRY(parse_count(object, "records"));
  entry.blocks = TRY(parse_count(object, "blocks"));
  return entry;
}

Status parse_blobs(const data::Value& json, Manifest& manifest) {
  const data::Value* blobs = json.find("blobs");
  const data::Value* cids = blobs == nullptr ? nullptr : blobs->find("cids");
  if (cids == nullptr || cids->array() == nullptr) return bad("has no list of blobs");
  manifest.blob_bytes = TRY(parse_count(*blobs, "bytes"));
  manifest.blobs.reserve(cids->array()->size());
  for (const data::Value& item : *cids->array()) {
    if (item.text() == nullptr) return bad("has a blob that is no CID");
    manifest.blobs.push_back(TRY(ipld::Cid::parse(*item.text())));
  }
  std::sort(manifest.blobs.begin(), manifest.blobs.end());
  const data::Value* missing = json.find("missingBlobs");
  if (missing == nullptr || missing->array() == nullptr) return bad("has no list of missing blobs");
  for (const data::Value& item : *missing->array()) {
    const ipld::Cid cid = TRY(parse_cid(item, "cid"));
    manifest.missing_blobs.push_back({cid, data::text_or(item, "reason", "")});
  }
  return {};
}

Result<Manifest> parse_members(const data::Value& json) {
  const std::string did_text = TRY(data::require_text(json, "did"));
  const syntax::Did did = TRY(syntax::Did::parse(did_text));
  const data::Value* repository = json.find("repository");
  const data::Value* document = json.find("didDocument");
  if (repository == nullptr) return bad("has no \"repository\"");
  if (document == nullptr) return bad("has no \"didDocument\"");
  RepositoryEntry repository_entry = TRY(parse_repository(*repository));
  FileEntry document_entry = TRY(parse_file(*document, "did.json"));
  Manifest manifest{.did = did,
                    .handle = data::text_or(json, "handle", ""),
                    .host = data::text_or(json, "host", ""),
                    .created = data::text_or(json, "created", ""),
                    .program = data::text_or(json, "program", ""),
                    .repository = std::move(repository_entry),
                    .plc_log = {},
                    .did_document = std::move(document_entry),
                    .preferences = {},
                    .preferences_absent = data::text_or(json, "preferencesAbsent", ""),
                    .blobs = {},
                    .blob_bytes = 0,
                    .missing_blobs = {}};
  if (const data::Value* log = json.find("plcLog"); log != nullptr && !log->is_null()) {
    manifest.plc_log = TRY(parse_file(*log, "plc-log.json"));
  }
  if (const data::Value* preferences = json.find("preferences");
      preferences != nullptr && !preferences->is_null()) {
    FileEntry file = TRY(parse_file(*preferences, "preferences.json"));
    const bool partial = TRY(data::require_boolean(*preferences, "partial"));
    manifest.preferences = PreferencesEntry{std::move(file), partial};
  }
  TRY(parse_blobs(json, manifest));
  return manifest;
}

data::Object file_json(const FileEntry& file) {
  data::Object object;
  object.set("file", file.name)
      .set("sha256", file.sha256)
      .set("bytes", static_cast<std::int64_t>(file.bytes));
  return object;
}

}  // namespace

Result<Manifest> parse_manifest(std::string_view json, const Limits& limits) {
  auto value = data::parse_json(json, limits);
  if (!value) return bad("is not JSON: " + value.error().message);
  if (data::text_or(*value, "format", "") != kFormat)
    return bad("does not say that it describes a backup folder");
  const auto version = data::require_integer(*value, "version");
  if (!version || *version < 1) return bad("has no version");
  if (*version > kVersion) {
    return fail(ErrorKind::unsupported, "manifest.version",
                fmt::format("backup.json has version {}, this program knows {}", *version, kVersion),
                "use a newer atbackup");
  }
  auto manifest = parse_members(*value);
  if (manifest || manifest.error().id == "manifest.format") return manifest;
  return bad("is malformed: " + manifest.error().message);
}

std::string manifest_json(const Manifest& manifest) {
  data::Object repository = file_json(manifest.repository.file);
  repository.set("commit", manifest.repository.commit.str())
      .set("data", manifest.repository.data.str())
      .set("rev", manifest.repository.rev)
      .set("records", static_cast<std::int64_t>(manifest.repository.records))
      .set("blocks", static_cast<std::int64_t>(manifest.repository.blocks));

  data::Object json;
  json.set("format", kFormat)
      .set("version", kVersion)
      .set("did", manifest.did.str())
      .set("handle", manifest.handle)
      .set("host", manifest.host)
      .set("created", manifest.created)
      .set("program", manifest.program)
      .set("repository", std::move(repository))
      .set("didDocument", file_json(manifest.did_document));
  if (manifest.plc_log) json.set("plcLog", file_json(*manifest.plc_log));
  if (manifest.preferences) {
    data::Object preferences = file_json(manifest.preferences->file);
    preferences.set("partial", manifest.preferences->partial);
    json.set("preferences", std::move(preferences));
  }
  if (!manifest.preferences_absent.empty()) json.set("preferencesAbsent", manifest.preferences_absent);

  data::Array cids;
  cids.reserve(manifest.blobs.size());
  for (const ipld::Cid& cid : manifest.blobs) cids.emplace_back(cid.str());
  data::Object blobs;
  blobs.set("count", static_cast<std::int64_t>(manifest.blobs.size()))
      .set("bytes", static_cast<std::int64_t>(manifest.blob_bytes))
      .set("cids", std::move(cids));
  json.set("blobs", std::move(blobs));

  data::Array missing;
  for (const MissingBlob& blob : manifest.missing_blobs) {
    data::Object item;
    item.set("cid", blob.cid.str()).set("reason", blob.reason);
    missing.emplace_back(std::move(item));
  }
  json.set("missingBlobs", std::move(missing));
  return data::to_json(data::Value(std::move(json)), data::JsonStyle::indented) + "\n";
}

}  // namespace atb::backup
