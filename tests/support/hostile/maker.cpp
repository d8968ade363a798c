#include "tests/support/hostile/maker.h"

#include "core/base/encoding.h"
#include "core/base/text.h"
#include "core/data/cbor.h"
#include "core/ipld/cbor_writer.h"
#include "core/mst/node.h"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <unordered_set>

namespace atb::test {
namespace {

constexpr std::int64_t kRevUs = 1'767'225'600'000'000;  // 2026-01-01

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().id + ": " + result.error().message);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

syntax::Did did_of_all() { return must(syntax::Did::parse(hostile_did())); }

// As an honest program writes the file: what a fast way of reading expects.
std::vector<NamedBlock> depth_first(MemoryBlocks& blocks, const ipld::Cid& commit, const ipld::Cid& root) {
  std::vector<NamedBlock> ordered;
  std::unordered_set<ipld::Cid> seen;
  Bytes buffer;
  std::vector<std::pair<ipld::Cid, bool>> waiting{{root, true}, {commit, false}};
  while (!waiting.empty()) {
    const auto [cid, is_node] = waiting.back();
    waiting.pop_back();
    const auto block = blocks.get(cid, buffer);
    if (!block || !seen.insert(cid).second) continue;
    ordered.emplace_back(cid, to_bytes(*block));
    const auto node = is_node ? mst::decode_node(*block, Limits{}) : fail(ErrorKind::corrupt, "", "");
    if (!node) continue;
    for (auto entry = node->entries.rbegin(); entry != node->entries.rend(); ++entry) {
      if (entry->subtree) waiting.emplace_back(*entry->subtree, true);
      waiting.emplace_back(entry->value, false);
    }
    if (node->left) waiting.emplace_back(*node->left, true);
  }
  for (const NamedBlock& block : blocks.blocks()) {
    if (!seen.contains(block.first)) ordered.push_back(block);
  }
  return ordered;
}

}  // namespace

PlcLog hostile_plc_log() {
  return {plc_state({plc_did_key(1)}, hostile_key().public_key().did_key(), "alice.test", "https://pds.test"),
          plc_key(1)};
}

crypto::PrivateKey hostile_key(crypto::Curve curve) { return test_key(curve); }

const std::string& hostile_did() {
  static const std::string did = hostile_plc_log().did().str();
  return did;
}

std::string hostile_log() { return hostile_plc_log().audit_json(); }

std::int64_t hostile_now_us() { return kRevUs + 24 * kPlcHourUs; }

RepoFixture signed_tree(MemoryBlocks blocks, const ipld::Cid& root, const CommitChange& change,
                        const CommitChange& after) {
  crypto::PrivateKey key = hostile_key();
  const syntax::Tid rev = syntax::Tid::from(kRevUs, 7);
  repo::Commit commit{did_of_all(), 3, root, rev, {}, true, {}};
  if (change) change(commit);
  must(repo::sign_commit(commit, key));
  if (after) after(commit);
  const ipld::Cid cid = blocks.add(repo::encode_commit(commit));
  return {commit.did, std::move(key), rev, cid, root, depth_first(blocks, cid, root), {}, {}};
}

RepoFixture with_commit_block(const RepoFixture& repo, Bytes block) {
  const ipld::Cid cid = ipld::Cid::of(ipld::Codec::dag_cbor, block);
  RepoFixture changed{repo.did, hostile_key(), repo.rev, cid, repo.data, repo.blocks, {}, {}};
  changed.blocks.front() = {cid, std::move(block)};
  return changed;
}

RepoFixture canonical(const NamedRecords& records) {
  repo::Builder builder;
  for (const auto& [key, block] : records) builder.put_raw(key, block);
  return sign_repo(builder, {.did = hostile_did(), .rev_us = kRevUs});
}

RepoFixture canonical_keys(const std::vector<std::string>& keys) {
  NamedRecords records;
  for (const std::string& key : keys) records.emplace_back(key, record_of(key));
  return canonical(records);
}

RepoFixture small_repo() {
  return canonical_keys({key_at(0, "a"), key_at(1, "b"), key_at(0, "c"), key_at(2, "d"), key_at(0, "e"),
                         key_at(0, "f"), key_at(1, "g"), key_at(0, "h")});
}

Bytes record_of(std::string_view key) {
  return must(data::encode_cbor(
      data::Object().set("$type", "com.example.test").set("says", "this is " + printable(key))));
}

Leaf leaf(MemoryBlocks& blocks, std::string key, Link subtree) {
  Leaf made(std::move(key), subtree);
  made.value = blocks.add(record_of(made.key));
  return made;
}

Bytes cbor_text(std::string_view text) {
  ipld::CborWriter cbor;
  cbor.text(text);
  return cbor.take();
}

Bytes cbor_bytes(ByteView bytes) {
  ipld::CborWriter cbor;
  cbor.bytes(bytes);
  return cbor.take();
}

Bytes cbor_link(const ipld::Cid& cid) {
  ipld::CborWriter cbor;
  cbor.link(cid);
  return cbor.take();
}

Bytes joined(std::initializer_list<Bytes> pieces) {
  Bytes whole;
  for (const Bytes& piece : pieces) whole.insert(whole.end(), piece.begin(), piece.end());
  return whole;
}

Bytes hex_of(std::string_view digits) {
  std::string packed;
  std::ranges::copy_if(digits, std::back_inserter(packed), [](char c) { return c != ' '; });
  return must(hex_decode(packed));
}

void make_high_s(Bytes& signature, crypto::Curve curve) {
  const Bytes order = hex_of(curve == crypto::Curve::k256
                                 ? "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
                                 : "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
  int borrow = 0;
  for (std::size_t i = 32; i-- > 0;) {
    int digit = int{order[i]} - int{signature[32 + i]} - borrow;
    borrow = digit < 0 ? 1 : 0;
    signature[32 + i] = static_cast<std::uint8_t>(digit + 256 * borrow);
  }
}

Bytes HostileRepo::bad_car(BlockOrder order) const {
  Bytes car = bad.car(order);
  return spoil ? spoil(std::move(car)) : car;
}

Severity HostileRepo::gravest() const {
  return findings.empty() ? Severity::info : std::ranges::max(findings, {}, &Expected::severity).severity;
}

std::vector<HostileRepo> hostile_repos() {
  std::vector<HostileRepo> all = hostile_trees();
  for (auto more : {hostile_commits, hostile_records, hostile_files})
    std::ranges::move(more(), std::back_inserter(all));
  return all;
}

}  // namespace atb::test
