// From a handle or DID to where the account lives, checked in both directions, and to the proof of it
// (https://atproto.com/specs/handle, https://atproto.com/specs/did).
#pragma once

#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/did/document.h"
#include "core/identity/witness.h"
#include "core/net/http_client.h"
#include "core/net/txt_resolver.h"
#include "core/os/clock.h"
#include "core/plc/audit.h"
#include "core/syntax/at_uri.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace atb::identity {

struct Identity {
  did::Document document;
  std::string document_json;             // as fetched
  std::optional<syntax::Handle> handle;  // proven in both directions; else empty
  std::string handle_problem;            // why there is no proven handle
  std::optional<plc::AuditedLog> log;    // did:plc: the whole audited log
  std::string log_json;                  // as fetched
  std::vector<Finding> contradictions;   // between the log and witnesses of earlier ones

  const syntax::Did& did() const { return document.did; }
};

// Threads: all calls may come from several threads.
//
// Errors of the network keep their ids, with a line of context. An answer that is neither yes nor no is
// "identity.status": kind network for 5xx, rate_limited for 429, else remote.
class Resolver {
 public:
  // `plc_directory`: origin such as https://plc.directory. All references must outlive the resolver.
  Resolver(net::HttpClient& http, net::TxtResolver& dns, net::Url plc_directory, Log& log, Limits limits = {},
           os::Clock& clock = os::system_clock());

  const net::Url& directory() const { return plc_directory_; }

  // Handle -> DID: DNS TXT first, then /.well-known/atproto-did. Ids "handle.not_found" (not_found),
  // "handle.conflict" (untrusted: two different DIDs in DNS), "handle.reserved" (invalid_input). Where a
  // look-up failed in a way that may pass (DNS down, host stalls), that error.
  Result<syntax::Did> resolve_handle(const syntax::Handle& handle, const StopToken& stop);

  // Everything. For did:plc the log is fetched and audited, and the document must say what the log says
  // ("did.document_differs", untrusted; a short replica lag is retried). Ids "did.not_found",
  // "did.tombstoned" (gone), "did.method" (unsupported) and those of plc::audit_log and did::parse_document.
  // A handle that does not point back is not an error: `handle` stays empty. A handle given by the user must
  // ("handle.mismatch", untrusted).
  Result<Identity> resolve(const syntax::AtIdentifier& account, const StopToken& stop);
  // As resolve(), in its two parts: for a DID, locate() does not look at the handle, which prove_handle()
  // does then. Nothing but a stop is an error of the second.
  Result<Identity> locate(const syntax::AtIdentifier& account, const StopToken& stop);
  Status prove_handle(Identity& identity, const StopToken& stop);

  // Every log that is fetched from now on is held against those kept there, and kept. Null: none. That it
  // could not be kept is only logged.
  void set_witnesses(WitnessStore* witnesses) { witnesses_ = witnesses; }

  // How a fetched log is judged: plc::audit_log, but in a drill, whose history goes on where the real one
  // ends.
  using Audit =
      std::function<Result<plc::AuditedLog>(const syntax::Did& did, std::vector<plc::LogEntry> entries)>;
  void set_audit(Audit audit) { audit_ = std::move(audit); }

  // As resolve(), for a did:plc and without looking at its handle.
  Result<Identity> resolve_plc(const syntax::Did& did, const StopToken& stop);

  // A did:plc that was given up (its log ends in a tombstone) as it was before: document, handle and host are
  // made from the log, for the directory gives out none. For whoever may undo that. "did.not_tombstoned"
  // (conflict): it was not given up.
  Result<Identity> resolve_given_up(const syntax::Did& did, const StopToken& stop);

  // The directory's audit log, parsed and audited. Also for watching an operation arrive.
  struct FetchedLog {
    std::string json;
    plc::AuditedLog log;
    std::vector<Finding> contradictions;  // see witness.h; empty without a store of witnesses
  };
  Result<FetchedLog> fetch_log(const syntax::Did& did, const StopToken& stop);
  // POST to the directory itself. Not repeatable: look at the log when the reply is lost. "plc.rejected"
  // (remote, quoting the directory) when it says no.
  Status submit(const syntax::Did& did, const plc::Operation& operation, const StopToken& stop);

 private:
  struct Fetched;
  Result<Fetched> fetch(const net::Url& url, std::uint64_t max_bytes, bool follow_redirects,
                        const StopToken& stop);
  Result<net::Url> directory_url(const syntax::Did& did, std::string_view ending) const;
  Result<std::string> fetch_plc_document(const syntax::Did& did, const StopToken& stop);
  Result<std::string> fetch_web_document(const syntax::Did& did, const StopToken& stop);
  Result<FetchedLog> fetch_log_once(const syntax::Did& did, const StopToken& stop);
  std::vector<Finding> hear_witnesses(const plc::AuditedLog& log);
  void keep_witness(const plc::AuditedLog& log);
  Result<Identity> resolve_web(const syntax::Did& did, const StopToken& stop);
  Result<std::optional<syntax::Did>> ask_dns(const syntax::Handle& handle, const StopToken& stop);
  Result<syntax::Did> ask_web(const syntax::Handle& handle, const StopToken& stop);

  net::HttpClient& http_;
  net::TxtResolver& dns_;
  net::Url plc_directory_;
  Log& log_;
  Limits limits_;
  os::Clock& clock_;
  WitnessStore* witnesses_ = nullptr;
  Audit audit_ = plc::audit_log;
};

}  // namespace atb::identity
