// A PDS as a process: the reference implementation over a folder of its own. Killed and started again with the same
// configuration it goes on where it was.
import dnsPromises from 'node:dns/promises'
import { mkdirSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { frontFaults } from './faults.mjs'
import { openLedger } from './ledger.mjs'
import { runProcess, startControl } from './process.mjs'

await runProcess(async (config) => {
  const { name, port, controlPort, dir, ledgerFile, dnsServer, env } = config
  // The PDS resolves handles with the functions of node:dns/promises: point them at the network's own server. The
  // import of the PDS comes after it, and the named exports are brought up to date for it.
  dnsPromises.setServers([dnsServer])
  syncBuiltinESMExports()
  const { PDS } = await import('@atproto/pds')

  mkdirSync(join(dir, 'blobs'), { recursive: true })
  const ledger = openLedger(ledgerFile)
  const pds = await PDS.fromEnv({
    devMode: true,
    port,
    hostname: 'localhost',
    dataDirectory: dir,
    blobstoreDiskLocation: join(dir, 'blobs'),
    blobstoreDiskTmpLocation: join(dir, 'blobs-temp'),
    inviteRequired: false,
    disableSsrfProtection: true,
    rateLimitsEnabled: false,
    blobUploadLimit: 100 * 1024 * 1024, // as hosts have it; it is the import limit too, unless maxImportSize says other
    // Nothing listens there, but without an AppView configured the PDS has no preferences endpoints.
    bskyAppViewUrl: 'http://127.0.0.1:9',
    bskyAppViewDid: 'did:web:appview.test',
    ...env,
  })
  countCreatedAccounts(pds, (did) => ledger.effect(name, did, 'com.atproto.server.createAccount'))
  frontFaults(pds.app, { name, ledger, onHandled: (req, status) => countEffect(ledger, name, req, status) })
  const control = await startControl({ port: controlPort, ledger, routes: routes(pds, env.adminPassword) })
  const server = await pds.start()
  return {
    ready: {
      url: `http://localhost:${port}`,
      control: `http://127.0.0.1:${control.address().port}`,
      serviceDid: env.serviceDid,
    },
    stop: async () => {
      server.closeAllConnections()
      await pds.destroy()
      ledger.close()
    },
  }
})

// An account's creation is counted where it becomes a fact: the request need not say the DID.
function countCreatedAccounts(pds, count) {
  const { accountManager } = pds.ctx
  const create = accountManager.createAccountAndSession
  accountManager.createAccountAndSession = async (options) => {
    const session = await create.call(accountManager, options)
    count(options.did)
    return session
  }
}

// Every other procedure that succeeded counts for the DID of its token.
function countEffect(ledger, name, req, status) {
  const method = /^\/xrpc\/([a-zA-Z0-9.]+)/.exec(req.url)?.[1]
  const token = /^Bearer [^.]+\.([^.]+)\./.exec(req.headers.authorization ?? '')?.[1]
  if (req.method !== 'POST' || status >= 300 || !method || !token) return
  if (method === 'com.atproto.server.createAccount') return
  const claims = JSON.parse(Buffer.from(token, 'base64url'))
  ledger.effect(name, claims.sub ?? claims.iss, method)
}

function routes(pds, adminPassword) {
  const { accountManager, cfg } = pds.ctx
  const admin = async (method, body) => {
    const reply = await fetch(`http://127.0.0.1:${cfg.service.port}/xrpc/${method}`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`admin:${adminPassword}`).toString('base64')}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    })
    if (!reply.ok) throw new Error(`${method}: ${reply.status} ${await reply.text()}`)
    return reply.json()
  }
  return {
    'GET /handle': async ({ handle }) => ({ did: (await accountManager.getAccount(handle))?.did }),
    // The newest e-mail token of a DID: what a person would read in the mailbox. Purposes: confirm_email,
    // update_email, reset_password, delete_account, plc_operation.
    'GET /email-token': async ({ did, purpose }) => {
      const row = await accountManager.db.db.selectFrom('email_token').selectAll()
        .where('did', '=', did).where('purpose', '=', purpose).executeTakeFirst()
      if (!row) throw Object.assign(new Error('no such token'), { status: 404 })
      return { token: row.token, requestedAt: row.requestedAt }
    },
    'POST /invite': ({ uses }) => admin('com.atproto.server.createInviteCode', { useCount: uses ?? 1 }),
    'POST /takedown': ({ did, applied }) => admin('com.atproto.admin.updateSubjectStatus', {
      subject: { $type: 'com.atproto.admin.defs#repoRef', did },
      takedown: { applied: applied ?? true },
    }),
  }
}
