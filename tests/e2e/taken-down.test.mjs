// An account that its host has taken down: what the reference server still gives its owner is enough to leave.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import * as accounts from '../network/accounts.mjs'
import * as repositories from '../network/repositories.mjs'
import { look, moveArguments, secretFiles } from './support/moves.mjs'
import { ok, run, tokenCommand } from './support/program.mjs'
import { testbed } from './support/testbed.mjs'

let network, env, home
testbed('taken-down', (now) => { ({ network, env, home } = now) })

// What of the reference server this program's words rest on. When one of these changes, so may they.
async function checkWhatTheServerDoes(account) {
  const { did, host, password } = account
  const session = await accounts.xrpc(host, 'com.atproto.server.createSession', { input: { identifier: did, password, allowTakendown: true } })
  const as = (method, options) => accounts.xrpc(host, method, { token: session.accessJwt, ...options })
  await as('com.atproto.sync.getRepo', { params: { did } })
  await as('com.atproto.sync.listBlobs', { params: { did } })
  const refused = (promise, words) => assert.rejects(promise, (error) => error.message.includes(words))
  await refused(accounts.xrpc(host, 'com.atproto.server.createSession', { input: { identifier: did, password } }), 'AccountTakedown')
  await refused(as('com.atproto.server.getServiceAuth', { params: { aud: 'did:web:b.test', lxm: 'com.atproto.server.createAccount' } }), 'insufficient access')
  await refused(as('com.atproto.server.getSession'), 'Bad token scope')
  await refused(as('com.atproto.identity.getRecommendedDidCredentials'), 'Bad token scope')
  await refused(accounts.xrpc(host, 'com.atproto.server.refreshSession', { input: null, token: session.refreshJwt }), 'AccountTakedown')
}

test('a taken-down account leaves: the host signs for a key of its own, and hands out its backup', { timeout: 300_000 }, async () => {
  const account = await accounts.createAccount(network.pds.a, { handle: 'outcast' })
  const { did } = account
  await accounts.createRecords(account, { 'app.bsky.feed.post': 50 })
  await accounts.postPictures(account, 3)
  await accounts.setPreferences(account)
  const files = secretFiles(join(home, 'secrets'), account)
  const seen = await look(account)
  await network.pds.a.takeDown(did)
  await checkWhatTheServerDoes(account)

  // A plain move cannot do it, and says what can.
  const plain = await run([...moveArguments(network, account, 'b', files, { handle: 'outcast.b.test' }), '--no-recovery-key', '--json'], { env })
  ok(plain, 22)
  assert.equal(plain.last.id, 'move.taken_down')
  for (const step of ['key new', 'key enroll', '--allow-takendown', 'export', '--from']) assert.ok(plain.last.hint.includes(step), plain.last.hint)
  assert.equal((await network.plc.operations(did)).length, 1)

  const key = join(home, 'outcast.key')
  ok(await run(['key', 'new', key, '--passphrase-file', files.passphrase, '--json'], { env }))
  ok(await run(['key', 'enroll', did, '--rotation-key', key, '--passphrase-file', files.passphrase, '--password-file', files.password,
    '--plc-token-command', tokenCommand(account.host, did), '--confirm', did, '--json'], { env }))
  const enrolled = await network.plc.operations(did)
  assert.equal(enrolled.length, 2)
  assert.equal(enrolled.at(-1).operation.rotationKeys.length, 2)
  ok(await run(['login', did, '--allow-takendown', '--password-file', files.password], { env }))
  const backup = join(home, 'backup')
  const exported = await run(['export', did, '-o', `${backup}/`, '--json'], { env })
  ok(exported)

  const left = await run(['migrate', did, '--to', network.pds.b.url, '--from', backup, '--rotation-key', key, '--passphrase-file', files.passphrase,
    '--handle', 'outcast.b.test', '--email', account.email, '--new-password-file', files.newPassword, '--confirm', did, '--json'], { env })
  ok(left)
  const car = await repositories.getRepo(network.pds.b, did)
  assert.equal((await repositories.openRepo(car)).data, seen.data)
  await repositories.checkRepo(car, did, await repositories.signingKey(network, did))
  assert.deepEqual((await repositories.listBlobs(network.pds.b, did)).sort(), seen.blobs)
  const log = await network.plc.operations(did)
  assert.equal(log.length, 4)
  const { rotationKeys } = log.at(-1).operation
  assert.equal(rotationKeys.length, 2)
  assert.ok(!rotationKeys.includes(log[0].operation.rotationKeys[0]), "the old host's key is gone")
})
