// A whole repository in pieces, to be changed at one place and made to fit again: every hash and link above
// the change, and the signature. So a change reaches the rule it breaks, and is not found by a hash already.
#pragma once

#include "tests/opinion/dice.h"
#include "tests/support/plc_fixture.h"
#include "tests/support/repo_fixture.h"
#include "tests/support/tree_maker.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace atb::test {

// A sound repository, and the log that names its key.
struct Base {
  RepoFixture repo;
  PlcLog log;
};
Base make_base(Dice& dice);

struct Place {
  std::size_t block = 0;  // in Draft::blocks
  unsigned height = 0;
  std::optional<std::string> lower;  // keys of the node lie between these
  std::optional<std::string> upper;
  std::size_t keys = 0;
};

struct OpenNode {
  Link left;
  std::vector<Leaf> leaves;
};
OpenNode open_node(ByteView block);
Bytes close_node(const OpenNode& node);

struct Sealed {
  std::vector<ipld::Cid> roots;
  std::vector<NamedBlock> blocks;  // the commit first
};

class Draft {
 public:
  explicit Draft(const Base& base);

  data::Object commit;             // without its signature
  std::vector<NamedBlock> blocks;  // nodes and records, depth-first
  std::vector<Place> nodes;        // the root first; as they were at the beginning
  std::vector<std::size_t> records;
  const crypto::PrivateKey* key;  // whoever signs

  // Gives the block other bytes, and all that link to it the new link.
  void replace(std::size_t block, Bytes bytes, ipld::Codec codec = ipld::Codec::dag_cbor);
  void replace_node(std::size_t block, const OpenNode& node) { replace(block, close_node(node)); }
  OpenNode node(std::size_t block) const { return open_node(blocks[block].second); }
  // Adds a block that something will link to.
  ipld::Cid add(Bytes bytes, ipld::Codec codec = ipld::Codec::dag_cbor);
  // The link to the tree.
  ipld::Cid root() const { return *commit.find("data")->link(); }

  // The commit signed: `sign` makes the value of "sig" from the bytes to be signed.
  using Sign = std::function<data::Value(const crypto::PrivateKey&, ByteView)>;
  Sealed seal(const Sign& sign = {}) const;
};

// As a file; the blocks in an order that the dice choose, each once.
Bytes file_of(Sealed sealed, Dice& dice);

}  // namespace atb::test
