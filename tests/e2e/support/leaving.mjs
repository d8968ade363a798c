// Accounts that leave their host without its help, from a backup and with a key of their user's.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as accounts from '../../network/accounts.mjs'
import * as repositories from '../../network/repositories.mjs'
import { keyOf, signOn } from './host_keys.mjs'
import { look, secretFiles } from './moves.mjs'
import { ok, run, tokenCommand } from './program.mjs'

// A key file of a user's, made by the program, and what opens it.
export async function newKey(key, passphrase, env) {
  const made = await run(['key', 'new', key, '--passphrase-file', passphrase, '--json'], { env })
  ok(made)
  return made.last.key
}

// An account with a little of everything, and what its user keeps beside it: a key in the identity, and a backup. With
// `sharedKey` ({ file, key, passphrase }) the host enrolls that one, and the program is spared the making of one.
export async function prepareToLeave(network, name, { home, env, enroll = true, handle = name, posts = 30, pictures = 3, sharedKey }) {
  const account = await accounts.createAccount(network.pds.a, { handle, network })
  await accounts.createRecords(account, { 'app.bsky.feed.post': posts })
  await accounts.postPictures(account, pictures)
  await accounts.setPreferences(account)
  const files = secretFiles(join(home, `${name}-secrets`), account)
  const key = sharedKey?.file ?? join(home, `${name}.key`)
  if (!sharedKey) await newKey(key, files.passphrase, env)
  if (sharedKey) {
    await signOn(network, account.did, await keyOf(network, 'a'), ({ rotationKeys }) => ({ rotationKeys: [sharedKey.key, ...rotationKeys] }))
  } else if (enroll) {
    ok(await run(['key', 'enroll', account.did, '--rotation-key', key, '--passphrase-file', files.passphrase, '--password-file', files.password,
      '--plc-token-command', tokenCommand(account.host, account.did), '--confirm', account.did, '--json'], { env }))
  }
  ok(await run(['login', account.did, '--password-file', files.password], { env }))
  const backup = join(home, `${name}-backup`)
  ok(await run(['export', account.did, '-o', `${backup}/`, '--json'], { env }))
  const before = { ...await look(account), operations: (await network.plc.operations(account.did)).length }
  const args = ['migrate', account.did, '--to', network.pds.b.url, '--from', backup, '--rotation-key', key,
    '--passphrase-file', sharedKey?.passphrase ?? files.passphrase, '--handle', `${name}.b.test`, '--email', account.email, '--new-password-file', files.newPassword, '--confirm', account.did, '--json',
    ...(sharedKey ? ['--remove-key', (await keyOf(network, 'a')).did()] : [])]
  return { account, files, key, backup, before, args, name }
}

// The host takes the user's key out of the identity, and gives it another handle. What the move needs to undo that is added
// to its arguments.
export async function betray(network, one) {
  const hostKey = await keyOf(network, 'a')
  const rogue = await signOn(network, one.account.did, hostKey, () => ({ alsoKnownAs: ['at://mallory.a.test'], rotationKeys: [hostKey.did()] }))
  one.rogue = rogue.cid
  one.args.push('--undo-operation', one.rogue)
}

// The state that it must end in, however often it was interrupted.
export async function checkLeft(network, { account: { did }, files, before, name, rogue }, { handle = `${name}.b.test` } = {}) {
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
  const all = await network.plc.operations(did)
  assert.deepEqual(all.filter(({ nullified }) => nullified).map(({ cid }) => cid), rogue ? [rogue] : [])
  const log = all.filter(({ nullified }) => !nullified)
  assert.equal(log.length, before.operations + 2)
  const last = log.at(-1).operation
  const enrolled = log.at(-3).operation
  const mine = enrolled.rotationKeys[0]
  assert.equal(last.rotationKeys[0], mine, "the user's key is first")
  assert.equal(last.rotationKeys.length, 2)
  for (const key of log[0].operation.rotationKeys) assert.ok(!last.rotationKeys.includes(key), "the old host's key is gone")
  assert.equal(last.services.atproto_pds.endpoint, b.url)
  assert.deepEqual(last.alsoKnownAs, [`at://${handle}`])
  // The claim named a temporary key, and nothing else but that a hostile host's key is gone.
  const claim = log.at(-2).operation
  const claimed = claim.verificationMethods
  assert.notEqual(claimed.atproto, enrolled.verificationMethods.atproto)
  assert.notEqual(claimed.atproto, last.verificationMethods.atproto)
  for (const part of ['alsoKnownAs', 'services']) assert.deepEqual(claim[part], enrolled[part])
  assert.deepEqual(claim.rotationKeys, rogue ? [mine] : enrolled.rotationKeys)
  const effects = b.effects(did)
  assert.equal(effects['com.atproto.server.createAccount'], 1)
  assert.equal(effects['com.atproto.server.activateAccount'], 1)
}
