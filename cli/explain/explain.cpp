#include "cli/explain/explain.h"

#include "core/base/text.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace atb::cli {
namespace {

struct Entry {
  std::string_view ids;   // "mst.depth, mst.gave_up"
  std::string_view body;  // up to the next heading of any kind
};

Entry entry_of(std::string_view part) {
  const std::size_t line_end = std::min(part.find('\n'), part.size());
  Entry entry{part.substr(0, line_end), part.substr(line_end)};
  entry.body = entry.body.substr(0, entry.body.find("\n#"));
  return entry;
}

std::vector<std::string_view> ids_of(const Entry& entry) {
  auto ids = split(entry.ids, ',');
  for (std::string_view& id : ids) id = trim(id);
  return ids;
}

std::string in_one_line(std::string_view body) {
  std::string text;
  for (const std::string_view line : split(trim(body), '\n'))
    text += (text.empty() ? "" : " ") + std::string(line);
  return text;
}

// "xrpc.http_502" -> "xrpc.http_NNN".
std::string family_of(std::string_view id) {
  constexpr std::string_view kHttp = "xrpc.http_";
  if (id.starts_with(kHttp) && parse_decimal(id.substr(kHttp.size()))) return std::string(kHttp) + "NNN";
  return std::string(id);
}

// How many letters must be changed, added or left out to make one of the other.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

std::optional<std::string> explain(std::string_view id) {
  const std::string wanted = family_of(id);
  for (const std::string_view part : findings_page().subspan(1)) {
    const Entry entry = entry_of(part);
    const auto ids = ids_of(entry);
    if (std::ranges::find(ids, wanted) != ids.end()) return in_one_line(entry.body);
  }
  return std::nullopt;
}

std::vector<std::string_view> explained_ids() {
  std::vector<std::string_view> all;
  for (const std::string_view part : findings_page().subspan(1)) {
    const auto ids = ids_of(entry_of(part));
    all.insert(all.end(), ids.begin(), ids.end());
  }
  return all;
}

std::vector<std::string> ids_like(std::string_view id) {
  constexpr std::size_t kMost = 3;
  constexpr std::size_t kLongest = 100;  // the cost is quadratic
  id = id.substr(0, kLongest);
  std::vector<std::pair<std::size_t, std::string_view>> near;
  for (const std::string_view one : explained_ids()) {
    // The part after the dot alone is how people remember an id.
    const std::string_view last = one.substr(one.find('.') + 1);
    const std::size_t away = std::min(distance(id, one), distance(id, last) + 1);
    if (away <= std::max<std::size_t>(2, id.size() / 3)) near.emplace_back(away, one);
  }
  std::ranges::sort(near);
  std::vector<std::string> ids;
  for (const auto& [away, one] : near) {
    if (ids.size() < kMost) ids.emplace_back(one);
  }
  return ids;
}

}  // namespace atb::cli
