// The receipt as JSON: docs/receipt.md.
#include "core/data/json.h"
#include "core/verify/receipt.h"

#include <fmt/format.h>

#include <algorithm>

namespace atb::verify {
namespace {

constexpr std::string_view kFormat = "atbackup-receipt";
constexpr std::int64_t kVersion = 1;

Error bad(std::string what) {
  return Error(ErrorKind::corrupt, "receipt.format", "the receipt " + std::move(what),
               "ask for it again, from whoever made it");
}

std::int64_t number(std::uint64_t value) { return static_cast<std::int64_t>(value); }

Result<std::uint64_t> parse_count(const data::Value& object, std::string_view key) {
  const std::int64_t count = TRY(data::require_integer(object, key));
  if (count < 0) return bad(fmt::format("has a negative \"{}\"", key));
  return static_cast<std::uint64_t>(count);
}

Result<const data::Value*> require(const data::Value& object, std::string_view key) {
  const data::Value* value = object.find(key);
  if (value == nullptr) return bad(fmt::format("has no \"{}\"", key));
  return value;
}

Result<const data::Array*> require_array(const data::Value& object, std::string_view key) {
  const data::Value* value = TRY(require(object, key));
  if (value->array() == nullptr) return bad(fmt::format("has no list \"{}\"", key));
  return value->array();
}

// The names that the program has for an Outcome or a Severity, read back.
template <class T>
Result<T> named(std::string_view text, std::initializer_list<T> values) {
  for (const T value : values) {
    if (name_of(value) == text) return value;
  }
  return bad(fmt::format("has a word that is not known: {}", text));
}

data::Value repository_json(const Receipt& receipt) {
  return data::Object()
      .set("commit", receipt.commit)
      .set("data", receipt.data)
      .set("rev", receipt.rev)
      .set("records", number(receipt.records))
      .set("deviatingRecords", number(receipt.deviating_records))
      .set("nodes", number(receipt.nodes));
}

data::Value files_json(const Receipt& receipt) {
  data::Array files;
  for (const backup::FileEntry& file : receipt.files) {
    files.emplace_back(
        data::Object().set("file", file.name).set("sha256", file.sha256).set("bytes", number(file.bytes)));
  }
  return files;
}

data::Value blobs_json(const Receipt& receipt) {
  data::Object blobs;
  blobs.set("referenced", number(receipt.blobs_referenced))
      .set("present", number(receipt.blobs_present))
      .set("knownMissing", number(receipt.blobs_known_missing));
  if (receipt.blobs) blobs.set("count", number(receipt.blobs->count)).set("sha256", receipt.blobs->sha256);
  return blobs;
}

data::Value checks_json(const Receipt& receipt) {
  data::Array checks;
  for (const Check& check : receipt.checks) {
    checks.emplace_back(data::Object()
                            .set("name", check.name)
                            .set("outcome", name_of(check.outcome))
                            .set("detail", check.detail));
  }
  return checks;
}

data::Value findings_json(const Receipt& receipt) {
  data::Array findings;
  for (const Finding& finding : receipt.findings) {
    findings.emplace_back(data::Object()
                              .set("id", finding.id)
                              .set("severity", name_of(finding.severity))
                              .set("where", finding.where)
                              .set("detail", finding.detail));
  }
  return findings;
}

data::Value found_json(const Receipt& receipt) {
  data::Object found;
  for (const auto& [id, count] : receipt.found) found.set(id, number(count));
  return found;
}

Status parse_repository(const data::Value& json, Receipt& receipt) {
  const data::Value& repository = *TRY(require(json, "repository"));
  receipt.commit = TRY(data::require_text(repository, "commit"));
  receipt.data = TRY(data::require_text(repository, "data"));
  receipt.rev = TRY(data::require_text(repository, "rev"));
  receipt.records = TRY(parse_count(repository, "records"));
  receipt.deviating_records = TRY(parse_count(repository, "deviatingRecords"));
  receipt.nodes = TRY(parse_count(repository, "nodes"));
  return {};
}

Status parse_key(const data::Value& json, Receipt& receipt) {
  const data::Value& key = *TRY(require(json, "key"));
  receipt.key_proof = TRY(data::require_text(key, "proof"));
  receipt.key = TRY(data::require_text(key, "key"));
  const data::Value& log = *TRY(require(json, "plcLog"));
  receipt.log_head = TRY(data::require_text(log, "head"));
  receipt.log_head_time = TRY(data::require_text(log, "time"));
  receipt.log_entries = TRY(parse_count(log, "entries"));
  return {};
}

Status parse_files(const data::Value& json, Receipt& receipt) {
  for (const data::Value& item : *TRY(require_array(json, "files"))) {
    backup::FileEntry file;
    file.name = TRY(data::require_text(item, "file"));
    file.sha256 = TRY(data::require_text(item, "sha256"));
    file.bytes = TRY(parse_count(item, "bytes"));
    receipt.files.push_back(std::move(file));
  }
  const data::Value& blobs = *TRY(require(json, "blobs"));
  receipt.blobs_referenced = TRY(parse_count(blobs, "referenced"));
  receipt.blobs_present = TRY(parse_count(blobs, "present"));
  receipt.blobs_known_missing = TRY(parse_count(blobs, "knownMissing"));
  if (blobs.find("sha256") != nullptr) {
    const std::uint64_t count = TRY(parse_count(blobs, "count"));
    std::string sha256 = TRY(data::require_text(blobs, "sha256"));
    receipt.blobs = Receipt::Blobs{count, std::move(sha256)};
  }
  return {};
}

Status parse_report(const data::Value& json, Receipt& receipt) {
  for (const data::Value& item : *TRY(require_array(json, "checks"))) {
    Check check;
    check.name = TRY(data::require_text(item, "name"));
    const std::string outcome = TRY(data::require_text(item, "outcome"));
    check.outcome = TRY(named(outcome, {Outcome::passed, Outcome::failed, Outcome::not_checked}));
    check.detail = TRY(data::require_text(item, "detail"));
    receipt.checks.push_back(std::move(check));
  }
  for (const data::Value& item : *TRY(require_array(json, "findings"))) {
    Finding finding;
    finding.id = TRY(data::require_text(item, "id"));
    const std::string severity = TRY(data::require_text(item, "severity"));
    finding.severity = TRY(named(severity, {Severity::info, Severity::warning, Severity::alarm,
                                            Severity::missing, Severity::damage, Severity::forged}));
    finding.where = TRY(data::require_text(item, "where"));
    finding.detail = TRY(data::require_text(item, "detail"));
    receipt.findings.push_back(std::move(finding));
  }
  const data::Value& found = *TRY(require(json, "found"));
  if (found.object() == nullptr) return bad("has no counts of findings");
  for (const auto& [id, count] : found.object()->entries()) {
    if (count.integer() == nullptr || *count.integer() < 0) return bad("has a count that is none");
    receipt.found.emplace_back(id, static_cast<std::uint64_t>(*count.integer()));
  }
  std::ranges::sort(receipt.found);
  return {};
}

Result<Receipt> parse_members(const data::Value& json) {
  Receipt receipt;
  receipt.program = TRY(data::require_text(json, "program"));
  receipt.time = TRY(data::require_text(json, "time"));
  receipt.verdict = TRY(data::require_text(json, "verdict"));
  const std::int64_t exit = TRY(data::require_integer(json, "exit"));
  if (exit < 0 || exit > 255) return bad("has an exit code that is none");
  receipt.exit = static_cast<int>(exit);
  receipt.given_did = data::text_or(json, "givenDid", "");
  receipt.given_key = data::text_or(json, "givenKey", "");
  receipt.did = TRY(data::require_text(json, "did"));
  receipt.handle = TRY(data::require_text(json, "handle"));
  TRY(parse_repository(json, receipt));
  TRY(parse_key(json, receipt));
  TRY(parse_files(json, receipt));
  TRY(parse_report(json, receipt));
  return receipt;
}

}  // namespace

std::string receipt_json(const Receipt& receipt) {
  data::Object json;
  json.set("format", kFormat)
      .set("version", kVersion)
      .set("program", receipt.program)
      .set("time", receipt.time)
      .set("verdict", receipt.verdict)
      .set("exit", receipt.exit);
  if (!receipt.given_did.empty()) json.set("givenDid", receipt.given_did);
  if (!receipt.given_key.empty()) json.set("givenKey", receipt.given_key);
  json.set("did", receipt.did)
      .set("handle", receipt.handle)
      .set("repository", repository_json(receipt))
      .set("key", data::Object().set("proof", receipt.key_proof).set("key", receipt.key))
      .set("plcLog", data::Object()
                         .set("head", receipt.log_head)
                         .set("time", receipt.log_head_time)
                         .set("entries", number(receipt.log_entries)))
      .set("files", files_json(receipt))
      .set("blobs", blobs_json(receipt))
      .set("checks", checks_json(receipt))
      .set("findings", findings_json(receipt))
      .set("found", found_json(receipt));
  return data::to_json(data::Value(std::move(json)), data::JsonStyle::indented) + "\n";
}

Result<Receipt> parse_receipt(std::string_view json, const Limits& limits) {
  auto value = data::parse_json(json, limits);
  if (!value) return bad("is not JSON: " + value.error().message);
  if (data::text_or(*value, "format", "") != kFormat) return bad("does not say that it is one");
  const auto version = data::require_integer(*value, "version");
  if (!version || *version < 1) return bad("has no version");
  if (*version > kVersion) {
    return fail(ErrorKind::unsupported, "receipt.version",
                fmt::format("the receipt has version {}, this program knows {}", *version, kVersion),
                "use a newer atbackup");
  }
  auto receipt = parse_members(*value);
  if (receipt || receipt.error().id == "receipt.format") return receipt;
  return bad("is malformed: " + receipt.error().message);
}

}  // namespace atb::verify
