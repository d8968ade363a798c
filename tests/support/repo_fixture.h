// Signed repositories made in memory: records of several collections in the shapes real accounts have, with
// blobs, under a key of either curve. The same options give the same bytes.
//
//   const auto repo = test::make_repo({.records = 500, .curve = crypto::Curve::p256});
//   const Bytes car = repo.car(test::BlockOrder::reference_server);
#pragma once

#include "core/base/byte_source.h"
#include "core/crypto/keys.h"
#include "core/repo/builder.h"
#include "core/syntax/did.h"
#include "core/syntax/tid.h"
#include "tests/support/memory_blocks.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace atb::test {

enum class BlockOrder : std::uint8_t {
  depth_first,       // commit, then each node before its content
  reference_server,  // CID descending: what the reference server sends when all blocks are of one rev
  shuffled,
};

struct RepoOptions {
  std::size_t records = 100;
  crypto::Curve curve = crypto::Curve::k256;
  std::uint64_t seed = 1;  // another seed: other keys, texts and blobs
  std::string did = "did:plc:ewvi7nxzyoun6zhxrhs64oiz";
  std::int64_t rev_us = 1'767'225'600'000'000;  // 2026-01-01
  std::size_t most_pictures = SIZE_MAX;         // beside the avatar: one post in eight has one, until so many
};

struct FixtureBlob {
  ipld::Cid cid;
  Bytes bytes;
  std::string mime_type;
};

struct RepoFixture {
  syntax::Did did;
  crypto::PrivateKey key;
  syntax::Tid rev;
  ipld::Cid commit;
  ipld::Cid data;
  std::vector<NamedBlock> blocks;            // depth-first; each once
  std::map<std::string, ipld::Cid> records;  // by path
  std::vector<FixtureBlob> blobs;            // what the records point to

  Bytes car(BlockOrder order = BlockOrder::depth_first) const;
  // The same, for repositories that one does not want in memory once more.
  Status write_car(ByteSink& out, BlockOrder order) const;
};

RepoFixture make_repo(const RepoOptions& options = {});

// The pieces, for tests that want to change something before it is signed.
crypto::PrivateKey test_key(crypto::Curve curve, std::uint64_t seed = 1);
// Puts the records that make_repo() makes; returns their blobs.
std::vector<FixtureBlob> put_records(repo::Builder& builder, const RepoOptions& options);
// Builds and signs what the builder holds, with the DID, key and rev of the options; knows no blobs.
RepoFixture sign_repo(const repo::Builder& builder, const RepoOptions& options);
// A path such as "app.bsky.feed.post/3kdgeujwlq32y"; ends the test when the text is none.
syntax::RepoPath path(std::string_view text);

}  // namespace atb::test
