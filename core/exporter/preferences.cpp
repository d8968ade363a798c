#include "core/exporter/preferences.h"

#include "core/backup/folder.h"
#include "core/base/text.h"
#include "core/data/json.h"
#include "core/exporter/failures.h"
#include "core/xrpc/endpoints.h"

namespace atb::exporter {

Result<Preferences> fetch_preferences(const Context& context, const Origin& origin, Report& report) {
  Preferences preferences;
  if (origin.session == nullptr) {
    preferences.absent = "not logged in";
    return preferences;
  }
  const xrpc::Client client(context.http, origin.host, origin.session.get(), context.limits, context.clock);
  auto value = xrpc::get_preferences(client, context.stop);
  const std::string file(backup::kPreferencesFile);
  if (!value) {
    const Error& error = value.error();
    if (is_ours(error)) return error;
    preferences.absent = printable(error.message, 300);
    const bool has_none = error.kind == ErrorKind::unsupported || error.kind == ErrorKind::not_found;
    report.add({has_none ? "preferences.unsupported" : "preferences.missing",
                has_none ? Severity::info : Severity::missing, file, preferences.absent});
    return preferences;
  }
  preferences.partial = origin.session->scope() != account::Scope::full;
  if (preferences.partial) {
    report.add({"preferences.partial", Severity::warning, file,
                "read with an app password: the host leaves out what only the main password sees, such as "
                "the birth date"});
  }
  data::Object object;
  object.set("preferences", std::move(*value));
  preferences.json = data::to_json(data::Value(std::move(object)), data::JsonStyle::indented) + "\n";
  return preferences;
}

}  // namespace atb::exporter
