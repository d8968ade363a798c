#include "core/backup/manifest.h"

#include "tests/support/catch.h"

using namespace atb;

namespace {

ipld::Cid cid(std::string_view text) { return ipld::Cid::of(ipld::Codec::raw, as_bytes(text)); }

backup::Manifest example() {
  const std::string hash(64, 'a');
  return {.did = syntax::Did::parse("did:plc:ewvi7nxzyoun6zhxrhs64oiz").value(),
          .handle = "alice.test",
          .host = "https://pds.test",
          .created = "2026-01-02T03:04:05.678Z",
          .program = "atbackup 0.1.0",
          .repository = {.file = {"repo.car", hash, 1000},
                         .commit = cid("commit"),
                         .data = cid("data"),
                         .rev = "3kdgeujwlq32y",
                         .records = 5,
                         .blocks = 9},
          .plc_log = backup::FileEntry{"plc-log.json", hash, 20},
          .did_document = {"did.json", hash, 30},
          .preferences = backup::PreferencesEntry{{"preferences.json", hash, 40}, true},
          .preferences_absent = "kept from before",
          .blobs = {cid("one"), cid("two")},
          .blob_bytes = 77,
          .missing_blobs = {{cid("three"), "the host says no: \"\n"}}};
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::string id_of(const std::string& json) {
  const auto manifest = backup::parse_manifest(json, {});
  return manifest ? "none" : manifest.error().id;
}

}  // namespace

TEST_CASE("manifest: what is written is read", "[backup]") {
  const backup::Manifest before = example();
  const auto after = backup::parse_manifest(backup::manifest_json(before), {});
  REQUIRE(after);
  CHECK(after->did == before.did);
  CHECK(after->handle == before.handle);
  CHECK(after->host == before.host);
  CHECK(after->created == before.created);
  CHECK(after->program == before.program);
  CHECK(after->repository.file == before.repository.file);
  CHECK(after->repository.commit == before.repository.commit);
  CHECK(after->repository.data == before.repository.data);
  CHECK(after->repository.rev == before.repository.rev);
  CHECK(after->repository.records == 5);
  CHECK(after->repository.blocks == 9);
  CHECK(after->plc_log == before.plc_log);
  CHECK(after->did_document == before.did_document);
  REQUIRE(after->preferences);
  CHECK(after->preferences->file == before.preferences->file);
  CHECK(after->preferences->partial);
  CHECK(after->preferences_absent == before.preferences_absent);
  CHECK(std::ranges::is_sorted(after->blobs));
  CHECK(after->blobs.size() == 2);
  CHECK(after->blob_bytes == 77);
  REQUIRE(after->missing_blobs.size() == 1);
  CHECK(after->missing_blobs[0].cid == cid("three"));
  CHECK(after->missing_blobs[0].reason == before.missing_blobs[0].reason);

  backup::Manifest bare = example();
  bare.plc_log.reset();
  bare.preferences.reset();
  const auto read = backup::parse_manifest(backup::manifest_json(bare), {});
  REQUIRE(read);
  CHECK_FALSE(read->plc_log);
  CHECK_FALSE(read->preferences);
}

TEST_CASE("manifest: a newer version is refused as such, members unknown to us are ignored", "[backup]") {
  const std::string json = backup::manifest_json(example());
  const auto newer = backup::parse_manifest(replaced(json, "\"version\": 1", "\"version\": 2"), {});
  REQUIRE_FALSE(newer);
  CHECK(newer.error().id == "manifest.version");
  CHECK(newer.error().kind == ErrorKind::unsupported);
  CHECK(id_of(replaced(json, "\"version\": 1", "\"version\": 1, \"later\": {}")) == "none");
}

TEST_CASE("manifest: what is not a manifest is said to be none", "[backup]") {
  const std::string json = backup::manifest_json(example());
  for (const std::string& text : {std::string(),
                                  std::string("[]"),
                                  std::string("{}"),
                                  json.substr(0, json.size() / 2),
                                  replaced(json, "atbackup-folder", "other"),
                                  replaced(json, "\"version\": 1", "\"version\": 0"),
                                  replaced(json, "\"version\": 1", "\"version\": \"1\""),
                                  replaced(json, "did:plc:", "nodid:plc:"),
                                  replaced(json, "\"did\"", "\"died\""),
                                  replaced(json, "\"repository\"", "\"x\""),
                                  replaced(json, "\"didDocument\"", "\"x\""),
                                  replaced(json, "\"blobs\"", "\"x\""),
                                  replaced(json, "\"missingBlobs\"", "\"x\""),
                                  replaced(json, "\"commit\": \"b", "\"commit\": \"x"),
                                  replaced(json, "\"bytes\": 1000", "\"bytes\": -1"),
                                  replaced(json, "\"records\": 5", "\"records\": -5"),
                                  replaced(json, "\"bytes\": 77", "\"bytes\": -7"),
                                  replaced(json, std::string(64, 'a'), std::string(64, 'g')),
                                  replaced(json, std::string(64, 'a'), std::string(63, 'a')),
                                  replaced(json, "\"partial\": true", "\"partial\": 1")}) {
    INFO(text);
    CHECK(id_of(text) == "manifest.format");
  }
}

TEST_CASE("manifest: a name that leads out of the folder is refused", "[backup]") {
  const std::string json = backup::manifest_json(example());
  CHECK(id_of(replaced(json, "\"repo.car\"", "\"../../etc/passwd\"")) == "manifest.format");
  CHECK(id_of(replaced(json, "\"did.json\"", "\"/etc/passwd\"")) == "manifest.format");
  CHECK(id_of(replaced(json, "\"plc-log.json\"", "\"did.json\"")) == "manifest.format");
}
