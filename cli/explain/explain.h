// What ids of findings and errors mean: docs/findings.md, compiled in.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace atb::cli {

// The paragraph of that id, in one line; empty when there is none. "xrpc.http_502" is found under its family.
std::optional<std::string> explain(std::string_view id);
// The ids that look most like it, the nearest first; three at most, and none that has nothing to do with it.
std::vector<std::string> ids_like(std::string_view id);
// Every id, in the order of the page.
std::vector<std::string_view> explained_ids();

// The page, parted at its "### " headings; the first part is what stands before them. Made by CMake.
std::span<const std::string_view> findings_page();

}  // namespace atb::cli
