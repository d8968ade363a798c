// Writes the seeds of the fuzz targets: make_fuzz_corpus fuzz/corpus. All invented here; what fuzzing found
// is kept beside them by hand.
#include "core/base/cursor.h"
#include "core/base/encoding.h"
#include "core/data/cbor.h"
#include "core/data/json.h"
#include "core/mst/builder.h"
#include "core/mst/node.h"
#include "core/repo/commit.h"
#include "tests/support/plc_fixture.h"
#include "tests/support/repo_fixture.h"

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <stdexcept>
#include <string>

namespace {

using namespace atb;

class Corpus {
 public:
  Corpus(const std::filesystem::path& root, const std::string& target) : folder_(root / target) {
    std::filesystem::create_directories(folder_);
  }
  void add(const std::string& name, ByteView bytes) const {
    std::ofstream out(folder_ / name, std::ios::binary | std::ios::trunc);
    out << as_text(bytes);
    if (!out.flush()) throw std::runtime_error("cannot write " + (folder_ / name).string());
  }
  void text(const std::string& name, std::string_view text) const { add(name, as_bytes(text)); }
  void hex(const std::string& name, std::string_view digits) const { add(name, hex_decode(digits).value()); }

 private:
  std::filesystem::path folder_;
};

crypto::PrivateKey key_of(crypto::Curve curve) {  // the one that the target "commit" knows
  return crypto::PrivateKey::from_scalar(curve, Bytes(32, 7)).value();
}

Bytes cbor_of_json(std::string_view json) {
  const auto parsed = data::parse_json(json, Limits{}).value();
  return data::encode_cbor(data::from_data_model_json(parsed).value()).value();
}

Bytes joined(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

constexpr std::string_view kPost = R"({"$type":"app.bsky.feed.post","text":"héllo 🎉","langs":["en"],)"
                                   R"("createdAt":"2026-01-01T00:00:00.000Z","n":9007199254740993})";

std::string picture() {
  const ipld::Cid cid = ipld::Cid::of(ipld::Codec::raw, as_bytes("a picture"));
  return fmt::format(
      R"({{"$type":"app.bsky.embed.images","raw":{{"$bytes":"AAEC/w"}},"images":[{{"alt":"",)"
      R"("image":{{"$type":"blob","ref":{{"$link":"{0}"}},"mimeType":"image/png","size":9}}}}],)"
      R"("old":{{"cid":"{0}","mimeType":"image/png"}}}})",
      cid.str());
}

// Like those that repositories mostly consist of; as long for any language of four letters.
Bytes like(std::string_view language) {
  const ipld::Cid post = ipld::Cid::of(ipld::Codec::dag_cbor, as_bytes("a post"));
  return cbor_of_json(fmt::format(
      R"({{"$type":"app.bsky.feed.like","subject":{{"cid":"{0}","uri":"at://did:plc:abc/x/1"}},)"
      R"("link":{{"$link":"{0}"}},"bytes":{{"$bytes":"AAEC/w"}},"langs":["{1}"],"n":24,"yes":true}})",
      post.str(), language));
}

void varint_cid(const Corpus& corpus) {
  const ipld::Cid node = ipld::Cid::of(ipld::Codec::dag_cbor, as_bytes("a node"));
  const ipld::Cid blob = ipld::Cid::of(ipld::Codec::raw, as_bytes("a blob"));
  corpus.add("cid-dag-cbor", node.bytes());
  corpus.add("cid-raw", blob.bytes());
  corpus.text("cid-dag-cbor-text", node.str());
  corpus.text("cid-raw-text", blob.str());
  corpus.add("cid-version-0", joined({{0x12, 0x20}, to_bytes(node.digest())}));
  corpus.text("cid-version-0-text", "Qm" + base58_encode(node.digest()));
  corpus.add("cid-other-hash", joined({{1, 0x71, 0x1b, 0x20}, to_bytes(node.digest())}));
  Bytes varints;
  for (const std::uint64_t value : {0ULL, 127ULL, 128ULL, 300ULL, 1ULL << 32U, (1ULL << 63U) - 1})
    append_varint(varints, value);
  corpus.add("varints", varints);
  corpus.hex("varint-not-minimal", "8000");
  corpus.hex("varint-too-long", "ffffffffffffffffff7f");
}

void cbor(const Corpus& corpus) {
  const Bytes post = cbor_of_json(kPost);
  corpus.add("post", post);
  corpus.add("picture", cbor_of_json(picture()));
  corpus.add("like", like("engl"));
  corpus.add("like-and-another-of-its-size", joined({like("engl"), like("blob")}));
  corpus.add("every-type", cbor_of_json(R"({"a":null,"b":[true,false,-1,"",{}],"c":{"$bytes":""}})"));
  corpus.hex("integers", "8a0017181818ff1901001a000100001b00000001000000001b7fffffffffffffff201818");
  corpus.add("nested-128", joined({Bytes(127, 0x81), {0x80}}));
  corpus.add("nested-129", joined({Bytes(128, 0x81), {0x80}}));
  corpus.hex("float", "a16161fb3ff8000000000000");
  corpus.hex("integer-not-minimal", "1800");
  corpus.hex("integer-out-of-range", "823b80000000000000001bffffffffffffffff");
  corpus.hex("indefinite", "bf61619f01ff61627f61616162ffff");
  corpus.hex("keys-unsorted", "a2626161016162f5");
  corpus.hex("keys-duplicate", "a2616101616101");
  corpus.hex("key-not-text", "a10102");
  corpus.hex("tag-0", "c06161");
  corpus.hex("link-too-short", "d82a4100");
  corpus.hex("utf8-invalid", "62c328");
  corpus.hex("simple-value", "f818f7");
  corpus.hex("claims-too-much", "9b7fffffffffffffff");
  corpus.add("trailing", joined({post, {0}}));
}

void car(const Corpus& corpus) {
  const std::vector<test::NamedBlock> blocks = {
      {ipld::Cid::of(ipld::Codec::dag_cbor, as_bytes("\xa0")), {0xa0}},
      {ipld::Cid::of(ipld::Codec::raw, as_bytes("some bytes")), to_bytes(as_bytes("some bytes"))},
      {ipld::Cid::of(ipld::Codec::raw, {}), {}}};
  const std::vector<ipld::Cid> roots = {blocks[0].first};
  const Bytes three = test::car_of(roots, blocks);
  corpus.add("repository", test::make_repo({.records = 2, .most_pictures = 0}).car());
  corpus.add("three-blocks", three);
  corpus.add("header-only", test::car_of(roots, {}));
  corpus.add("two-roots", test::car_of(std::vector{roots[0], blocks[1].first}, blocks));
  corpus.add("no-root", test::car_of({}, blocks));
  corpus.add("block-twice", test::car_of(roots, std::vector{blocks[1], blocks[0], blocks[1]}));
  auto wrong = blocks;
  wrong[1].second[0] ^= 1U;
  corpus.add("wrong-hash", test::car_of(roots, wrong));
  const Bytes foreign = joined({{0x12, 0x20}, to_bytes(roots[0].digest()), {0xa0}});
  corpus.add("cid-version-0", joined({three, {static_cast<std::uint8_t>(foreign.size())}, foreign}));
  corpus.add("section-too-short", joined({three, {2, 1, 0x71}}));
  corpus.text("html", "<!doctype html><title>502 Bad Gateway</title>");
}

void mst_node(const Corpus& corpus) {
  corpus.add("empty", mst::encode_node({}));
  std::size_t kept = 0;
  for (const auto& [cid, block] : test::make_repo({.records = 12, .most_pictures = 0}).blocks) {
    const auto node = mst::decode_node(block, Limits{});
    if (node && kept < 4) corpus.add(fmt::format("node-{}-entries-{}", node->entries.size(), kept++), block);
  }
  mst::Node odd;
  odd.entries.push_back({1ULL << 62U, "", ipld::Cid::of(ipld::Codec::raw, {}), {}});
  corpus.add("prefix-too-long", mst::encode_node(odd));
  corpus.hex("claims-too-much", "a261659affffffff");
}

// The program for a real tree; its language stands at the top of fuzz/mst_tree.cpp.
Bytes program_of(const std::vector<std::string>& keys) {
  test::MemoryBlocks blocks;
  mst::Builder builder(blocks);
  for (const std::string& key : keys) builder.add(key, ipld::Cid::of(ipld::Codec::dag_cbor, {})).value();
  (void)builder.finish().value();
  Bytes program;
  const auto add_link = [&](const ipld::Cid& cid) {
    std::uint8_t number = 0;
    while (blocks.blocks()[number].first != cid) ++number;
    program.push_back(number);
  };
  for (const auto& [cid, block] : blocks.blocks()) {
    const auto node = mst::decode_node(block, Limits{}).value();
    if (node.entries.size() > 7)
      throw std::runtime_error("a node with more entries than the program can say");
    program.push_back(static_cast<std::uint8_t>(node.entries.size() | (node.left ? 8U : 0U)));
    if (node.left) add_link(*node.left);
    for (const mst::Entry& entry : node.entries) {
      program.push_back(static_cast<std::uint8_t>(entry.prefix_length));
      program.push_back(static_cast<std::uint8_t>(entry.suffix.size() | (entry.subtree ? 64U : 0U)));
      for (const std::uint8_t byte : as_bytes(entry.suffix)) program.push_back(byte);
      if (entry.subtree) add_link(*entry.subtree);
    }
  }
  return program;
}

void mst_tree(const Corpus& corpus) {
  std::vector<std::string> keys;
  for (int i = 100; i < 140; ++i) keys.push_back(fmt::format("a.b.c/{}", i));
  corpus.add("tree-of-40", program_of(keys));
  corpus.add("tree-of-1", program_of({"a.b.c/1"}));
  corpus.hex("empty-tree", "00");
  corpus.hex("link-to-itself", "0800");
  corpus.hex("two-in-a-cycle", "08010800");
  corpus.hex("missing-node", "0809");
  corpus.hex("raw-link", "08ff");
  corpus.add("node-shared",
             joined({program_of({"a.b.c/1"}), {0x08, 0, 0x0a, 1, 0, 0x41, 'b', 1, 0, 0x41, 'c', 1}}));
}

void commit(const Corpus& corpus) {
  const auto write = [&](const std::string& name, crypto::Curve curve, auto change) {
    repo::Commit made{.did = syntax::Did::parse("did:plc:ewvi7nxzyoun6zhxrhs64oiz").value(),
                      .data = ipld::Cid::of(ipld::Codec::dag_cbor, mst::encode_node({})),
                      .rev = syntax::Tid::parse("3kdgeujwlq32y").value(),
                      .prev = {},
                      .signature = {}};
    change(made);
    repo::sign_commit(made, key_of(curve)).value();
    corpus.add(name, repo::encode_commit(made));
  };
  write("k256", crypto::Curve::k256, [](repo::Commit&) {});
  write("p256", crypto::Curve::p256, [](repo::Commit&) {});
  write("with-prev", crypto::Curve::k256, [](repo::Commit& made) { made.prev = made.data; });
  write("without-prev", crypto::Curve::k256, [](repo::Commit& made) { made.has_prev_field = false; });
  write("version-2", crypto::Curve::k256, [](repo::Commit& made) {
    made.version = 2;
    made.rev = {};
  });
}

void plc_log(const Corpus& corpus) {
  using namespace test;
  const auto state = [](const std::string& handle) {
    return plc_state({plc_did_key(1), plc_did_key(2)}, plc_did_key(3), handle, "https://old.test");
  };
  PlcLog log(state("alice.test"), plc_key(2));
  corpus.text("genesis", log.audit_json());
  log.update(state("alice.example"), plc_key(2), kPlcEpochUs + kPlcHourUs);
  corpus.text("update", log.audit_json());
  PlcLog forked = log;
  forked.fork(0, state("bob.test"), plc_key(1), kPlcEpochUs + 2 * kPlcHourUs);
  corpus.text("fork", forked.audit_json());
  log.tombstone(plc_key(1), kPlcEpochUs + 3 * kPlcHourUs);
  corpus.text("tombstone", log.audit_json());
  PlcLog legacy(plc_legacy_genesis(plc_did_key(1), plc_key(4), "carol.test", "old.test"), kPlcEpochUs);
  corpus.text("legacy", legacy.audit_json());
  PlcLog other(plc_state({plc_did_key(5, crypto::Curve::p256)}, plc_did_key(6, crypto::Curve::p256),
                         "dan.test", "https://old.test"),
               plc_key(5, crypto::Curve::p256));
  corpus.text("p256", other.audit_json());
  corpus.text("empty", "[]");
}

void did_document(const Corpus& corpus) {
  const crypto::PublicKey key = key_of(crypto::Curve::k256).public_key();
  const auto document = [](std::string_view id, std::string_view type, std::string_view multibase,
                           std::string_view host) {
    return fmt::format(
        R"({{"@context":["https://www.w3.org/ns/did/v1"],"id":"{0}","alsoKnownAs":["at://alice.test"],)"
        R"("verificationMethod":[{{"id":"{0}#atproto","type":"{1}","controller":"{0}",)"
        R"("publicKeyMultibase":"{2}"}}],"service":[{{"id":"#atproto_pds",)"
        R"("type":"AtprotoPersonalDataServer","serviceEndpoint":"{3}"}}]}})",
        id, type, multibase, host);
  };
  constexpr std::string_view kDid = "did:plc:ewvi7nxzyoun6zhxrhs64oiz";
  const std::string bare = "z" + base58_encode(key.compressed());
  corpus.text("plc", document(kDid, "Multikey", key.multibase(), "https://pds.test"));
  corpus.text("web",
              document("did:web:localhost%3A2583", "Multikey", key.multibase(), "http://localhost:2583"));
  corpus.text("older-key",
              document(kDid, "EcdsaSecp256k1VerificationKey2019", bare, "https://pds.test:8443"));
  corpus.text("unknown-key", document(kDid, "Ed25519VerificationKey2020", "z6Mk", "https://192.0.2.1"));
  corpus.text("bad-host", document(kDid, "Multikey", key.multibase(), "https://pds.test/path?x#y"));
  corpus.text("bare", R"({"id":"did:web:example.com"})");
  corpus.text("odd-types",
              R"({"id":"did:web:a.test","alsoKnownAs":"x","verificationMethod":[1.5,{}],"service":{}})");
}

void xrpc_json(const Corpus& corpus) {
  corpus.text("describe-server", R"({"did":"did:web:pds.test","availableUserDomains":[".pds.test"],)"
                                 R"("inviteCodeRequired":false,"links":{},"contact":{"email":null}})");
  corpus.text("post", kPost);
  corpus.text("picture", picture());
  corpus.text("error", R"({"error":"RepoDeactivated","message":"Repo has been deactivated: did:plc:x"})");
  corpus.text("error-quotes-secret", R"({"error":"InvalidRequest","message":"bad password open\"sesame"})");
  corpus.text("error-html", "<html><body>502 Bad Gateway open\"sesame</body></html>");
  corpus.text("error-text", "upstream connect error é " + std::string(400, 'x'));
  corpus.text("numbers", "[0,-0,9223372036854775807,-9223372036854775808,1.5,-0.0,1e300,2.0,5e-324]");
  corpus.text("numbers-too-large", "[9223372036854775808,1e999]");
  corpus.text("escapes", R"(["\u0000\b\f\n\r\t\"\\\/","\ud83c\udf89","\u202e\u2028",""])");
  corpus.text("surrogate-alone", R"(["\ud83c"])");
  corpus.text("key-twice", R"({"a":1,"a":2})");
  corpus.text("nested-64", std::string(64, '[') + std::string(64, ']'));
  corpus.text("nested-65", std::string(65, '[') + std::string(65, ']'));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("make_fuzz_corpus FOLDER\n", stderr);
    return 2;
  }
  try {
    const std::filesystem::path root = argv[1];
    varint_cid({root, "varint_cid"});
    cbor({root, "cbor"});
    car({root, "car"});
    mst_node({root, "mst_node"});
    mst_tree({root, "mst_tree"});
    commit({root, "commit"});
    plc_log({root, "plc_log"});
    did_document({root, "did_document"});
    xrpc_json({root, "xrpc_json"});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "make_fuzz_corpus: %s\n", error.what());
    return 1;
  }
  return 0;
}
