// Looking into a backup while it is proven: the run is that of verify (core/verify/verify.h), with the same
// report, and hands out what it meets on the way. So nothing is handed out that does not hash right and lie
// in its place in the tree; what is damaged besides is in the report, and does not keep the rest back. No
// network, memory for the flat index only.
#pragma once

#include "core/data/value.h"
#include "core/look/query.h"
#include "core/verify/verify.h"

#include <string>
#include <string_view>

namespace atb::look {

// A record. Lives for the call.
struct Record {
  std::string_view uri;   // at://DID/path; empty when the one or the other is lost
  std::string_view path;  // collection/key; from a repository that breaks the rules of paths, anything
  const ipld::Cid& cid;
  ByteView block;
  std::string_view deviation;  // the first rule of the data model it breaks; usually empty
  bool in_place = true;        // false: salvaged, see salvage.h
};

// {"uri", "cid", "value"}: the value by the data model's rules for JSON. A record outside the data model has
// two members more: "deviation", the rule it breaks, and "cbor", its exact bytes; its value is then the
// nearest that JSON has (a float as a JSON number), or null where there is none. A salvaged one has
// "salvaged": true, a null "uri" when that is lost, and its "path" while that is known.
data::Object record_object(const Record& record, const Limits& limits);

class RecordSink {
 public:
  virtual ~RecordSink() = default;
  // In key order. A failing call ends the run.
  virtual Status record(const Record& record) = 0;
};

enum class Reach : std::uint8_t { proven, salvage };

// Gives `sink` every record that `query` asks for; with Reach::salvage, when the tree is not whole, also what
// is left beside it, whatever the query. Errors: as verify_backup(), Query::check_account(), those of the
// sink. The files and blobs of the backup are not looked at.
Result<verify::Verdict> look(backup::BackupSource& source, const Query& query, verify::Options options,
                             RecordSink& sink, Progress& progress, const StopToken& stop,
                             Reach reach = Reach::proven);

}  // namespace atb::look
