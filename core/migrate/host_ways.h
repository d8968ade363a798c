// What hosts other than the reference server do in ways of their own, where a move can tell the difference.
// Each is seen by what the host answers, never guessed from its name or version, so a host that does it no
// more is treated as any other. docs/hosts.md tells users of the same ways, in the same order;
// tests/unit/migrate/other_hosts_test.cpp makes each of them. Private to this module.
#pragma once

#include "core/migrate/move.h"

#include <span>
#include <string_view>

namespace atb::migrate {

struct HostWay {
  std::string_view id;
  std::string_view hosts;   // in whose sources it was read; others may do it too
  std::string_view seen;    // by what it is seen
  std::string_view done;    // what is done then
  std::string_view source;  // where it was read
};
std::span<const HostWay> host_ways();

// That it was met: with -v, and in the journal. One of the table.
Status met(Move& move, std::string_view id);
void met(Log& log, const net::Url& host, std::string_view id);
// Those that this move has met, in the order in which it did.
std::vector<std::string> ways_met(const Journal& journal);

// A general 500, which may mean anything, that it was done too: what is true is looked at then.
bool says_nothing(const Error& error);
// The host has no such method, in one of the ways in which they say so.
bool not_offered(const Error& error);
// More than it takes, whatever the status.
bool too_large(const Error& error);

// As xrpc::get_repo_status, also of hosts that answer with a general 500 when they do not know the account:
// "xrpc.repo_not_found" (gone) then too, and `guessed` is set.
Result<xrpc::RepoStatus> account_on(const xrpc::Client& host, const syntax::Did& did, Log& log,
                                    const StopToken& stop, bool* guessed = nullptr);

// The new host is one that serves a single account, ours, which its operator has set up there.
bool is_host_of_one(const Journal& journal);

// Blobs that the new host does not name as missing, and that it has not said it has either: all of the
// backup when it keeps no list of what it misses; else those referred to in the old form, which some lists
// leave out. `record_uri` is empty in these.
Result<std::vector<xrpc::MissingBlob>> unlisted_on_new(Move& move, bool all);
// Of those: the host has taken them, and gave each its CID.
Status note_unlisted(Move& move, const std::vector<ipld::Cid>& taken);

// The blobs that the records of the backup refer to, sorted; read once in a run.
Result<const std::vector<data::BlobRef>*> backup_references(Move& move);

// Hands the operation to the directory when the new host would not do so, and its reason is not one: it
// cannot do that, says nothing, or asks for keys that it has not named. Else its error.
Status submit_after_all(Move& move, const plc::Operation& operation, const Error& refused);

// Does the host give this blob to a stranger? Errors are the network's.
Result<bool> gives_blob(const xrpc::Client& host, const syntax::Did& did, const ipld::Cid& cid,
                        const exporter::Context& context);

// A host may keep blobs and give them to nobody. Asks the new host for a few as a stranger, and notes it.
Status look_at_served_blobs(Move& move);

}  // namespace atb::migrate
