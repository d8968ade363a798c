// Sections of a CAR by the batch: as many as a buffer holds, so that their blocks are hashed side by side
// (crypto/sha256_many.h), and so that a thread can read one batch while another works on the one before.
// reader.h says what is checked, and hands the same out one by one.
#pragma once

#include "core/car/reader.h"

#include <functional>

namespace atb::car {

// A look at each good block in the thread that reads it, right after it was hashed: its bytes are in that
// core's cache, and for most blocks no other thread touches them. True: there is nothing in it that anyone
// would read it again for (BlockSource::plain_bytes).
using LookAtBlock = std::function<bool(ByteView)>;

// Used again and again for its memory.
struct SectionBatch {
  std::vector<Section> sections;  // their blocks lie in `buffer`
  std::optional<Error> failure;   // what ends the reading, after `sections`
  bool ended = false;             // nothing comes after `sections`
  Bytes buffer;
};

// A source of batches: a BatchReader, or one that reads ahead.
class Batches {
 public:
  virtual ~Batches() = default;
  virtual const Header& header() const = 0;
  // The next batch: one section at least, or `failure`, or `ended`; not to be called again after one of
  // these. It lives until the next call. Never null.
  virtual const SectionBatch* next() = 0;
};

// The part of reading that needs nothing but the batch: hashes its blocks and looks at them. One thread at a
// time; another thread takes another one, with its own copy of the look.
class BatchCheck {
 public:
  explicit BatchCheck(LookAtBlock look) : look_(std::move(look)) {}
  void check(SectionBatch& batch);

 private:
  LookAtBlock look_;
  std::vector<ByteView> blocks_;  // scratch
  std::vector<crypto::Digest> digests_;
};

class BatchReader {
 public:
  // As Reader::open(). The look may be empty: no block is plain then.
  static Result<BatchReader> open(ByteSource& source, const Limits& limits, Roots roots = Roots::required,
                                  LookAtBlock look = {});
  BatchReader(BatchReader&&) noexcept;
  BatchReader& operator=(BatchReader&&) noexcept;
  ~BatchReader();

  const Header& header() const;
  void read(SectionBatch& batch);
  // The same without hashing and looking: every section with a CID of ours counts as good, until a
  // BatchCheck had it.
  void take(SectionBatch& batch);

 private:
  struct State;
  explicit BatchReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace atb::car
