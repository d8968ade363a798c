// A host that works against its user: with its own key it takes the user's key and the handle out of the identity. The real
// directory takes the user's word against it, for 72 hours: by `plc revert`, by a file signed elsewhere, and as part of a move.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Secp256k1Keypair } from '@atproto/crypto'
import * as accounts from '../network/accounts.mjs'
import * as repositories from '../network/repositories.mjs'
import { keyOf, lastInForce, signOn } from './support/host_keys.mjs'
import { look, secretFiles } from './support/moves.mjs'
import { environmentFor, ok, run, tokenCommand } from './support/program.mjs'
import { testbed } from './support/testbed.mjs'

const hours = 3600_000
let network, env, home, hostKey
const temp = testbed('hostile', async (now) => {
  ({ network, env, home } = now)
  hostKey ??= await keyOf(network, 'a')
})

// The user's key is in a file sealed with a passphrase, or in the form that is printed, which costs no computing.
async function prepare(name, { sealed = false } = {}) {
  const account = await accounts.createAccount(network.pds.a, { handle: name, network })
  await accounts.createRecords(account, { 'app.bsky.feed.post': 10 })
  await accounts.postPictures(account, 1)
  const files = secretFiles(join(home, 'secrets'), account)
  const key = join(home, 'user.key')
  if (sealed) {
    ok(await run(['key', 'new', key, '--passphrase-file', files.passphrase, '--json'], { env }))
  } else {
    const made = await Secp256k1Keypair.create({ exportable: true })
    writeFileSync(key, `k256 ${Buffer.from(await made.export()).toString('hex')}\n`, { mode: 0o600 })
  }
  const phrase = sealed ? ['--passphrase-file', files.passphrase] : []
  ok(await run(['key', 'enroll', account.did, '--rotation-key', key, ...phrase, '--password-file', files.password,
    '--plc-token-command', tokenCommand(account.host, account.did), '--confirm', account.did, '--json'], { env }))
  const enrolled = (await network.plc.operations(account.did)).at(-1)
  return { account, did: account.did, files, key, phrase, mine: enrolled.operation.rotationKeys[0], enrolled, name }
}

// The host signs on top of the last operation. With `takeKey` the user's key is no longer listed.
const betray = ({ did, mine }, { takeKey }) => signOn(network, did, hostKey, ({ rotationKeys }) => ({
  alsoKnownAs: ['at://mallory.a.test'],
  rotationKeys: takeKey ? rotationKeys.filter((key) => key !== mine) : rotationKeys,
}))

const inForce = async (did) => (await lastInForce(network, did)).operation

test('plc log shows it, plc revert undoes it on the real directory, and plc verify finds nothing wrong with that', { timeout: 300_000 }, async () => {
  const one = await prepare('alice', { sealed: true })
  const rogue = await betray(one, { takeKey: true })
  const log = await run(['plc', 'log', one.did, '--json'], { env })
  ok(log)
  const seen = log.lines.filter(({ type }) => type === 'operation')
  assert.equal(seen.length, 3)
  assert.equal(seen[2].cid, rogue.cid)
  assert.equal(seen[2].rank, 2)
  assert.deepEqual(seen[2].undo_by, [one.mine])
  assert.equal(Date.parse(seen[2].undo_until), Date.parse(rogue.createdAt) + 72 * hours)
  const listed = await run(['key', 'list', '--json'], { env })
  ok(listed)
  assert.equal(listed.lines[0].key, one.mine)
  assert.deepEqual(listed.lines[0].accounts, [], 'the identity as it is now does not list it')

  const revert = ['plc', 'revert', one.did, '--rotation-key', one.key, ...one.phrase, '--json']
  ok(await run(revert, { env }), 22)
  const reverted = await run([...revert, '--confirm', one.did], { env })
  ok(reverted)
  assert.deepEqual(reverted.last.undone, [rogue.cid])
  const { prev, sig, ...now } = await inForce(one.did)
  const { prev: _, sig: __, ...then } = one.enrolled.operation
  assert.deepEqual(now, then)
  assert.equal(prev, one.enrolled.cid)
  ok(await run(['plc', 'verify', one.did], { env }))

  // The host's key is still listed: it does the same again, and goes this time.
  await betray(one, { takeKey: false })
  const again = await run([...revert, '--confirm', one.did, '--remove-key', hostKey.did()], { env })
  ok(again)
  assert.deepEqual((await inForce(one.did)).rotationKeys, [one.mine])
  ok(await run(['plc', 'verify', one.did], { env }))
})

test('after 72 hours it is refused with the reason, and nothing is sent', { timeout: 300_000 }, async () => {
  const one = await prepare('bob')
  const rogue = await betray(one, { takeKey: false })
  await network.plc.backdate(one.did, one.enrolled.cid, new Date(Date.now() - 80 * hours))
  const [genesis] = await network.plc.operations(one.did)
  await network.plc.backdate(one.did, genesis.cid, new Date(Date.now() - 90 * hours))
  await network.plc.backdate(one.did, rogue.cid, new Date(Date.now() - 73 * hours))
  home = temp.at('home-late')
  mkdirSync(home)
  const late = await run(['plc', 'revert', one.did, rogue.cid, '--rotation-key', one.key, ...one.phrase,
    '--confirm', one.did, '--json'], { env: environmentFor(network, home) })
  ok(late, 22)
  assert.equal(late.last.id, 'plc.revert_late')
  assert.equal((await network.plc.operations(one.did)).length, 3)
  // Who has seen the log before knows that its times were changed.
  const verified = await run(['plc', 'verify', one.did, '--json'], { env })
  ok(verified, 23)
  assert.ok(verified.lines.some(({ id }) => id === 'plc.witness_redated'))
})

test('the key lies on a machine without a network: a file out, a file in', { timeout: 300_000 }, async () => {
  const one = await prepare('carol')
  await betray(one, { takeKey: true })
  const change = join(home, 'change.json')
  const signed = join(home, 'signed.json')
  ok(await run(['plc', 'revert', one.did, '--unsigned-out', change, '--signer', one.mine, '--json'], { env }))
  const offline = { PATH: env.PATH, HOME: join(home, 'offline'), ATBACKUP_PLC_URL: 'http://127.0.0.1:1' }
  mkdirSync(offline.HOME)
  ok(await run(['plc', 'sign', change, '--rotation-key', one.key, ...one.phrase, '-o', signed, '--confirm', one.did, '--json'],
    { env: offline }))
  const submitted = await run(['plc', 'submit', signed, '--confirm', one.did, '--json'], { env })
  ok(submitted)
  assert.equal(submitted.last.undone.length, 1)
  assert.deepEqual((await inForce(one.did)).rotationKeys, one.enrolled.operation.rotationKeys)
})

test('a move undoes it by itself: the host is alive and hostile, and its key is gone with the first operation', { timeout: 300_000 }, async () => {
  const one = await prepare('dora')
  const { account, did, files, key, phrase } = one
  const backup = join(home, 'backup')
  ok(await run(['export', did, '-o', `${backup}/`, '--json'], { env }))
  const before = await look(account)
  const rogue = await betray(one, { takeKey: true })
  const args = ['migrate', did, '--to', network.pds.b.url, '--from', backup, '--rotation-key', key, ...phrase,
    '--handle', 'dora.b.test', '--email', account.email, '--new-password-file', files.newPassword, '--confirm', did, '--json']
  const refused = await run(args, { env })
  ok(refused, 22)
  assert.equal(refused.last.id, 'leave.key_removed')
  assert.match(refused.last.hint, new RegExp(rogue.cid))
  assert.equal((await network.plc.operations(did)).length, 3, 'nothing was published')

  const moved = await run([...args, '--undo-operation', rogue.cid], { env })
  ok(moved)
  assert.ok(moved.lines.some(({ type, text }) => type === 'notice' && text.includes('undoes what was done against you')))
  const log = await network.plc.operations(did)
  assert.equal(log.length, 5)
  assert.deepEqual(log.map(({ nullified }) => nullified), [false, false, true, false, false])
  const [, , , claim, last] = log.map(({ operation }) => operation)
  assert.equal(claim.prev, one.enrolled.cid)
  assert.deepEqual(claim.rotationKeys, [one.mine])
  assert.equal(last.rotationKeys[0], one.mine)
  assert.ok(!last.rotationKeys.includes(hostKey.did()))
  assert.equal(last.services.atproto_pds.endpoint, network.pds.b.url)
  assert.deepEqual(last.alsoKnownAs, ['at://dora.b.test'])
  const car = await repositories.getRepo(network.pds.b, did)
  assert.equal((await repositories.openRepo(car)).data, before.data, 'the MST root is the same')
  await repositories.checkRepo(car, did, await repositories.signingKey(network, did))
  ok(await run(['plc', 'verify', did], { env }))
  assert.ok(!existsSync(join(moved.last.folder, 'secrets')))
})
