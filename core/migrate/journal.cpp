#include "core/migrate/journal.h"

#include <array>

namespace atb::migrate {
namespace {

constexpr std::array<std::string_view, 1> kSchemas = {R"sql(
  CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    at_us INTEGER NOT NULL,
    step TEXT NOT NULL,
    phase TEXT NOT NULL,
    detail TEXT NOT NULL
  ) STRICT;
  CREATE TABLE fact (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT;
)sql"};

}  // namespace

std::string_view name_of(Phase phase) {
  switch (phase) {
    case Phase::intended:
      return "intended";
    case Phase::tried:
      return "tried";
    case Phase::failed:
      return "failed";
    case Phase::observed:
      return "observed";
    case Phase::skipped:
      return "skipped";
  }
  return "unknown";
}

Result<Journal> Journal::open(const std::string& path, os::Clock& clock) {
  Journal journal(TRY(db::Database::open(path, kSchemas)), clock);
  auto rows = TRY(journal.db_.prepare("SELECT name, value FROM fact ORDER BY name"));
  while (TRY(rows.step())) journal.facts_.emplace_back(rows.text(0), rows.text(1));
  return journal;
}

Status Journal::write(std::string_view step, Phase phase, std::string_view detail) {
  auto insert = TRY(db_.prepare("INSERT INTO event (at_us, step, phase, detail) VALUES (?, ?, ?, ?)"));
  insert.bind(1, clock_->wall_us()).bind(2, step).bind(3, name_of(phase)).bind(4, detail);
  return insert.run();
}

Result<std::vector<JournalEvent>> Journal::events() {
  auto rows = TRY(db_.prepare("SELECT id, at_us, step, phase, detail FROM event ORDER BY id"));
  std::vector<JournalEvent> events;
  while (TRY(rows.step())) {
    events.push_back({rows.integer(0), rows.integer(1), rows.text(2), rows.text(3), rows.text(4)});
  }
  return events;
}

Result<std::string> Journal::last_phase(std::string_view step) {
  auto rows = TRY(db_.prepare("SELECT phase FROM event WHERE step = ? ORDER BY id DESC LIMIT 1"));
  rows.bind(1, step);
  if (!TRY(rows.step())) return std::string();
  return rows.text(0);
}

Status Journal::set(std::string_view name, std::string_view value) {
  auto upsert =
      TRY(db_.prepare("INSERT INTO fact (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = "
                      "excluded.value"));
  upsert.bind(1, name).bind(2, value);
  TRY(upsert.run());
  for (auto& [known, old] : facts_) {
    if (known == name) {
      old = value;
      return {};
    }
  }
  facts_.emplace_back(name, value);
  return {};
}

Status Journal::forget_facts() {
  TRY(db_.execute("DELETE FROM fact"));
  facts_.clear();
  return {};
}

std::string Journal::get(std::string_view name) const {
  for (const auto& [known, value] : facts_) {
    if (known == name) return value;
  }
  return {};
}

}  // namespace atb::migrate
