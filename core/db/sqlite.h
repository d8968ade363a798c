// SQLite behind a small surface: connection, statement, transaction, schema version.
// Opened with synchronous=FULL, a rollback journal or WAL, foreign keys on, STRICT tables by convention.
// Errors: kind io "db.<operation>"; locked "db.busy"; corrupt "db.corrupt"; unsupported "db.version"; no_space "db.no_space".
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace atb::db {

// Rows are read by step(); columns count from 0, parameters from 1. One thread at a time.
class Statement {
 public:
  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, std::string_view value);
  Statement& bind_null(int parameter);
  // True: a row is there. False: done.
  Result<bool> step();
  // For statements without rows.
  Status run();
  std::int64_t integer(int column) const;
  std::string text(int column) const;
  bool is_null(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  Statement(sqlite3* db, sqlite3_stmt* statement) : db_(db), statement_(statement) {}
  sqlite3* db_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  Status bind_status_;
};

class Database {
 public:
  // Creates the file 0600 if absent. `schemas` are SQL scripts: schema version N is reached by running the first
  // N of them, each in a transaction (PRAGMA user_version counts). A file with a higher version is "db.version".
  static Result<Database> open(const std::string& path, std::span<const std::string_view> schemas);
  Result<Statement> prepare(std::string_view sql);
  Status execute(std::string_view sql);
  std::int64_t last_insert_id() const;
  // Begins immediately; commits on commit(), else rolls back.
  class Transaction {
   public:
    Transaction(Transaction&&) noexcept;
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();
    Status commit();

   private:
    friend class Database;
    explicit Transaction(Database* db) : db_(db) {}
    Database* db_;
  };
  Result<Transaction> begin();

 private:
  struct Close {
    void operator()(sqlite3* db) const;
  };
  explicit Database(sqlite3* db) : db_(db) {}
  std::unique_ptr<sqlite3, Close> db_;
};

}  // namespace atb::db
