#include "core/db/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace atb::db {
namespace {

constexpr int kBusyMilliseconds = 10'000;

Error error_of(sqlite3* db, int code, std::string_view operation, std::string_view what) {
  const char* reason = db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code);
  std::string message = fmt::format("cannot {} {}: {}", operation, what, reason);
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorKind::locked, "db.busy", std::move(message), "wait until the other program has ended"};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {ErrorKind::corrupt, "db.corrupt", std::move(message)};
    case SQLITE_FULL:
      return {ErrorKind::no_space, "db.no_space", std::move(message),
              "make room, then run the same command again"};
    case SQLITE_CONSTRAINT:
      return {ErrorKind::conflict, "db.constraint", std::move(message)};
    case SQLITE_NOMEM:
      return {ErrorKind::internal, fmt::format("db.{}", operation), std::move(message)};
    default:
      return {ErrorKind::io, fmt::format("db.{}", operation), std::move(message)};
  }
}

Error file_error(int code, const std::string& path) {
  const bool full = code == ENOSPC || code == EDQUOT;
  return {full ? ErrorKind::no_space : ErrorKind::io, full ? "db.no_space" : "db.open",
          fmt::format("cannot open {}: {}", path, std::generic_category().message(code))};
}

// The file exists 0600 before SQLite sees it; the journals beside it get the same mode from SQLite.
Status make_private(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return file_error(errno, path);
  const int failed = ::fchmod(fd, 0600) < 0 ? errno : 0;
  ::close(fd);
  if (failed != 0) return file_error(failed, path);
  return {};
}

std::string_view name_of_path(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
void Database::Close::operator()(sqlite3* db) const { sqlite3_close_v2(db); }

Statement& Statement::bound(int code) {
  if (code != SQLITE_OK && bind_status_)
    bind_status_ = error_of(db_, code, "bind", sqlite3_sql(statement_.get()));
  return *this;
}

void Statement::rewind() {
  // A statement that has ended is run anew with the parameters it gets now.
  if (stepped_) sqlite3_reset(statement_.get());
  stepped_ = false;
}

Statement& Statement::bind(int parameter, std::int64_t value) {
  rewind();
  return bound(sqlite3_bind_int64(statement_.get(), parameter, value));
}

Statement& Statement::bind(int parameter, std::string_view value) {
  rewind();
  return bound(sqlite3_bind_text64(statement_.get(), parameter, value.data() != nullptr ? value.data() : "",
                                   value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

Statement& Statement::bind_null(int parameter) {
  rewind();
  return bound(sqlite3_bind_null(statement_.get(), parameter));
}

Result<bool> Statement::step() {
  if (!bind_status_) return bind_status_.error();
  stepped_ = true;
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    rewind();
    return false;
  }
  Error error = error_of(db_, code, "run", sqlite3_sql(statement_.get()));
  rewind();
  return error;
}

Status Statement::run() {
  while (TRY(step())) {
  }
  return {};
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

std::string Statement::text(int column) const {
  const auto* data = sqlite3_column_text(statement_.get(), column);
  if (data == nullptr) return {};
  return {reinterpret_cast<const char*>(data),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

Result<Database> Database::open(const std::string& path, std::span<const std::string_view> schemas) {
  TRY(make_private(path));
  sqlite3* raw = nullptr;
  // Never a name that SQLite understands as something else (":memory:", "file:…").
  const std::string plain = path.starts_with('/') ? path : "./" + path;
  const int code = sqlite3_open_v2(plain.c_str(), &raw, SQLITE_OPEN_READWRITE, nullptr);
  Database db(raw);
  if (code != SQLITE_OK) return error_of(raw, code, "open", name_of_path(path));
  sqlite3_extended_result_codes(raw, 1);
  sqlite3_busy_timeout(raw, kBusyMilliseconds);
  // SQL comes from us alone; the file may have been tampered with.
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  TRY_CONTEXT("while opening " + path, db.configure());
  TRY_CONTEXT("while opening " + path, db.migrate(path, schemas));
  return db;
}

Status Database::configure() {
  // A journal must survive the loss of power after each commit: a rollback journal, synced with its folder
  // (EXTRA). WAL would be faster, but needs shared memory and leaves three files where one is easier to keep
  // safe. Temporary tables stay in memory; what is deleted is overwritten.
  constexpr std::array statements = {
      "PRAGMA journal_mode=DELETE", "PRAGMA synchronous=EXTRA", "PRAGMA temp_store=MEMORY",
      "PRAGMA secure_delete=ON",    "PRAGMA foreign_keys=ON",   "PRAGMA cell_size_check=ON",
  };
  for (const auto* statement : statements) TRY(execute(statement));
  return {};
}

Status Database::migrate(const std::string& path, std::span<const std::string_view> schemas) {
  if (schemas.empty()) return {};
  // Under the write lock, so that two programs that start together do not both do it.
  auto transaction = TRY(begin());
  std::int64_t version = 0;
  {
    auto statement = TRY(prepare("PRAGMA user_version"));
    if (TRY(statement.step())) version = statement.integer(0);
  }
  const auto known = static_cast<std::int64_t>(schemas.size());
  if (version < 0 || version > known) {
    return fail(ErrorKind::unsupported, "db.version",
                fmt::format("{} has schema version {}, this program knows up to {}", path, version, known),
                "use the version of atbackup that wrote it, or a newer one");
  }
  for (auto next = version; next < known; ++next) {
    TRY_CONTEXT(fmt::format("while making schema version {}", next + 1),
                execute(schemas[static_cast<std::size_t>(next)]));
  }
  if (version < known) TRY(execute(fmt::format("PRAGMA user_version={}", known)));
  return transaction.commit();
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()), 0, &raw, nullptr);
  if (code != SQLITE_OK) return error_of(db_.get(), code, "prepare", sql);
  if (raw == nullptr) return fail(ErrorKind::internal, "db.prepare", "an SQL statement is empty");
  return Statement(db_.get(), raw);
}

Status Database::execute(std::string_view sql) {
  const char* at = sql.data();
  const char* const end = at + sql.size();
  while (at != end) {
    sqlite3_stmt* raw = nullptr;
    const int code = sqlite3_prepare_v2(db_.get(), at, static_cast<int>(end - at), &raw, &at);
    if (code != SQLITE_OK) return error_of(db_.get(), code, "prepare", sql);
    if (raw == nullptr) continue;  // white space or a comment
    TRY(Statement(db_.get(), raw).run());
  }
  return {};
}

std::int64_t Database::last_insert_id() const { return sqlite3_last_insert_rowid(db_.get()); }

std::int64_t Database::changes() const { return sqlite3_changes64(db_.get()); }

Result<Database::Transaction> Database::begin() {
  TRY(execute("BEGIN IMMEDIATE"));
  return Transaction(db_.get());
}

Database::Transaction::Transaction(Transaction&& other) noexcept : db_(std::exchange(other.db_, nullptr)) {}

Database::Transaction::~Transaction() {
  // Fails only where SQLite has rolled back already.
  if (db_ != nullptr) sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
}

Status Database::Transaction::commit() {
  if (db_ == nullptr) return fail(ErrorKind::internal, "db.commit", "the transaction has ended already");
  const int code = sqlite3_exec(db_, "COMMIT", nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error_of(db_, code, "commit", "a transaction");
  db_ = nullptr;
  return {};
}

}  // namespace atb::db
