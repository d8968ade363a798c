// Every bound on hostile input, in one place. Passed to the decoders; tests stand at each limit and one past
// it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace atb {

struct Limits {
  std::size_t cbor_depth = 128;        // nesting of maps and arrays
  std::size_t block_bytes = 4U << 20;  // one block of a repository (the network's own rule: 1 MiB a record)
  std::size_t car_header_bytes = 64U << 10;
  std::size_t car_roots = 16;
  std::size_t mst_depth = 64;        // levels; a height of 64 needs 2^128 hashes of work to reach
  std::size_t mst_key_bytes = 1024;  // collection '/' record key
  std::size_t mst_node_entries = 100'000;
  std::size_t mst_misplaced_nodes =
      100'000;                             // remembered, so that none is read twice; past it a walk gives up
  std::uint64_t repo_bytes = 64ULL << 30;  // a whole CAR
  std::uint64_t repo_blocks = 1ULL << 26;  // some 2.5 GiB of index; the largest known has 10 million
  std::uint64_t blob_bytes = 4ULL << 30;
  std::size_t json_bytes = 16U << 20;  // any JSON answer or file
  std::size_t json_depth = 64;
  std::size_t plc_operations = 10'000;      // entries of one audit log
  std::size_t plc_operation_bytes = 8'000;  // the directory takes 4000, its specification says 7500
  std::size_t list_pages = 20'000;          // pages of a cursor-driven listing
};

}  // namespace atb
