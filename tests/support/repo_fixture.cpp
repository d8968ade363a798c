#include "tests/support/repo_fixture.h"

#include "core/car/writer.h"
#include "core/crypto/sha256.h"
#include "core/mst/node.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <random>
#include <stdexcept>

namespace atb::test {
namespace {

using data::Array;
using data::Object;
using data::Value;

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().id + ": " + result.error().message);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

constexpr std::int64_t kFirstRecordUs = 1'700'000'000'000'000;
constexpr std::array<std::string_view, 5> kTexts = {
    "plain words, nothing else",
    "gr\u00fc\u00df dich \u2013 \u65e5\u672c\u8a9e \u2728",
    "two lines\nand a tab\there",
    "\U0001f469\u200d\U0001f4bb writes about https://example.com/a?b=c",
    "",
};

class Maker {
 public:
  Maker(repo::Builder& builder, const RepoOptions& options)
      : builder_(&builder), seed_(options.seed), did_(options.did), pictures_left_(options.most_pictures) {}

  void record(std::size_t i) {
    if (i == 0) return profile();
    switch (i % 8) {
      case 0:
        return put("app.bsky.graph.follow", i, follow(i));
      case 1:
        return put("app.bsky.feed.like", i, subject("app.bsky.feed.like", i));
      case 2:
        return put("app.bsky.feed.repost", i, subject("app.bsky.feed.repost", i));
      case 3:
        return put("app.bsky.feed.post", i, pictures_left_ == 0 ? post(i) : with_picture(post(i), i));
      case 4:
        return put("app.bsky.feed.post", i, with_reply(post(i), i));
      case 5:
        return put("com.example.notes.entry", i, note(i));
      default:
        return put("app.bsky.feed.post", i, post(i));
    }
  }
  std::vector<FixtureBlob> take_blobs() { return std::move(blobs_); }

 private:
  std::int64_t time_of(std::size_t i) const {
    return kFirstRecordUs + static_cast<std::int64_t>(i) * 61'000'003;
  }
  std::string key_of(std::size_t i) const {
    return syntax::Tid::from(time_of(i), static_cast<unsigned>(seed_ % 1024)).str();
  }
  static std::string created(std::size_t i) {
    return fmt::format("2024-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", 1 + i % 12, 1 + i % 28, i % 24, i % 60,
                       i % 59, i % 1000);
  }
  void put(const std::string& collection, std::size_t i, const Object& record) {
    must(builder_->put(path(collection + "/" + key_of(i)), Value(record)));
  }
  ipld::Cid some_cid(std::size_t i) const {
    return ipld::Cid::of(ipld::Codec::dag_cbor, as_bytes(fmt::format("subject {} {}", seed_, i)));
  }
  std::string some_uri(std::size_t i) const { return "at://" + did_ + "/app.bsky.feed.post/" + key_of(i); }

  Object strong_ref(std::size_t i) const {
    return Object().set("cid", some_cid(i).str()).set("uri", some_uri(i));
  }
  Object subject(const char* type, std::size_t i) const {
    return Object().set("$type", type).set("subject", strong_ref(i)).set("createdAt", created(i));
  }
  Object follow(std::size_t i) const {
    return Object().set("$type", "app.bsky.graph.follow").set("subject", did_).set("createdAt", created(i));
  }
  Object post(std::size_t i) const {
    Array langs;
    langs.emplace_back(i % 3 == 0 ? "en" : "de");
    return Object()
        .set("$type", "app.bsky.feed.post")
        .set("text", fmt::format("{} ({}/{})", kTexts[i % kTexts.size()], seed_, i))
        .set("langs", std::move(langs))
        .set("createdAt", created(i));
  }
  Object with_reply(Object post, std::size_t i) const {
    return post.set("reply", Object().set("root", strong_ref(i - 1)).set("parent", strong_ref(i - 1)));
  }
  Object with_picture(Object post, std::size_t i) {
    --pictures_left_;
    Array images;
    images.emplace_back(Object()
                            .set("alt", fmt::format("picture {}", i))
                            .set("image", blob("image/jpeg", 200 + i % 700, i))
                            .set("aspectRatio", Object().set("width", 4).set("height", 3)));
    return post.set("embed", Object().set("$type", "app.bsky.embed.images").set("images", std::move(images)));
  }
  // What no known lexicon has: links, bytes, nesting, null, large and negative integers.
  Object note(std::size_t i) const {
    Array list;
    list.emplace_back(nullptr);
    list.emplace_back(std::int64_t{-1} - static_cast<std::int64_t>(i));
    list.emplace_back(std::int64_t{9'007'199'254'740'991});
    list.emplace_back(Object().set("deep", Array{Value(true), Value(false)}));
    return Object()
        .set("$type", "com.example.notes.entry")
        .set("link", some_cid(i))
        .set("bytes", Bytes{0, 1, 2, static_cast<std::uint8_t>(i % 256)})
        .set("list", std::move(list))
        .set("\u00fcnicode key", "value");
  }
  void profile() {
    must(builder_->put(path("app.bsky.actor.profile/self"),
                       Value(Object()
                                 .set("$type", "app.bsky.actor.profile")
                                 .set("displayName", fmt::format("Test {}", seed_))
                                 .set("avatar", blob("image/png", 900, 0))
                                 .set("description", std::string(kTexts[1])))));
  }
  Object blob(const std::string& mime_type, std::size_t size, std::size_t i) {
    std::mt19937_64 random(seed_ * 1'000'003 + i);
    Bytes bytes(size);
    std::ranges::generate(bytes, [&random] { return static_cast<std::uint8_t>(random() & 0xFFU); });
    const auto cid = ipld::Cid::of(ipld::Codec::raw, bytes);
    blobs_.push_back({cid, std::move(bytes), mime_type});
    return Object()
        .set("$type", "blob")
        .set("ref", cid)
        .set("mimeType", mime_type)
        .set("size", static_cast<std::int64_t>(size));
  }

  repo::Builder* builder_;
  std::uint64_t seed_;
  std::string did_;
  std::size_t pictures_left_;
  std::vector<FixtureBlob> blobs_;
};

// The keys and records of a tree we made ourselves.
void collect_records(const RepoFixture& repo, MemoryBlocks& nodes,
                     std::map<std::string, ipld::Cid>& records) {
  std::vector<ipld::Cid> waiting{repo.data};
  Bytes buffer;
  while (!waiting.empty()) {
    const ipld::Cid cid = waiting.back();
    waiting.pop_back();
    const auto node = must(mst::decode_node(must(nodes.get(cid, buffer)), Limits{}));
    if (node.left) waiting.push_back(*node.left);
    std::string key;
    for (const auto& entry : node.entries) {
      key = key.substr(0, static_cast<std::size_t>(entry.prefix_length)).append(entry.suffix);
      records.emplace(key, entry.value);
      if (entry.subtree) waiting.push_back(*entry.subtree);
    }
  }
}

}  // namespace

syntax::RepoPath path(std::string_view text) { return must(syntax::RepoPath::parse(text)); }

crypto::PrivateKey test_key(crypto::Curve curve, std::uint64_t seed) {
  const auto scalar = crypto::sha256(as_bytes(fmt::format("test key {}", seed)));
  return must(crypto::PrivateKey::from_scalar(curve, scalar));
}

std::vector<FixtureBlob> put_records(repo::Builder& builder, const RepoOptions& options) {
  Maker maker(builder, options);
  for (std::size_t i = 0; i < options.records; ++i) maker.record(i);
  return maker.take_blobs();
}

RepoFixture sign_repo(const repo::Builder& builder, const RepoOptions& options) {
  auto key = test_key(options.curve, options.seed);
  const auto did = must(syntax::Did::parse(options.did));
  const auto rev = syntax::Tid::from(options.rev_us, 7);
  MemoryBlocks blocks;
  const auto built = must(builder.build(did, rev, key, blocks));
  RepoFixture repo{did, std::move(key), rev, built.commit, built.data, {}, {}, {}};
  collect_records(repo, blocks, repo.records);
  repo.blocks = std::move(blocks).take();
  return repo;
}

RepoFixture make_repo(const RepoOptions& options) {
  repo::Builder builder;
  auto blobs = put_records(builder, options);
  RepoFixture repo = sign_repo(builder, options);
  repo.blobs = std::move(blobs);
  return repo;
}

Bytes RepoFixture::car(BlockOrder order) const {
  BytesSink out(std::size_t{1} << 40);
  must(write_car(out, order));
  return std::move(out.bytes());
}

Status RepoFixture::write_car(ByteSink& out, BlockOrder order) const {
  std::vector<std::pair<std::string, std::size_t>> places;  // what it is sorted by, and where it is
  places.reserve(blocks.size());
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    // As text, for the server's database holds them so; in base32 that is not the order of the bytes.
    places.emplace_back(order == BlockOrder::reference_server ? blocks[i].first.str() : "", i);
  }
  if (order == BlockOrder::reference_server) std::ranges::sort(places, std::greater{});
  if (order == BlockOrder::shuffled) std::ranges::shuffle(places, std::mt19937_64(42));
  car::Writer writer = TRY(car::Writer::start(out, std::span(&commit, 1)));
  for (const auto& [name, place] : places) TRY(writer.put(blocks[place].first, blocks[place].second));
  return {};
}

}  // namespace atb::test
