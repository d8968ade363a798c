// Moves of accounts whose identity is a document on a domain of their own: with the old host, and without it.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, readdirSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import * as accounts from '../network/accounts.mjs'
import * as repositories from '../network/repositories.mjs'
import { signingKeyFile } from './support/host_keys.mjs'
import { look, secretFiles } from './support/moves.mjs'
import { obstacles, ok, run, start } from './support/program.mjs'
import { testbed } from './support/testbed.mjs'
import { checkMoved, publishing, startSite, webAccount } from './support/web_sites.mjs'

let network, env
const sites = []
const temp = testbed('web', (now) => { ({ network, env } = now) })
after(() => { for (const site of sites) site.stop() })

const newSite = async () => {
  const site = await startSite(env)
  sites.push(site)
  return site
}

// The plan of a move, after which the public document and everything on both hosts is as before.
async function dryRun(site, args) {
  const [document, effects] = [JSON.stringify(site.document), JSON.stringify(network.pds.b.effects(site.did))]
  const planned = await run([...args, '--dry-run'], { env })
  assert.equal(JSON.stringify(site.document), document)
  assert.equal(JSON.stringify(network.pds.b.effects(site.did)), effects)
  return planned
}

const steps = ({ lines }) => lines.filter(({ type }) => type === 'planned_step').map(({ step }) => step)

test('did:web with the old host alive: one publication', { timeout: 300_000 }, async () => {
  const site = await newSite()
  const account = await webAccount(network.pds.a, site, 'wanda')
  const files = secretFiles(temp.at('secrets-wanda'), account)
  const before = await look(account)
  const args = ['migrate', site.did, '--to', network.pds.b.url, '--handle', 'wanda.b.test', '--confirm', site.did,
    '--password-file', files.password, '--new-password-file', files.newPassword, '--json']

  // There are no rotation keys here.
  const keyed = await run([...args, '--recovery-key-out', temp.at('wanda.key')], { env })
  ok(keyed, 22)
  assert.equal(keyed.last.id, 'move.did_web')

  const planned = await dryRun(site, args)
  ok(planned)
  assert.ok(steps(planned).includes('submit') && !steps(planned).includes('recovery-key'))
  const [plan] = planned.lines.filter(({ type }) => type === 'plan')
  assert.match(plan.words, /You publish the document with the new host/)
  assert.equal(plan.blobs, 3)
  const wished = await dryRun(site, [...args, '--recovery-key-out', temp.at('wanda.key')])
  ok(wished, 22)
  assert.deepEqual(obstacles(wished), ['move.did_web'])

  // Interrupted while it waits for the document: nothing has changed, and the same command looks again.
  const stopped = await start(args, { env, onLine: ({ type, text }, child) => {
    if (type === 'notice' && text.startsWith('Publish this file')) child.kill('SIGINT')
  } }).done
  ok(stopped, 130)
  assert.equal((await repositories.openRepo(await repositories.getRepo(network.pds.a, site.did))).data, before.data)

  // Given up, it can begin anew: nothing was published.
  const given = await run(['migrate', 'abort', site.did, '--yes', '--json'], { env })
  ok(given)

  const notices = []
  const moved = await start(args, { env, onLine: publishing(site, notices) }).done
  ok(moved)
  assert.equal(notices.length, 1)
  const late = await run(['migrate', 'abort', site.did, '--yes', '--json'], { env })
  assert.notEqual(late.code, 0)
  await checkMoved(network.pds.b, site, account, files, before)
  const old = await accounts.xrpc(network.pds.a, 'com.atproto.sync.getRepoStatus', { params: { did: site.did } })
  assert.equal(old.active, false)
})

// An account with a backup, whose host is dead.
async function prepareToLeave(name) {
  const site = await newSite()
  const account = await webAccount(network.pds.a, site, name)
  const files = secretFiles(temp.at(`secrets-${name}`), account)
  const before = await look(account)
  ok(await run(['login', site.did, '--password-file', files.password], { env }))
  const backup = `${temp.at(name)}/`
  ok(await run(['export', site.did, '-o', backup], { env }))
  await network.kill('a')
  const args = ['migrate', site.did, '--to', network.pds.b.url, '--from', backup, '--handle', `${name}.b.test`,
    '--email', account.email, '--confirm', site.did, '--new-password-file', files.newPassword, '--json']
  return { site, account, files, before, args }
}

test('did:web with the old host dead, and the signing key from its disk: one publication', { timeout: 300_000 }, async (t) => {
  t.after(() => network.restart('a'))
  const { site, account, files, before, args } = await prepareToLeave('wilma')
  const saved = temp.at('signing.key')
  writeFileSync(saved, readFileSync(signingKeyFile(network, 'a', site.did)), { mode: 0o600 })
  const notices = []
  ok(await start([...args, '--signing-key-file', saved], { env, onLine: publishing(site, notices) }).done)
  assert.equal(notices.length, 1)
  await checkMoved(network.pds.b, site, account, files, before)
})

test('did:web with the old host dead: two publications, from a backup', { timeout: 300_000 }, async (t) => {
  t.after(() => network.restart('a'))
  const { site, account, files, before, args } = await prepareToLeave('willy')
  const notices = []
  const planned = await dryRun(site, args)
  ok(planned)
  assert.ok(steps(planned).includes('claim') && steps(planned).includes('submit'))
  const moved = await start(args, { env, onLine: publishing(site, notices) }).done
  ok(moved)
  assert.equal(notices.length, 2)
  await checkMoved(network.pds.b, site, account, files, before)
  const folder = join(env.XDG_STATE_HOME, 'atbackup', 'moves')
  for (const file of readdirSync(folder, { recursive: true })) assert.ok(!file.endsWith('/secrets'))
})

test('its move is rehearsed without a word to its web site', { timeout: 120_000 }, async () => {
  const site = await newSite()
  const account = await webAccount(network.pds.a, site, 'rehearsed')
  const backup = temp.at('rehearsed-backup')
  ok(await run(['export', account.did, '-o', `${backup}/`, '--json'], { env }))
  const work = temp.at('rehearsal')
  mkdirSync(work)
  const document = JSON.stringify(site.document)
  site.stop()
  const drill = { ...env, TMPDIR: work, ATBACKUP_SERVER_DIR: dirname(realpathSync(new URL('../node_modules', import.meta.url))) }
  const result = await run(['migrate', 'rehearse', backup, '--json'], { env: drill })
  ok(result)
  assert.equal(result.last.did, account.did)
  assert.equal(result.last.blobs, 3)
  assert.deepEqual(result.last.refused, [])
  assert.equal(JSON.stringify(site.document), document)
  assert.deepEqual(readdirSync(work), [])
  const keyed = await run(['migrate', 'rehearse', backup, '--rotation-key', join(work, 'any'), '--json'], { env: drill })
  ok(keyed, 22)
  assert.equal(keyed.last.id, 'move.did_web')
})
