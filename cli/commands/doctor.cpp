// `doctor`: could you leave today?
#include "core/migrate/doctor.h"

#include "cli/commands/commands.h"
#include "cli/commands/migrate_options.h"
#include "cli/render/findings.h"
#include "cli/render/step_view.h"
#include "core/base/text.h"

#include <fmt/format.h>

namespace atb::cli {
namespace {

Result<std::vector<migrate::Examined>> examine(Shell& shell, const DoctorOptions& options) {
  exporter::Context& context = *TRY(shell.context());
  StepView view(shell);
  const std::string state_folder = TRY(shell.state_folder());
  const migrate::World world = move_world(shell, context, view, state_folder);
  migrate::DoctorOptions wanted;
  for (const std::string& path : options.from) wanted.backups.push_back(shell.absolute(path));
  for (const std::string& path : options.rotation_keys) wanted.rotation_keys.push_back(shell.absolute(path));
  wanted.to = options.to;
  wanted.from_host = shell.options().pds;
  std::vector<syntax::AtIdentifier> accounts;
  accounts.reserve(options.accounts.size());
  for (const std::string& account : options.accounts) accounts.push_back(TRY(account_argument(account)));
  migrate::SecretSources secrets;
  secrets.passphrase = shell.secret(options.passphrase, "ATBACKUP_PASSPHRASE");
  return migrate::examine(world, accounts, wanted, secrets);
}

std::string_view words_for(migrate::Verdict verdict) {
  switch (verdict) {
    case migrate::Verdict::ready:
      return "ready: it could leave today, whatever happens to its host";
    case migrate::Verdict::leave_now:
      return "its host is failing, and it can leave: do so while all is at hand";
    case migrate::Verdict::not_ready:
      return "NOT READY: if its host failed today, something would be lost";
  }
  return "";
}

std::string mark_of(const Shell::Style& style, const migrate::Point& point) {
  switch (point.outcome) {
    case Outcome::passed:
      return fmt::format("{}ok{}  ", style.green, style.plain);
    case Outcome::failed:
      return point.blocks ? fmt::format("{}NO{}  ", style.red, style.plain) : std::string("so-so");
    case Outcome::not_checked:
      break;
  }
  return "?   ";
}

std::string words_of(const Shell::Style& style, const migrate::Examined& one) {
  const migrate::Symptoms& seen = one.symptoms;
  std::string text =
      fmt::format("{}{}{}", style.bold, printable(seen.did.empty() ? seen.account : seen.did), style.plain);
  if (!seen.handle.empty()) text += " (" + printable(seen.handle, 200) + ")";
  text += fmt::format("\n  {}\n  score {} of 100\n", words_for(one.diagnosis.verdict), one.diagnosis.score);
  for (const migrate::Point& point : one.diagnosis.points) {
    text += fmt::format("  {:<5} {:<8} {}\n", mark_of(style, point), point.name, point.detail);
    if (!point.next.empty()) text += fmt::format("                 {}\n", point.next);
  }
  for (const migrate::ServerHealth& server : seen.servers) {
    text += fmt::format("  {}, {}: {}\n", server.who, server.origin,
                        server.reached ? fmt::format("{} ms", server.millis) : "does not answer");
  }
  if (!one.diagnosis.next.empty()) text += "Next: " + one.diagnosis.next + "\n";
  return text;
}

data::Object object_of(const migrate::Examined& one) {
  const migrate::Symptoms& seen = one.symptoms;
  data::Array points;
  for (const migrate::Point& point : one.diagnosis.points) {
    points.emplace_back(data::Object()
                            .set("name", point.name)
                            .set("outcome", name_of(point.outcome))
                            .set("points", point.points)
                            .set("of", point.of)
                            .set("blocks", point.blocks)
                            .set("detail", point.detail)
                            .set("next", point.next));
  }
  data::Array servers;
  for (const migrate::ServerHealth& server : seen.servers) {
    servers.emplace_back(data::Object()
                             .set("who", server.who)
                             .set("origin", server.origin)
                             .set("reached", server.reached)
                             .set("healthy", server.healthy)
                             .set("milliseconds", server.millis)
                             .set("problem", server.problem));
  }
  data::Array foreign;
  for (const migrate::ForeignOperation& operation : seen.foreign) {
    data::Object object;
    object.set("cid", operation.cid)
        .set("created", os::rfc3339(operation.created_us))
        .set("signer", operation.signer)
        .set("signer_rank", static_cast<std::int64_t>(operation.rank + 1));
    if (operation.until_us != 0) object.set("can_be_undone_until", os::rfc3339(operation.until_us));
    foreign.emplace_back(std::move(object));
  }
  data::Array contradictions;
  for (const Finding& finding : seen.contradictions) contradictions.emplace_back(finding_object(finding));
  return data::Object()
      .set("type", "diagnosis")
      .set("account", seen.account)
      .set("did", seen.did)
      .set("handle", seen.handle)
      .set("host", seen.host)
      .set("verdict", name_of(one.diagnosis.verdict))
      .set("score", one.diagnosis.score)
      .set("next", one.diagnosis.next)
      .set("points", std::move(points))
      .set("servers", std::move(servers))
      .set("foreign_operations", std::move(foreign))
      .set("contradictions", std::move(contradictions));
}

}  // namespace

ExitCode run_doctor(Shell& shell, const DoctorOptions& options) {
  const auto examined = examine(shell, options);
  if (!examined) return shell.error(examined.error());
  std::size_t ready = 0;
  for (const migrate::Examined& one : *examined) {
    shell.object(object_of(one));
    shell.text(words_of(shell.out_style(), one));
    if (one.diagnosis.verdict == migrate::Verdict::ready) ++ready;
  }
  const bool all = ready == examined->size();
  return shell.summary("doctor", all ? ExitCode::done : ExitCode::alarm,
                       data::Object()
                           .set("accounts", static_cast<std::int64_t>(examined->size()))
                           .set("ready", static_cast<std::int64_t>(ready)));
}

}  // namespace atb::cli
