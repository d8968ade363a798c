// SQLite behind a small surface: connection, statement, transaction, schema version.
// Opened with a rollback journal and synchronous=EXTRA (FULL, and the folder synced after each commit),
// temporary tables in memory, deleted content overwritten, foreign keys on; STRICT tables by convention.
// Errors: kind io "db.<operation>"; locked "db.busy"; corrupt "db.corrupt"; unsupported "db.version";
// no_space "db.no_space"; conflict "db.constraint". Parameters are never part of a message.
#pragma once

#include "core/base/bytes.h"
#include "core/base/result.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace atb::db {

// Rows are read by step(); columns count from 0, parameters from 1. One thread at a time. May be run again:
// binding after a step() starts it anew; parameters not bound again keep their value. Must not outlive its
// Database.
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
  Statement& bound(int code);
  void rewind();
  sqlite3* db_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  Status bind_status_;  // the first failed bind, told by step()
  bool stepped_ = false;
};

class Database {
 public:
  // Creates the file 0600 if absent (its folder must be there). `schemas` are SQL scripts: schema version N
  // is reached by running the first N of them, all or none (PRAGMA user_version counts). A file with a higher
  // version is "db.version".
  static Result<Database> open(const std::string& path, std::span<const std::string_view> schemas);
  Result<Statement> prepare(std::string_view sql);
  // One or several statements; rows are ignored.
  Status execute(std::string_view sql);
  std::int64_t last_insert_id() const;
  // Rows that the last INSERT, UPDATE or DELETE touched.
  std::int64_t changes() const;
  // Begins immediately; commits on commit(), else rolls back.
  class Transaction {
   public:
    Transaction(Transaction&&) noexcept;
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();
    Status commit();

   private:
    friend class Database;
    explicit Transaction(sqlite3* db) : db_(db) {}
    sqlite3* db_;
  };
  Result<Transaction> begin();

 private:
  struct Close {
    void operator()(sqlite3* db) const;
  };
  explicit Database(sqlite3* db) : db_(db) {}
  Status configure();
  Status migrate(const std::string& path, std::span<const std::string_view> schemas);
  std::unique_ptr<sqlite3, Close> db_;
};

}  // namespace atb::db
