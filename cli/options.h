// What each command takes, as plain structs; command_tree.cpp is the one place that binds them to flags.
#pragma once

#include <string>
#include <vector>

namespace atb::cli {

struct GlobalOptions {
  bool json = false;
  bool json_progress = false;
  bool quiet = false;
  int verbose = 0;
  std::string color = "auto";
  bool yes = false;
  std::string plc_url = "https://plc.directory";
  std::string pds;
  std::string dns_server;
  std::vector<std::string> allow_private;
  std::string proxy;
};

// --NAME-file and --NAME-command.
struct SecretOptions {
  std::string file;
  std::string command;
};

struct ExportOptions {
  std::vector<std::string> accounts;
  std::string out;
  unsigned jobs = 6;
  bool accept_change = false;
};

struct VerifyOptions {
  std::string path;
  std::string did;
  std::string plc_log;
  std::string key;
  std::string receipt;          // to be written
  std::string against_receipt;  // to be held against
  bool force = false;
};

// Where to look: a backup folder or a CAR file.
struct LsOptions {
  std::string what;  // an AT-URI or a collection; empty: everything
  std::string from;
};

struct CatOptions {
  std::string uri;
  std::string from;
};

struct ExtractOptions {
  std::string records;
  std::string car;
  std::string blobs;
  std::string from;
  bool force = false;
  bool salvage = false;
};

struct ExplainOptions {
  std::string id;
};

struct LoginOptions {
  std::string account;
  SecretOptions password;
  SecretOptions auth_code;
  bool allow_takendown = false;
};

struct LogoutOptions {
  std::string account;
};

struct MigrateOptions {
  std::string account;
  std::string backup;  // to be rehearsed with
  std::string server_dir;
  bool keep = false;
  bool dry_run = false;
  std::string to;
  std::string from;
  std::string rotation_key;
  std::string handle;
  std::string email;
  std::string invite_code;
  std::string allow_missing_blobs;
  std::string recovery_key_out;
  bool no_recovery_key = false;
  std::vector<std::string> keep_keys;
  std::vector<std::string> remove_keys;
  std::vector<std::string> undo_operations;  // CIDs
  std::vector<std::string> keep_operations;
  bool hostile_host = false;
  std::string signing_key;
  std::string confirm;
  bool wait = false;
  bool bring_late_posts = false;
  unsigned jobs = 4;
  SecretOptions password;
  SecretOptions new_password;
  SecretOptions auth_code;
  SecretOptions plc_token;
  SecretOptions passphrase;
};

struct DoctorOptions {
  std::vector<std::string> accounts;
  std::vector<std::string> from;
  std::vector<std::string> rotation_keys;
  std::string to;
  SecretOptions passphrase;
};

struct KeyOptions {
  std::string file;
  std::string account;
  unsigned rank = 1;  // as people count: 1 is the highest
  std::string signed_by;
  std::string confirm;
  SecretOptions password;
  SecretOptions auth_code;
  SecretOptions plc_token;
  SecretOptions passphrase;
  SecretOptions signer_passphrase;
  bool sheet = false;
};

struct PlcOptions {
  std::string what;   // an account, or a file
  std::string other;  // … and another
  std::string did;
  std::string log;
  std::string out;
  std::string operation;  // CID
  std::string rotation_key;
  std::string signer;        // did:key
  std::string unsigned_out;  // file
  std::vector<std::string> remove_keys;
  std::string confirm;
  SecretOptions passphrase;
};

struct CompletionOptions {
  std::string shell;
};

struct AllOptions {
  GlobalOptions global;
  ExportOptions export_;
  VerifyOptions verify;
  LsOptions ls;
  CatOptions cat;
  ExtractOptions extract;
  ExplainOptions explain;
  LoginOptions login;
  LogoutOptions logout;
  MigrateOptions migrate;
  DoctorOptions doctor;
  KeyOptions key;
  PlcOptions plc;
  CompletionOptions completion;
};

}  // namespace atb::cli
