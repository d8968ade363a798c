// A fuzz target is one .cpp with fuzz_one(). It is linked twice: with libFuzzer (`./dev fuzz`), which invents
// inputs, and with replay.cpp, which runs the corpus and plain mutations of it as a test. See fuzz/README.md.
#pragma once

#include "core/base/bytes.h"

#include <cstdint>
#include <span>

namespace atb::fuzz {

// Must come back for any input, and says through require() what else must hold.
void fuzz_one(std::span<const std::uint8_t> input);

// Ends the program with these words.
[[noreturn]] void broken(const char* property);

inline void require(bool holds, const char* property) {
  if (!holds) broken(property);
}

}  // namespace atb::fuzz
