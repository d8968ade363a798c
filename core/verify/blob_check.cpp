#include "core/verify/blob_check.h"

#include "core/crypto/sha256.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace atb::verify {
namespace {

constexpr std::size_t kChunk = 256U << 10;

// Reads it once, for the hash and for `copy`, unless that is null.
Result<bool> hashes_right(const RandomAccess& file, const ipld::Cid& cid, ByteSink* copy, Bytes& buffer,
                          const StopToken& stop) {
  crypto::Sha256 hash;
  buffer.resize(kChunk);
  std::uint64_t offset = 0;
  while (true) {
    TRY(check_stop(stop));
    const std::size_t got = TRY(file.read_at(offset, buffer));
    if (got == 0) break;
    hash.update(ByteView(buffer).first(got));
    if (copy != nullptr) TRY(copy->write(ByteView(buffer).first(got)));
    offset += got;
  }
  return hash.finish() == cid.digest();
}

// Hands it to the taker on the way.
Result<bool> look_at(const RandomAccess& file, const ipld::Cid& cid, const RepoProof& proof, Taker* taker,
                     Bytes& buffer, const StopToken& stop) {
  if (taker == nullptr) return hashes_right(file, cid, nullptr, buffer, stop);
  const auto place = std::ranges::lower_bound(proof.blobs, cid, {}, &data::BlobRef::cid);
  const bool is_referenced = place != proof.blobs.end() && place->cid == cid;
  ByteSink* copy = TRY(taker->blob(cid, is_referenced ? &*place : nullptr));
  const bool right = TRY(hashes_right(file, cid, copy, buffer, stop));
  if (copy != nullptr) TRY(taker->end_blob(right));
  return right;
}

// What must be there: what the records refer to, and what the manifest says was there. Sorted, each once.
std::vector<ipld::Cid> wanted_blobs(const RepoProof& proof, const std::vector<backup::Manifest>& manifests) {
  std::vector<ipld::Cid> wanted;
  wanted.reserve(proof.blobs.size());
  for (const data::BlobRef& blob : proof.blobs) wanted.push_back(blob.cid);
  if (!manifests.empty()) {
    const backup::Manifest& manifest = manifests.front();
    wanted.insert(wanted.end(), manifest.blobs.begin(), manifest.blobs.end());
    for (const backup::MissingBlob& blob : manifest.missing_blobs) wanted.push_back(blob.cid);
  }
  std::ranges::sort(wanted);
  const auto rest = std::ranges::unique(wanted);
  wanted.erase(rest.begin(), rest.end());
  return wanted;
}

std::map<ipld::Cid, std::string> known_missing(const std::vector<backup::Manifest>& manifests) {
  std::map<ipld::Cid, std::string> missing;
  for (const backup::Manifest& manifest : manifests) {
    for (const backup::MissingBlob& blob : manifest.missing_blobs) missing.emplace(blob.cid, blob.reason);
  }
  return missing;
}

void tell_absent(const std::vector<ipld::Cid>& absent, const std::vector<backup::Manifest>& manifests,
                 Verdict& verdict) {
  const std::map<ipld::Cid, std::string> known = known_missing(manifests);
  for (const ipld::Cid& cid : absent) {
    const auto found = known.find(cid);
    if (found != known.end()) {
      ++verdict.blobs_known_missing;
      verdict.report.add(
          {"blob.missing", Severity::missing, cid.str(),
           "missing since the export: " + (found->second.empty() ? "no reason noted" : found->second)});
    } else {
      verdict.report.add(
          {"blob.absent", Severity::damage, cid.str(), "the backup should hold it, and does not"});
    }
  }
}

// Which blobs there should be, by the records.
void check_references(Verdict& verdict) {
  const RepoProof& proof = verdict.proof;
  const auto in_old_form = std::ranges::count_if(proof.blobs, &data::BlobRef::legacy);
  if (!proof.commit) {
    verdict.report.add_check("references", Outcome::not_checked, "there are no records to read");
  } else if (!proof.tree_complete) {
    verdict.report.add_check(
        "references", Outcome::not_checked,
        fmt::format("records may be lost that refer to others; blobs known: {}", proof.blobs.size()));
  } else {
    verdict.report.add_check("references", Outcome::passed,
                             fmt::format("the records refer to {} blobs, {} of them in the old form",
                                         proof.blobs.size(), in_old_form));
  }
}

}  // namespace

Status check_blobs(backup::BackupSource& source, Verdict& verdict, Taker* taker, Progress& progress,
                   const StopToken& stop) {
  verdict.blobs_referenced = verdict.proof.blobs.size();
  check_references(verdict);
  if (!source.holds_blobs()) {
    verdict.report.add_check(
        "blobs", Outcome::not_checked,
        verdict.blobs_referenced == 0
            ? std::string("a CAR file holds no blobs")
            : fmt::format("a CAR file holds no blobs; its records refer to {}", verdict.blobs_referenced));
    return {};
  }
  const std::vector<ipld::Cid> wanted = wanted_blobs(verdict.proof, source.manifests());
  const std::vector<backup::BlobFile> present = TRY(source.list_blobs());
  std::uint64_t wrong = 0;
  std::uint64_t extra = 0;
  std::uint64_t done = 0;
  Bytes buffer;
  std::vector<bool> found(wanted.size(), false);
  for (const backup::BlobFile& blob : present) {
    const auto place = std::ranges::lower_bound(wanted, blob.cid);
    const bool is_wanted = place != wanted.end() && *place == blob.cid;
    if (is_wanted) found[static_cast<std::size_t>(place - wanted.begin())] = true;
    if (!is_wanted) ++extra;
    const auto file = TRY(source.open_blob(blob.cid));
    if (TRY(look_at(*file, blob.cid, verdict.proof, taker, buffer, stop))) {
      if (is_wanted) ++verdict.blobs_present;
      if (is_wanted) verdict.blob_bytes += blob.bytes;
    } else {
      ++wrong;
      verdict.report.add({"blob.wrong_bytes", Severity::damage, blob.cid.str(),
                          fmt::format("its {} bytes do not hash to its name", blob.bytes)});
    }
    progress.report(
        {.phase = "blobs", .bytes = verdict.blob_bytes, .items = ++done, .items_total = present.size()});
  }
  if (extra != 0) {
    verdict.report.add(
        {"blob.extra", Severity::info, "",
         fmt::format("{} blobs are there that neither a record nor backup.json names", extra)});
  }
  std::vector<ipld::Cid> absent;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (!found[i]) absent.push_back(wanted[i]);
  }
  tell_absent(absent, source.manifests(), verdict);
  const std::string text =
      fmt::format("{} of {} there and right, {} wrong, {} known to be missing", verdict.blobs_present,
                  wanted.size(), wrong, verdict.blobs_known_missing);
  verdict.report.add_check(
      "blobs", verdict.blobs_present == wanted.size() && wrong == 0 ? Outcome::passed : Outcome::failed,
      text);
  progress.report(
      {.phase = "blobs", .bytes = verdict.blob_bytes, .items = done, .items_total = done, .done = true});
  return {};
}

}  // namespace atb::verify
