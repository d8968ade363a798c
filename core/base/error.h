// Errors are values. One type for the whole program; what differs is the kind (what a caller can do about it)
// and the id (which rule was broken). The id is stable: tests, JSON output and the documentation share it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atb {

// What a caller can do about an error. Closed on purpose: cli/exit_code.cpp turns each into an exit code.
enum class ErrorKind : std::uint8_t {
  invalid_input,   // the user, or an argument, is wrong
  corrupt,         // bytes that do not hold what they claim: damage
  untrusted,       // well-formed but not authentic: signature, DID, log, roll-back
  unsupported,     // a format or version newer than, or unknown to, this program
  limit_exceeded,  // larger than a limit in force
  not_found,
  conflict,  // already there, or changed under us
  io,        // the machine: disk, permissions
  no_space,
  network,  // host unreachable or failing
  timeout,
  remote,        // the host answered with an XRPC error; see XrpcError's name in `remote_name`
  gone,          // the account is not there any more: deactivated, taken down, moved, tombstoned
  rate_limited,  // come back later
  auth,          // login needed or refused
  bad_key,       // wrong passphrase or key
  locked,        // another live process holds it
  refused,       // a safety rule, or a precondition of a move
  incomplete,    // done in part
  alarm,         // done, but someone should look
  cancelled,     // Ctrl-C or SIGTERM
  internal,      // our bug
};

struct [[nodiscard]] Error {
  ErrorKind kind = ErrorKind::internal;
  std::string id;       // dotted, stable: "cbor.non_minimal_int"
  std::string message;  // what happened, where; one sentence without a full stop. May hold remote text:
                        // escape to print.
  std::string hint;     // what to do next; may be empty
  std::optional<std::uint64_t> offset;  // byte offset in the input, where there is one
  std::vector<std::string> context;     // added on the way up: "while reading block 41 of repo.car"
  int http_status = 0;      // for kinds network, remote, auth, rate_limited, gone: the status, or 0
  std::string remote_name;  // the XRPC error name, such as "RepoDeactivated"; remote text
  std::optional<std::int64_t> retry_at_ms;  // rate_limited: Unix milliseconds when the host will listen again

  Error() = default;
  Error(ErrorKind kind_, std::string_view id_, std::string message_, std::string hint_ = {})
      : kind(kind_), id(id_), message(std::move(message_)), hint(std::move(hint_)) {}

  Error&& at(std::uint64_t byte_offset) && {
    if (!offset) offset = byte_offset;
    return std::move(*this);
  }
  // Adds a line to the chain of causes: "while reading repo.car".
  Error&& while_(std::string what) && {
    context.push_back(std::move(what));
    return std::move(*this);
  }
};

// "corrupt", "rate_limited", …: the enumerator's own name.
std::string_view name_of(ErrorKind kind);

}  // namespace atb
