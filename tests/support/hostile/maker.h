// The pieces that hostile repositories are made of.
#pragma once

#include "tests/support/hostile/hostile.h"
#include "tests/support/plc_fixture.h"
#include "tests/support/tree_maker.h"

#include <initializer_list>
#include <string_view>

namespace atb::test {

// The log of the account as a beginning of others.
PlcLog hostile_plc_log();
crypto::PrivateKey hostile_key(crypto::Curve curve = crypto::Curve::k256);

// Signed by the account's key, blocks depth-first from the commit: each node before its content; then what no
// link reaches. `change` sees the commit before it is signed, `after` when it is.
using CommitChange = std::function<void(repo::Commit&)>;
RepoFixture signed_tree(MemoryBlocks blocks, const ipld::Cid& root, const CommitChange& change = {},
                        const CommitChange& after = {});
// The same with a commit block that is no work of ours.
RepoFixture with_commit_block(const RepoFixture& repo, Bytes block);
// The one right tree of these records.
using NamedRecords = std::vector<std::pair<std::string, Bytes>>;
RepoFixture canonical(const NamedRecords& records);
// The same for keys alone, each with a record of its own.
RepoFixture canonical_keys(const std::vector<std::string>& keys);
// Some 8 records on three heights.
RepoFixture small_repo();

// The record of a key in all of them, among the blocks.
Bytes record_of(std::string_view key);
Leaf leaf(MemoryBlocks& blocks, std::string key, Link subtree = {});

// CBOR in pieces, so that the whole can be wrong.
Bytes cbor_text(std::string_view text);
Bytes cbor_bytes(ByteView bytes);
Bytes cbor_link(const ipld::Cid& cid);
Bytes joined(std::initializer_list<Bytes> pieces);
Bytes hex_of(std::string_view digits);  // spaces are left out

// n - s for the S of a signature: the other one that a careless program takes.
void make_high_s(Bytes& signature, crypto::Curve curve);

inline Expected damage(std::string id) { return {std::move(id), Severity::damage}; }
inline Expected forged(std::string id) { return {std::move(id), Severity::forged}; }
inline Expected info(std::string id) { return {std::move(id), Severity::info}; }

}  // namespace atb::test
