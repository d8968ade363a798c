// The machine that moves an account from one host to another.
//
// INVARIANTS
//   1. The servers say what is true; the journal says what was tried. Before acting, a step observes; what is
//   so already is skipped.
//   2. The intent is in the journal, on disk, before the act. What came of it is observed, not inferred from
//   a status code.
//   3. No step follows one that is not confirmed.
//   4. Secrets that a later step needs are on disk (0600, fsynced) before the call that makes them count.
//   5. Nothing on the old host and nothing of the identity changes before everything is on the new host and
//   was counted there.
//   6. After the point of no return every step only goes forward, and each may be repeated.
//
// clang-format off
// STATES, each reached when its step is confirmed
//
//   planned > recovery-key-kept > backed-up > account-made > imported > blobs-there > preferences-there > caught-up > operation-signed
//   ==== POINT OF NO RETURN: submit ====
//   operation-in-directory > active > old-inactive > late-looked-for > fresh-commit > proven > finished
//
// STEP              WHAT HOLDS AFTERWARDS                                        WHAT A KILL IN IT LEAVES
//   log-in-old      a main-password session of the old host is kept, and the     nothing
//                   new password is in the secrets file
//   recovery-key    the key's sealed file is on disk, or none is wanted          the file is found and opened again
//   back-up         a proven backup folder lies in the move's folder             a folder that the next run completes
//   create-account  the new host knows the DID, deactivated                      the password is kept: the next run observes
//                                                                                whether the account was made, and logs in
//   log-in-new      a session of the new host is kept                            nothing
//   import          the new host's commit is the backup's                        imported or not: observed
//   blobs           the new host misses no blob but the allowed ones             fewer are missing
//   preferences     equal to the backup's, less the read-only ones               put or not: observed
//   catch-up        old host's head = backup = new host's head                   as back-up, import, blobs
//   sign            an operation, signed by the old host and checked by us, is   an unused signature: harmless, it is not
//                   in the journal                                               published
//   submit          the directory's log has that operation in force              in the directory or not: observed by its CID
//   activate        the new host serves the account                              active or not: observed
//   deactivate-old  the old host does not (failing that is told, not fatal)      observed
//   fresh-commit    the head is signed by the new key; no inert record is left   an inert record that the next run deletes
//   proof           fetched, proven, compared with the backup's tree             nothing: it only reads
//   finish          secrets and sessions of the move are gone                    some are left; the next run removes them
//
// WITHOUT THE OLD HOST (--from: a backup, and a rotation key of the user's own)
//
//   planned > credentials-kept > backup-proven > temporary-key-kept > claim-signed
//   ==== FIRST CHANGE OF THE IDENTITY: claim ====
//   claimed > account-made > imported > blobs-there > preferences-there > operation-signed
//   ==== POINT OF NO RETURN: submit ====
//   operation-in-directory > active > (old host left alone) > fresh-commit > proven > finished
//
//   new-credentials address and password for the new host are kept               asked again
//   prove-backup    the backup is sound, and signed by a key of the account's    nothing: it only reads
//                   history as the directory has it
//   temporary-key   a signing key is in the secrets file, fsynced                the key is used
//   claim-sign      an operation that names it, signed by the user's key, is in  an unused signature
//                   the journal
//   claim           the directory's log has that operation in force              observed by its CID
//   sign            the operation that names the new host, signed by the user's  an unused signature
//                   key on top of the claim, is in the journal
//   deactivate-old  nothing: that it was not done is told                        nothing
//   the others      as above, from the user's backup
//
// Invariant 5 cannot hold here: the new host makes an account only for whoever the identity names. So the
// first operation changes the signing key and nothing else, when everything that can be known beforehand is
// known; from `claim` to `submit` the account is in the hands of the user's rotation key alone, which can
// name any host, the old one too. What a hostile host has signed within 72 hours both operations undo, by
// following the last good one (fight.h); with --hostile-host the first takes its keys out before it acts. Once the account is made, the temporary key has done its work: a
// move that began with the old host and lost it goes on from there without a claim.
// clang-format on
//
// Who holds the account's own signing key (--signing-key-file, saved from the host's disk) has no need of
// `claim`: the identity names a key that is at hand already. Then `claim-sign` and `claim` are skipped, and
// of a did:web the first publication; unless something is to be undone, or the host's keys are to go first.
//
// clang-format off
// A DID:WEB: its document is published by the user; the same names of steps and states, with and without the old host
//
//   recovery-key    there is none: a did:web has no rotation keys
//   claim-sign,     a document is in the journal and in the move's folder, and  a file that nobody has published
//   sign            was agreed to: the present one with the temporary key, or
//                   with the new host, its key and the handle
//   claim, submit   the public copy of the document says so; the step waits  nothing: the public copy is observed
//                   for that without an end, and copies meanwhile what is written on
//                   the old host
//
// AN ACCOUNT THAT IS ON THE NEW HOST ALREADY (returning.h): it lived there before, or an earlier try left it
//
//   log-in-old,      also: logged in there with the password it has there;  nothing
//   new-credentials  it is inactive, and its name there is in the journal
//   temporary-key, claim-sign, claim, create-account   skipped: nobody has to be let in
//   import           as above; only what its older tree lacks is sent, and the whole to a host that does not
//                    take that (import_difference.h). So it is in each catch-up too
//
// AFTER THE MOVE
//
//   late-posts      what the old host has besides what was moved is kept in   gathered again, or looked at
//                   the move's folder; it is on the new host, or was          record by record on the new host
//                   left, which is told with the command that brings it
//
// deactivate-old and late-posts need not hold. `resume`, given the account of a finished move, runs them again,
// and `activate` where the new host holds the account as deactivated (aftercare.h); after a move without the
// old host too, for the day when that comes back.
//
// GIVING UP (`migrate abort`; abort.h decides by the state, and says what stays where)
//
//   until `claim` or `submit` was begun     dropped: sessions ended, secrets removed, the journal put aside
//   one of them was begun, not in the       not yet: refused until what is on its way must have arrived
//     directory
//   claimed (without the old host)          the user's key puts the former signing key back, then dropped
//   account-made and later                  dropped; the new host keeps an account that was never active, and
//                                           a later move there goes back into it
//   claimed, of a did:web                   dropped; the user puts the former document back: that is told
//   operation-in-directory and later        not at all: only forward, or a revert by a key above the signer
//
//   STEP            WHAT HOLDS AFTERWARDS                                        WHAT A KILL IN IT LEAVES
//   undo-sign       an operation with the former signing key is in the journal   an unused signature
//   undo-claim      the identity does not name the temporary key                 observed
//   give-up         secrets and sessions are gone, and the journal says so       some are left; the next run
//                                                                                removes them
//
// That it is being given up is in the journal before the first of these; from then on `resume` refuses, and
// `abort` goes on.
//
// Up to and including `sign` a move can be dropped: the account lives on the old host as before, and the new
// host holds a deactivated copy. From `submit` on, the identity names the new host; the way on is forward
// (`migrate resume`), and the steps before are not looked at again.
// clang-format on
#pragma once

#include "core/base/result.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace atb::migrate {

class Move;

struct Observation {
  bool satisfied = false;
  std::string detail;  // what was seen, for the journal and -v; may hold remote text
};

// One transition. Stateless: everything it knows comes from the Move (journal, servers, backup).
class Step {
 public:
  virtual ~Step() = default;
  // Stable: journal, JSON, tests.
  virtual std::string_view name() const = 0;
  // For a person: "Import the repository into the new host".
  virtual std::string_view title() const = 0;
  // Asks what is true now; changes nothing outside. Called before act() and again after it, whatever act()
  // returned.
  virtual Result<Observation> observe(Move& move) = 0;
  virtual Status act(Move& move) = 0;
  // False: its failure is told and the move goes on.
  virtual bool must_hold() const { return true; }
};

// Those of a move, in order; the plan, kept in the journal, has decided with or without the old host; `web`:
// of a did:web. The point of no return is "submit" in all.
class Journal;
std::vector<std::unique_ptr<Step>> steps_of(const Journal& journal);
std::vector<std::unique_ptr<Step>> steps_of(bool without_old_host, bool web = false);
inline constexpr std::string_view kPointOfNoReturn = "submit";

}  // namespace atb::migrate
