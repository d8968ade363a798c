// Leaving a host that is dead: its process is killed, and the account moves from a backup, signed by its user's key.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import * as accounts from '../network/accounts.mjs'
import { startNetwork } from '../network/network.mjs'
import * as repositories from '../network/repositories.mjs'
import { look, secretFiles } from './support/moves.mjs'
import { environmentFor, run, scratch, tokenCommand } from './support/program.mjs'

const temp = scratch('leave')
let network, env, home, number = 0

before(async () => {
  network = await startNetwork({ dir: temp.at('network') })
}, { timeout: 120_000 })

after(async () => {
  await network?.stop()
  temp.remove()
}, { timeout: 30_000 })

// Each test has a home of its own, and finds both hosts alive.
beforeEach(async () => {
  network.clearRules()
  if (!network.pds.a.pid) await network.restart('a')
  home = temp.at(`home-${number++}`)
  mkdirSync(home)
  env = environmentFor(network, home)
}, { timeout: 60_000 })

const ok = (result, code = 0) => assert.equal(result.code, code, result.stderr + result.text)

// An account with a little of everything, and what its user keeps beside it: a key in the identity, and a backup.
async function prepare(name, { enroll = true, handle = name } = {}) {
  const account = await accounts.createAccount(network.pds.a, { handle, network })
  await accounts.createRecords(account, { 'app.bsky.feed.post': 30 })
  await accounts.postPictures(account, 3)
  await accounts.setPreferences(account)
  const files = secretFiles(join(home, `${name}-secrets`), account)
  const key = join(home, `${name}.key`)
  ok(await run(['key', 'new', key, '--passphrase-file', files.passphrase, '--json'], { env }))
  if (enroll) {
    ok(await run(['key', 'enroll', account.did, '--rotation-key', key, '--passphrase-file', files.passphrase, '--password-file', files.password,
      '--plc-token-command', tokenCommand(account.host, account.did), '--confirm', account.did, '--json'], { env }))
  }
  ok(await run(['login', account.did, '--password-file', files.password], { env }))
  const backup = join(home, `${name}-backup`)
  ok(await run(['export', account.did, '-o', `${backup}/`, '--json'], { env }))
  const before = { ...await look(account), operations: (await network.plc.operations(account.did)).length }
  const args = ['migrate', account.did, '--to', network.pds.b.url, '--from', backup, '--rotation-key', key, '--passphrase-file', files.passphrase,
    '--handle', `${name}.b.test`, '--email', account.email, '--new-password-file', files.newPassword, '--confirm', account.did, '--json']
  return { account, files, key, backup, before, args, name }
}

// The state that it must end in, however often it was interrupted.
async function check({ account: { did }, files, before, name }, { handle = `${name}.b.test` } = {}) {
  const { b } = network.pds
  const car = await repositories.getRepo(b, did)
  const there = await repositories.openRepo(car)
  assert.equal(there.data, before.data, 'the MST root is the same')
  await repositories.checkRepo(car, did, await repositories.signingKey(network, did))
  const session = await accounts.logIn(b, { did, password: readFileSync(files.newPassword, 'utf8') })
  const status = await accounts.call(session, 'com.atproto.server.checkAccountStatus')
  assert.equal(status.activated, true)
  assert.equal(status.validDid, true)
  assert.deepEqual((await accounts.call(session, 'com.atproto.repo.listMissingBlobs')).blobs, [])
  assert.deepEqual((await repositories.listBlobs(b, did)).sort(), before.blobs)
  const preferences = (await accounts.getPreferences(session)).filter(({ $type }) => !$type.endsWith('#declaredAgePref'))
  assert.deepEqual(preferences, before.preferences)
  const log = await network.plc.operations(did)
  assert.equal(log.length, before.operations + 2)
  assert.ok(log.every(({ nullified }) => !nullified))
  const last = log.at(-1).operation
  const enrolled = log.at(-3).operation
  const mine = enrolled.rotationKeys[0]
  assert.equal(last.rotationKeys[0], mine, "the user's key is first")
  assert.equal(last.rotationKeys.length, 2)
  for (const key of log[0].operation.rotationKeys) assert.ok(!last.rotationKeys.includes(key), "the old host's key is gone")
  assert.equal(last.services.atproto_pds.endpoint, b.url)
  assert.deepEqual(last.alsoKnownAs, [`at://${handle}`])
  // The claim named a temporary key and nothing else.
  const claim = log.at(-2).operation
  const claimed = claim.verificationMethods
  assert.notEqual(claimed.atproto, enrolled.verificationMethods.atproto)
  assert.notEqual(claimed.atproto, last.verificationMethods.atproto)
  for (const part of ['rotationKeys', 'alsoKnownAs', 'services']) assert.deepEqual(claim[part], enrolled[part])
  const effects = b.effects(did)
  assert.equal(effects['com.atproto.server.createAccount'], 1)
  assert.equal(effects['com.atproto.server.activateAccount'], 1)
}

test('with the old host killed, the account moves whole', { timeout: 300_000 }, async () => {
  const one = await prepare('alice')
  await network.kill('a')
  const left = await run(one.args, { env })
  ok(left)
  await check(one)
  assert.equal(left.last.data, one.before.data)
  assert.equal(left.last.backup, one.backup)
  assert.ok(left.last.notes.some((note) => note.startsWith('The account was not deactivated')), left.last.notes.join())
  const folder = left.last.folder
  assert.ok(!existsSync(join(folder, 'secrets')), 'no secrets are left')
  const checked = await run(['key', 'check', one.key, one.account.did, '--passphrase-file', one.files.passphrase, '--json'], { env })
  ok(checked)
  assert.equal(checked.last.rank, 1)
  // The same command again says so, and does nothing.
  ok(await run(one.args, { env }))
  assert.equal((await network.plc.operations(one.account.did)).length, 4)
  // And the account can be backed up from its new home.
  const exported = await run(['export', one.account.did, '-o', `${join(home, 'after')}/`, '--json'], { env })
  ok(exported)
  assert.equal(exported.last.host, network.pds.b.url)
})

test('a handle that died with the host does as a name, and a domain of one\'s own goes along', { timeout: 300_000 }, async () => {
  const one = await prepare('carol', { handle: 'carol.home.test' })
  await network.kill('a')
  const args = one.args.filter((word, i) => word !== '--handle' && one.args[i - 1] !== '--handle')
  args[1] = 'carol.home.test'
  ok(await run(args, { env }))
  await check(one, { handle: 'carol.home.test' })

  const two = await (async () => { await network.restart('a'); return prepare('dora') })()
  await network.kill('a')
  two.args[1] = 'dora.a.test'
  ok(await run(two.args, { env }))
  await check(two)
})

test('killed with SIGKILL at some transitions, it goes on', { timeout: 600_000 }, async () => {
  const points = [
    ['POST', '^/did:plc', 'after'], // the claim is published, and nobody knows
    ['POST', 'createAccount', 'after'],
    ['POST', 'importRepo', 'before'],
    ['POST', 'submitPlcOperation', 'after'],
    ['POST', 'activateAccount', 'after'],
  ]
  for (const [n, [method, path, when]] of points.entries()) {
    if (!network.pds.a.pid) await network.restart('a')
    home = temp.at(`home-kill-${n}`)
    mkdirSync(home)
    env = environmentFor(network, home)
    const one = await prepare(`kill${n}`)
    await network.kill('a')
    network.addRule({ action: 'kill', pid: 'client', agent: '^atbackup', method, path, when })
    const killed = await run(one.args, { env })
    assert.equal(killed.signal, 'SIGKILL', `${path} ${when}: ${killed.code} ${killed.text}`)
    network.clearRules()
    const status = await run(['migrate', 'status', '--json'], { env })
    ok(status)
    const resumed = await run(['migrate', 'resume', ...one.args.slice(4)], { env })
    ok(resumed)
    await check(one)
  }
})

test('refusals: no key, a wrong key, a wrong passphrase, a damaged backup, another account', { timeout: 300_000 }, async () => {
  const one = await prepare('frank', { enroll: false })
  await network.kill('a')
  const refuse = async (args, code, id) => {
    const result = await run(args, { env })
    ok(result, code)
    assert.equal(result.last.id, id)
    return result
  }
  const without = one.args.filter((word, i) => word !== '--rotation-key' && one.args[i - 1] !== '--rotation-key')
  const none = await refuse(without, 22, 'leave.no_key')
  assert.match(none.last.hint, /key enroll/)
  await refuse(one.args, 22, 'leave.key_unknown')
  const wrong = join(home, 'wrong')
  writeFileSync(wrong, 'another passphrase', { mode: 0o600 })
  await refuse(one.args.map((word) => (word === one.files.passphrase ? wrong : word)), 12, 'sealed.passphrase')
  await refuse(one.args.map((word, i) => (i === 1 ? 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa' : word)), 22, 'leave.other_account')
  ok(await run(['key', 'check', one.key, one.account.did, '--passphrase-file', one.files.passphrase, '--json'], { env }), 12)
  assert.equal((await network.plc.operations(one.account.did)).length, 1)
  // Without --from it needs the host, and says that it is not there.
  ok(await run(['migrate', one.account.did, '--to', network.pds.b.url, '--handle', 'frank.b.test', '--confirm', one.account.did, '--no-recovery-key', '--json'], { env }), 6)

  await network.restart('a')
  home = temp.at('home-damaged')
  mkdirSync(home)
  env = environmentFor(network, home)
  const two = await prepare('gina')
  await network.kill('a')
  const car = join(two.backup, 'repo.car')
  const bytes = readFileSync(car)
  bytes[Math.floor(bytes.length / 2)] ^= 1
  writeFileSync(car, bytes)
  await refuse(two.args, 22, 'leave.backup_damaged')
  assert.equal((await network.plc.operations(two.account.did)).length, 2, 'nothing was published')
})
