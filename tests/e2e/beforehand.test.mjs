// What can be known before leaving: dry runs of a move, and the doctor. Nothing on the real servers may change by it.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import * as accounts from '../network/accounts.mjs'
import { look, secretFiles } from './support/moves.mjs'
import { obstacles, ok, run, tokenCommand, typed } from './support/program.mjs'
import { testbed } from './support/testbed.mjs'

let network, env, home
testbed('beforehand', (now) => { ({ network, env, home } = now) }, [{ name: 'a' }, { name: 'b' }, { name: 'c', inviteRequired: true }])

// An account with posts and pictures, and its user's key and backup where they are wanted.
async function prepare(name, { key = true, backup = true } = {}) {
  const account = await accounts.createAccount(network.pds.a, { handle: name, network })
  await accounts.createRecords(account, { 'app.bsky.feed.post': 20 })
  await accounts.postPictures(account, 2)
  const files = secretFiles(join(home, `${name}-secrets`), account)
  const made = { account, files, name, key: join(home, `${name}.key`), backup: join(home, `${name}-backup`) }
  if (key) {
    ok(await run(['key', 'new', made.key, '--passphrase-file', files.passphrase, '--json'], { env }))
    ok(await run(['key', 'enroll', account.did, '--rotation-key', made.key, '--passphrase-file', files.passphrase, '--password-file', files.password,
      '--plc-token-command', tokenCommand(account.host, account.did), '--confirm', account.did, '--json'], { env }))
  }
  if (backup) ok(await run(['export', account.did, '-o', `${made.backup}/`, '--json'], { env }))
  return made
}

const dryRun = ({ account, name }, to, ...more) =>
  run(['migrate', account.did, '--to', network.pds[to].url, '--handle', `${name}.${to}.test`, '--dry-run', '--json', ...more], { env })

test('a dry run plans the whole move and changes nothing', { timeout: 200_000 }, async () => {
  const one = await prepare('alice', { key: false, backup: false })
  const { did } = one.account
  const before = await look(one.account)
  const operations = (await network.plc.operations(did)).length
  const effects = JSON.stringify(network.pds.a.effects(did))
  const planned = await dryRun(one, 'b')
  ok(planned)
  assert.equal(planned.last.ready, true)
  const [plan] = typed(planned, 'plan')
  assert.equal(plan.records, 21)
  assert.equal(plan.blobs, 2)
  assert.equal(plan.handle, 'alice.b.test')
  assert.equal(plan.clocks.length, 3)
  for (const { ahead_seconds: ahead } of plan.clocks) assert.ok(Math.abs(ahead) < 30, `${ahead}`)
  assert.ok(typed(planned, 'planned_step').some(({ step, no_return: end }) => step === 'submit' && end))
  const [change] = typed(planned, 'planned_change')
  assert.ok(change.differences.some(({ what, after }) => what === 'host' && after === network.pds.b.url))

  assert.equal(JSON.stringify(network.pds.a.effects(did)), effects)
  assert.deepEqual(network.pds.b.effects(did), {})
  assert.equal((await network.plc.operations(did)).length, operations)
  assert.deepEqual(await look(one.account), before)
  const state = join(env.XDG_STATE_HOME, 'atbackup')
  // The history of the identity is kept as a witness, by whoever looks; nothing else.
  assert.deepEqual(existsSync(state) ? readdirSync(state).filter((one) => one !== 'witness') : [], [])

  // What stands against it, each with the next thing to do.
  assert.deepEqual(obstacles(await dryRun(one, 'c')), ['move.invite_needed'])
  ok(await dryRun(one, 'c', '--invite-code', await network.pds.c.createInvite()))
  const nameless = await run(['migrate', did, '--to', network.pds.b.url, '--dry-run', '--json'], { env })
  ok(nameless, 22)
  assert.deepEqual(obstacles(nameless), ['move.handle'])
  const taken = await accounts.createAccount(network.pds.b, { handle: 'bob' })
  const clash = await run(['migrate', did, '--to', network.pds.b.url, '--handle', taken.handle, '--dry-run', '--json'], { env })
  ok(clash, 22)
  assert.deepEqual(obstacles(clash), ['move.handle_taken'])
  const there = await dryRun(one, 'a')
  ok(there, 22)
  assert.deepEqual(obstacles(there), ['move.same_host'])
  const text = await run(['migrate', did, '--to', network.pds.b.url, '--handle', 'alice.b.test', '--dry-run'], { env })
  ok(text)
  for (const part of ['Step by step', 'after this there is no way back', 'nobody can undo it', 'Nothing stands against it']) assert.ok(text.text.includes(part), part)
})

test('leaving a dead host can be planned, and the plan changes nothing', { timeout: 200_000 }, async () => {
  const one = await prepare('carol')
  const { did } = one.account
  const operations = (await network.plc.operations(did)).length
  await network.kill('a')
  const args = ['--from', one.backup, '--rotation-key', one.key, '--passphrase-file', one.files.passphrase]
  const planned = await dryRun(one, 'b', ...args)
  ok(planned)
  assert.equal(typed(planned, 'planned_change').length, 2)
  const refused = await dryRun(one, 'b', '--from', one.backup)
  ok(refused, 22)
  assert.deepEqual(obstacles(refused), ['leave.no_key'])
  writeFileSync(join(one.backup, 'blobs', readdirSync(join(one.backup, 'blobs'))[0]), 'not a picture')
  assert.deepEqual(obstacles(await dryRun(one, 'b', ...args)), ['leave.backup_damaged'])
  assert.deepEqual(network.pds.b.effects(did), {})
  assert.equal((await network.plc.operations(did)).length, operations)
})

const examine = ({ account, files }, ...more) => run(['doctor', account.did, '--passphrase-file', files.passphrase, '--json', ...more], { env })
const judged = (result) => typed(result, 'diagnosis')[0]
const point = (diagnosis, wanted) => diagnosis.points.find(({ name }) => name === wanted)

test('the doctor: ready; without a backup or a key not; and with the host killed it says to leave', { timeout: 250_000 }, async () => {
  const one = await prepare('dora')
  const whole = ['--from', one.backup, '--rotation-key', one.key]
  const well = await examine(one, ...whole, '--to', network.pds.b.url)
  ok(well)
  assert.equal(judged(well).verdict, 'ready')
  assert.equal(judged(well).servers.length, 3)
  assert.ok(judged(well).servers.every(({ reached, healthy }) => reached && healthy))
  assert.equal(point(judged(well), 'target').outcome, 'passed')
  assert.deepEqual(judged(well).foreign_operations, [])
  const effects = network.pds.b.effects(one.account.did)
  assert.deepEqual(effects, {})

  // The key that was enrolled from here is known, its file is not opened.
  const closed = await examine(one, '--from', one.backup)
  ok(closed)
  assert.ok(judged(closed).score < judged(well).score)

  const bare = await examine(one, '--rotation-key', one.key)
  ok(bare, 23)
  assert.equal(judged(bare).verdict, 'not-ready')
  assert.match(judged(bare).next, /atbackup export/)

  const stranger = await prepare('erin', { key: false })
  const keyless = await examine(stranger, '--from', stranger.backup)
  ok(keyless, 23)
  assert.match(judged(keyless).next, /key new/)

  // Both at once: each with its own backup.
  const both = await run(['doctor', one.account.did, stranger.account.did, '--from', one.backup, '--from', stranger.backup, '--rotation-key', one.key,
    '--passphrase-file', one.files.passphrase, '--json'], { env })
  ok(both, 23)
  assert.equal(both.last.accounts, 2)
  assert.equal(both.last.ready, 1)

  await network.kill('a')
  const dead = await examine(one, ...whole)
  ok(dead, 23)
  assert.equal(judged(dead).verdict, 'leave-now')
  assert.match(judged(dead).next, /migrate/)
  assert.equal(point(judged(dead), 'key').outcome, 'passed')
  assert.equal(point(judged(dead), 'backup').blocks, false)
  const text = await run(['doctor', one.account.did, ...whole, '--passphrase-file', one.files.passphrase], { env })
  ok(text, 23)
  assert.match(text.text, /its host is failing, and it can leave/)

  await network.kill('plc')
  const cut = await examine(one, ...whole, '--pds', network.pds.a.url)
  await network.restart('plc')
  ok(cut, 23)
  assert.equal(judged(cut).verdict, 'not-ready')
  assert.match(judged(cut).next, /mend the network/)
})

test('a move is given up, and begins anew with the account it left behind', { timeout: 250_000 }, async () => {
  const one = await prepare('fay', { key: false, backup: false })
  const { did } = one.account
  const before = await look(one.account)
  const move = ['migrate', did, '--to', network.pds.b.url, '--handle', 'fay.b.test', '--no-recovery-key', '--confirm', did, '--password-file', one.files.password,
    '--new-password-file', one.files.newPassword, '--plc-token-command', tokenCommand(one.account.host, did), '--json']
  network.addRule({ action: 'reply', status: 400, json: { error: 'InvalidRequest', message: 'not today' }, server: 'b', path: 'importRepo', times: 0 })
  assert.notEqual((await run(move, { env })).code, 0)
  network.clearRules()
  const aborted = await run(['migrate', 'abort', '--yes', '--json'], { env })
  ok(aborted)
  assert.ok(aborted.last.left.some((one) => one.includes('never active')), aborted.last.left.join())
  assert.ok(!existsSync(join(aborted.last.folder, 'secrets')))
  assert.deepEqual(await look(one.account), before)
  ok(await run(['migrate', 'abort', '--yes', '--json'], { env }), 10)
  ok(await run(move, { env }))
  assert.equal(network.pds.b.effects(did)['com.atproto.server.createAccount'], 1)
  const late = await run(['migrate', 'abort', did, '--yes', '--json'], { env })
  ok(late, 22)
  assert.equal(late.last.id, 'abort.too_late')
})
