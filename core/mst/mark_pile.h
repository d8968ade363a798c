// Inside mst only: marks (digest_marks.h), each with a number, thrown on piles by their value, so that those
// which are to be held against each other later come together without a look at where the other one lies:
// memory is written in order.
#pragma once

#include "core/mst/digest_marks.h"

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <vector>

namespace atb::mst {

struct NumberedMark {
  DigestMark mark;
  std::uint32_t number = 0;
};

class MarkPiles {
 public:
  static constexpr std::size_t kPiles = 256;

  static std::size_t pile_of(const DigestMark& mark) { return mark.words[1] >> 24U; }

  // `expected` is a guess at how many there will be.
  explicit MarkPiles(std::uint64_t expected)
      : chunk_(std::clamp<std::uint64_t>(expected / kPiles / 8, 4, 400)) {}
  void add(const DigestMark& mark, std::uint32_t number) {
    Pile& pile = piles_[pile_of(mark)];
    if (pile.left == 0) {
      pile.chunks.push_back(std::make_unique_for_overwrite<NumberedMark[]>(chunk_));
      pile.next = pile.chunks.back().get();
      pile.left = chunk_;
    }
    --pile.left;
    *pile.next++ = {mark, number};
  }
  // Does it hold for all marks of a pile?
  template <class Predicate>
  bool all_of(std::size_t number, const Predicate& holds) const {
    const Pile& pile = piles_[number];
    return std::ranges::all_of(
        pile.chunks, [&](const auto& chunk) { return std::ranges::all_of(taken(pile, chunk), holds); });
  }
  // Appended.
  void copy_to(std::size_t number, std::vector<NumberedMark>& out) const {
    const Pile& pile = piles_[number];
    for (const auto& chunk : pile.chunks) {
      const auto marks = taken(pile, chunk);
      out.insert(out.end(), marks.begin(), marks.end());
    }
  }

 private:
  struct Pile {
    std::vector<std::unique_ptr<NumberedMark[]>> chunks;
    NumberedMark* next = nullptr;  // in the last chunk
    std::size_t left = 0;          // in it
  };
  using Chunk = std::unique_ptr<NumberedMark[]>;
  std::span<const NumberedMark> taken(const Pile& pile, const Chunk& chunk) const {
    return {chunk.get(), &chunk == &pile.chunks.back() ? chunk_ - pile.left : chunk_};
  }

  std::size_t chunk_;
  std::array<Pile, kPiles> piles_{};
};

// The marks of one pile, to be found again. Used again for its memory.
class MarkTable {
 public:
  static constexpr std::size_t kNone = ~std::size_t{0};

  // Of a mark in the table, before it is cut to the table's size.
  static std::size_t place_of(const DigestMark& mark) { return mark.words[2]; }

  std::vector<NumberedMark>& marks() { return marks_; }
  // False: two are equal.
  bool lay() {
    std::size_t places = 16;
    while (places < marks_.size() * 2) places *= 2;
    places_.assign(places, 0);
    for (std::size_t i = 0; i < marks_.size(); ++i) {
      std::size_t at = place_of(marks_[i].mark) & (places - 1);
      for (; places_[at] != 0; at = (at + 1) & (places - 1)) {
        if (marks_[places_[at] - 1].mark == marks_[i].mark) return false;
      }
      places_[at] = static_cast<std::uint32_t>(i + 1);
    }
    return true;
  }
  // In marks(), or kNone.
  std::size_t find(const DigestMark& mark) const {
    const std::size_t last = places_.size() - 1;
    for (std::size_t at = place_of(mark) & last; places_[at] != 0; at = (at + 1) & last) {
      if (marks_[places_[at] - 1].mark == mark) return places_[at] - 1;
    }
    return kNone;
  }

 private:
  std::vector<NumberedMark> marks_;
  std::vector<std::uint32_t> places_;  // a number plus one; zero: none
};

}  // namespace atb::mst
