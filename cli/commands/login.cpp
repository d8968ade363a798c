#include "cli/commands/commands.h"
#include "cli/render/findings.h"
#include "core/base/text.h"
#include "core/exporter/exporter.h"

#include <fmt/format.h>

namespace atb::cli {
namespace {

std::string_view name_of(account::Scope scope) {
  switch (scope) {
    case account::Scope::full:
      return "main password";
    case account::Scope::app_password:
      return "app password";
    case account::Scope::takendown:
      return "restricted: the account is taken down";
    case account::Scope::unknown:
      return "unknown scope";
  }
  return "unknown scope";
}

Result<xrpc::Tokens> create_session(Shell& shell, const exporter::Context& context, const xrpc::Client& host,
                                    const LoginOptions& options, const std::string& identifier) {
  World& world = shell.world();
  const Secret password =
      TRY(account::obtain(shell.secret(options.password, "ATBACKUP_PASSWORD"), "password",
                          "Password of " + printable(identifier) + " on " + host.host().origin() + ": ",
                          world.fs, world.prompter, world.stop));
  xrpc::Login login{.identifier = identifier,
                    .password = &password,
                    .auth_factor_token = {},
                    .allow_takendown = options.allow_takendown};
  auto tokens = xrpc::create_session(host, login, context.stop);
  if (tokens || tokens.error().id != "xrpc.auth_factor_token_required") return tokens;
  const Secret code = TRY(account::obtain(
      shell.secret(options.auth_code, "ATBACKUP_AUTH_CODE"), "auth-code",
      "Login code from the e-mail that " + host.host().origin() + " has just sent: ", world.fs,
      world.prompter, world.stop));
  login.auth_factor_token = trim(code.reveal());
  tokens = xrpc::create_session(host, login, context.stop);
  wipe(login.auth_factor_token.data(), login.auth_factor_token.size());
  return tokens;
}

Result<account::SavedSession> log_in(Shell& shell, const LoginOptions& options) {
  const exporter::Context& context = *TRY(shell.context());
  const auto account = TRY(account_argument(options.account));
  const identity::Identity identity = TRY(context.resolver.resolve(account, context.stop));
  const std::string host_text =
      shell.options().pds.empty() ? identity.document.host.value_or("") : shell.options().pds;
  if (host_text.empty())
    return fail(ErrorKind::not_found, "did.no_host",
                "the DID document names no host: " + identity.did().str(), "name one with --pds");
  const net::Url url = TRY(net::Url::parse(host_text));
  const xrpc::Client host(context.http, url, nullptr, context.limits);
  const xrpc::Tokens tokens = TRY(create_session(shell, context, host, options, identity.did().str()));
  if (tokens.did != identity.did()) {
    return fail(ErrorKind::untrusted, "login.other_account",
                url.origin() + " logged in another account: " + tokens.did.str());
  }
  account::SavedSession session{.did = tokens.did,
                                .handle = tokens.handle,
                                .host = url.origin(),
                                .access = tokens.access.clone(),
                                .refresh = tokens.refresh.clone(),
                                .scope = account::scope_of(tokens.access),
                                .saved_us = context.clock.wall_us()};
  const auto lock = TRY(context.sessions.lock(tokens.did, context.clock, context.stop));
  TRY(context.sessions.save(session));
  return session;
}

// The one that is meant: by name, or the only one there is.
Result<account::SavedSession> find_session(Shell& shell, const std::string& text) {
  const exporter::Context& context = *TRY(shell.context());
  const auto dids = TRY(context.sessions.list());
  if (text.empty()) {
    if (dids.size() == 1) return context.sessions.load(dids.front());
    if (dids.empty()) return fail(ErrorKind::not_found, "session.none", "no session is kept here");
    return fail(ErrorKind::invalid_input, "session.several", "several sessions are kept here",
                "name the account; 'atbackup whoami' lists them");
  }
  const auto account = TRY(account_argument(text));
  // One that cannot be read hides no other.
  for (const syntax::Did& did : dids) {
    auto session = context.sessions.load(did);
    if (account.str() == did.str() || (session && account.str() == session->handle)) return session;
  }
  return fail(ErrorKind::not_found, "session.not_found",
              "no session of " + printable(text) + " is kept here");
}

data::Object session_object(const account::SavedSession& session) {
  return data::Object()
      .set("did", session.did.str())
      .set("handle", session.handle)
      .set("host", session.host)
      .set("scope", name_of(session.scope));
}

std::string words(const account::SavedSession& session) {
  return fmt::format("{} ({}) on {}, {}\n", session.did.str(), printable(session.handle),
                     printable(session.host), name_of(session.scope));
}

}  // namespace

ExitCode run_login(Shell& shell, const LoginOptions& options) {
  auto session = log_in(shell, options);
  if (!session) return shell.error(session.error());
  shell.text("Logged in: " + words(*session));
  if (session->scope == account::Scope::app_password)
    shell.tell("With an app password, exports hold only a part of the preferences.\n");
  return shell.summary("login", ExitCode::done, session_object(*session));
}

ExitCode run_logout(Shell& shell, const LogoutOptions& options) {
  auto session = find_session(shell, options.account);
  if (!session) return shell.error(session.error());
  const exporter::Context& context = **shell.context();
  bool ended = false;
  if (auto url = net::Url::parse(session->host)) {
    xrpc::FixedToken refresh(session->refresh.clone());
    ended = xrpc::delete_session(xrpc::Client(context.http, *url, &refresh, context.limits), context.stop)
                .has_value();
  }
  const auto lock = context.sessions.lock(session->did, context.clock, context.stop);
  if (!lock) return shell.error(lock.error());
  if (auto removed = context.sessions.remove(session->did); !removed) return shell.error(removed.error());
  shell.text("Logged out: " + words(*session));
  if (!ended) shell.tell("The host could not be told; it will forget the session by itself.\n");
  return shell.summary("logout", ExitCode::done, session_object(*session).set("ended_at_host", ended));
}

ExitCode run_whoami(Shell& shell) {
  auto context = shell.context();
  if (!context) return shell.error(context.error());
  auto dids = (*context)->sessions.list();
  if (!dids) return shell.error(dids.error());
  ExitCode code = ExitCode::done;
  for (const syntax::Did& did : *dids) {
    auto session = (*context)->sessions.load(did);
    if (!session) {
      show_finding(shell, {session.error().id, Severity::damage, did.str(), session.error().message},
                   Beside::nothing);
      code = graver(code, exit_code_of(session.error()));
      continue;
    }
    shell.text(words(*session));
    shell.object(session_object(*session).set("type", "session"));
  }
  if (dids->empty()) {
    shell.text("no session is kept here\n");
    code = ExitCode::login;
  }
  return shell.summary("whoami", code,
                       data::Object().set("sessions", static_cast<std::int64_t>(dids->size())));
}

}  // namespace atb::cli
