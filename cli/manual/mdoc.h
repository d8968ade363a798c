// Text made fit for mdoc(7).
#pragma once

#include <string>
#include <string_view>

namespace atb::manual {

// As a line or part of a line of running text.
std::string text_line(std::string_view text);
// As words after a macro: none of them is taken for a macro.
std::string macro_words(std::string_view text);
// A sentence: with a full stop.
std::string sentence(std::string_view text);

}  // namespace atb::manual
