// Makes whole signed repositories: for tests, for staged imports, for re-signing. Deterministic.
#pragma once

#include "core/data/value.h"
#include "core/ipld/block_source.h"
#include "core/repo/commit.h"
#include "core/syntax/repo_path.h"

#include <functional>
#include <map>
#include <string>

namespace atb::repo {

struct BuiltRepo {
  ipld::Cid commit;
  ipld::Cid data;
};

// Holds records in memory; keys may come in any order. One thread.
class Builder {
 public:
  // Encodes, hashes and keeps the record; replaces one at the same path.
  Status put(const syntax::RepoPath& path, const data::Value& record);
  // As put(), with bytes that need not be valid: for hostile repositories and records that break the data
  // model.
  void put_raw(std::string key, Bytes block);
  void remove(const std::string& key);
  std::size_t size() const { return records_.size(); }

  // Writes commit, nodes and records to `sink`, in depth-first order when `sink` keeps order: commit, then
  // each node before its content. `sign` is the account's key.
  Result<BuiltRepo> build(const syntax::Did& did, const syntax::Tid& rev, const crypto::PrivateKey& sign,
                          ipld::BlockSink& sink) const;

 private:
  struct Record {
    ipld::Cid cid;
    Bytes block;
  };
  std::map<std::string, Record> records_;
};

}  // namespace atb::repo
