// Leaving a host that fights: one that gave the account up, one that is declared hostile before it acts, a directory that contradicts
// itself; and the keys that help: the account's signing key from the host's disk, a second rotation key signed for by the first.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Secp256k1Keypair } from '@atproto/crypto'
import plc from '@did-plc/lib'
import { CID } from 'multiformats/cid'
import * as accounts from '../network/accounts.mjs'
import * as repositories from '../network/repositories.mjs'
import { keyOf, lastInForce, publish, signingKeyFile, signOn } from './support/host_keys.mjs'
import { look, secretFiles } from './support/moves.mjs'
import { obstacles, ok, run, typed } from './support/program.mjs'
import { testbed } from './support/testbed.mjs'

const hours = 3600_000
let network, env, home, hostKey
testbed('fight', async (now) => {
  ({ network, env, home } = now)
  hostKey ??= await keyOf(network, 'a')
})

const last = (did) => lastInForce(network, did)

// A key in a file, as the line that is printed.
async function makeKey(name) {
  const key = await Secp256k1Keypair.create({ exportable: true })
  const file = join(home, `${name}.key`)
  writeFileSync(file, `k256 ${Buffer.from(await key.export()).toString('hex')}\n`, { mode: 0o600 })
  return { file, did: key.did() }
}

// An account with its user's key in first place and a backup.
async function prepare(name) {
  const account = await accounts.createAccount(network.pds.a, { handle: name, network })
  await accounts.createRecords(account, { 'app.bsky.feed.post': 10 })
  await accounts.postPictures(account, 1)
  const key = await makeKey(name)
  const enrolled = await signOn(network, account.did, hostKey, ({ rotationKeys }) => ({ rotationKeys: [key.did, ...rotationKeys] }))
  const files = secretFiles(join(home, `${name}-secrets`), account)
  const backup = join(home, `${name}-backup`)
  ok(await run(['export', account.did, '-o', `${backup}/`, '--json'], { env }))
  const args = ['migrate', account.did, '--to', network.pds.b.url, '--from', backup, '--rotation-key', key.file, '--handle', `${name}.b.test`,
    '--email', account.email, '--new-password-file', files.newPassword, '--confirm', account.did, '--json']
  return { account, did: account.did, key, files, backup, enrolled, args, before: await look(account) }
}

async function check({ did, key, before }, operations) {
  const { b } = network.pds
  const car = await repositories.getRepo(b, did)
  assert.equal((await repositories.openRepo(car)).data, before.data, 'the MST root is the same')
  await repositories.checkRepo(car, did, await repositories.signingKey(network, did))
  const log = await network.plc.operations(did)
  assert.equal(log.length, operations)
  const { operation } = log.at(-1)
  assert.equal(operation.rotationKeys[0], key.did)
  assert.ok(!operation.rotationKeys.includes(hostKey.did()))
  assert.equal(operation.services.atproto_pds.endpoint, b.url)
  ok(await run(['plc', 'verify', did], { env }))
  return log
}

test('an identity that the host gave up comes back with the move; after 72 hours it is said that it cannot', { timeout: 200_000 }, async () => {
  const one = await prepare('alice')
  const rogue = await publish(network, one.did, await plc.tombstoneOp(CID.parse(one.enrolled.cid), hostKey))
  const planned = await run([...one.args, '--dry-run'], { env })
  ok(planned, 22)
  assert.deepEqual(obstacles(planned), ['leave.key_removed'])
  const [seen] = typed(planned, 'contestable_operation')
  assert.equal(seen.cid, rogue.cid)
  assert.equal(seen.gives_up, true)
  assert.equal(Date.parse(seen.undo_until), Date.parse(rogue.createdAt) + 72 * hours)
  ok(await run([...one.args, '--dry-run', '--undo-operation', rogue.cid], { env }))
  assert.equal((await network.plc.operations(one.did)).length, 3, 'nothing was published')
  ok(await run([...one.args, '--undo-operation', rogue.cid], { env }))
  const log = await check(one, 5)
  assert.deepEqual(log.map(({ nullified }) => nullified), [false, false, true, false, false])

  const two = await prepare('bob')
  const late = await publish(network, two.did, await plc.tombstoneOp(CID.parse(two.enrolled.cid), hostKey))
  const [genesis] = await network.plc.operations(two.did)
  await network.plc.backdate(two.did, genesis.cid, new Date(Date.now() - 90 * hours))
  await network.plc.backdate(two.did, two.enrolled.cid, new Date(Date.now() - 80 * hours))
  await network.plc.backdate(two.did, late.cid, new Date(Date.now() - 73 * hours))
  const refused = await run([...two.args, '--undo-operation', late.cid], { env })
  ok(refused, 22)
  assert.equal(refused.last.id, 'leave.tombstoned')
})

test('a host that is declared hostile has no key left after the first change; one that is dead is not asked', { timeout: 200_000 }, async () => {
  const one = await prepare('carol')
  const silent = await run([...one.args, '--hostile-host'], { env })
  ok(silent, 22)
  assert.equal(silent.last.id, 'move.unknown_key')
  assert.equal((await network.plc.operations(one.did)).length, 2)
  const args = [...one.args, '--hostile-host', '--remove-key', hostKey.did()]
  const planned = await run([...args, '--dry-run'], { env })
  ok(planned)
  assert.equal(typed(planned, 'planned_change')[0].keys, 1)
  ok(await run(args, { env }))
  const log = await check(one, 4)
  assert.deepEqual(log[2].operation.rotationKeys, [one.key.did])
})

test('a directory that lost what it has shown before is not built upon', { timeout: 200_000 }, async () => {
  const one = await prepare('dora')
  const whole = await network.plc.operations(one.did)
  const [genesis] = whole
  const document = await (await fetch(`${network.plc.url}/${one.did}`)).json()
  // Whoever sits between us and the directory leaves out the enrolment.
  network.addRule({ action: 'replace', status: 200, json: [{ did: one.did, ...genesis }], server: 'plc', path: `/${one.did}/log/audit`, agent: '^atbackup', times: 0 })
  network.addRule({ action: 'replace', status: 200, json: document, server: 'plc', path: `/${one.did}$`, agent: '^atbackup', times: 0 })
  const planned = await run([...one.args, '--dry-run'], { env })
  ok(planned, 22)
  assert.ok(obstacles(planned).includes('plan.witness'), obstacles(planned).join())
  ok(await run(one.args, { env }), 22)
  for (const words of [
    ['plc', 'revert', one.did, '--rotation-key', one.key.file, '--confirm', one.did],
    ['plc', 'revert', one.did, '--unsigned-out', join(home, 'change.json'), '--signer', one.key.did],
  ]) {
    const refused = await run([...words, '--json'], { env })
    ok(refused, 22)
    assert.equal(refused.last.id, 'plan.witness')
  }
  const examined = await run(['doctor', one.did, '--from', one.backup, '--rotation-key', one.key.file, '--json'], { env })
  ok(examined, 23)
  const [diagnosis] = typed(examined, 'diagnosis')
  assert.equal(diagnosis.points.find(({ name }) => name === 'history').blocks, true)
  assert.deepEqual(diagnosis.contradictions.map(({ id }) => id), ['plc.witness_shortened'])
  network.clearRules()
  assert.equal((await network.plc.operations(one.did)).length, 2)
})

test('the account\'s signing key from the host\'s disk spares the first change', { timeout: 200_000 }, async () => {
  const one = await prepare('erin')
  const saved = join(home, 'signing.key')
  writeFileSync(saved, readFileSync(signingKeyFile(network, 'a', one.did)), { mode: 0o600 })
  assert.equal(readFileSync(saved).length, 32)
  await network.kill('a')
  const without = one.args.filter((word, i) => word !== '--rotation-key' && one.args[i - 1] !== '--rotation-key')
  const refused = await run([...without, '--signing-key-file', saved], { env })
  ok(refused, 22)
  assert.equal(refused.last.id, 'leave.no_key')
  const args = [...one.args, '--signing-key-file', saved, '--remove-key', hostKey.did()]
  const planned = await run([...args, '--dry-run'], { env })
  ok(planned)
  assert.equal(typed(planned, 'planned_change').length, 1)
  ok(await run(args, { env }))
  await check(one, 3)
})

test('a second key, signed for by the first while the host is down', { timeout: 100_000 }, async () => {
  const one = await prepare('fay')
  await network.kill('a')
  const second = await makeKey('second')
  const stranger = await makeKey('stranger')
  const enroll = ['key', 'enroll', one.did, '--rotation-key', second.file, '--confirm', one.did, '--json']
  const refused = await run([...enroll, '--signed-by', stranger.file], { env })
  ok(refused, 22)
  assert.equal(refused.last.id, 'key.not_listed')
  const enrolled = await run([...enroll, '--signed-by', one.key.file], { env })
  ok(enrolled)
  assert.equal(enrolled.last.rank, 1)
  assert.deepEqual((await last(one.did)).operation.rotationKeys, [second.did, one.key.did, hostKey.did()])
  ok(await run([...enroll, '--signed-by', one.key.file], { env }))
  assert.equal((await network.plc.operations(one.did)).length, 3)
})
