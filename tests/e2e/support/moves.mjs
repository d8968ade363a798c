// What the tests of moves share.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import * as accounts from '../../network/accounts.mjs'
import * as repositories from '../../network/repositories.mjs'
import { tokenCommand } from './program.mjs'

export function secretFiles(dir, account) {
  mkdirSync(dir, { recursive: true })
  const write = (name, text) => {
    writeFileSync(join(dir, name), text, { mode: 0o600 })
    return join(dir, name)
  }
  return {
    password: write('password', account.password),
    newPassword: write('new-password', randomBytes(12).toString('hex')),
    passphrase: write('passphrase', 'a passphrase for tests'),
  }
}

export const moveArguments = (network, account, to, files, { handle } = {}) => [
  'migrate', account.did, '--to', network.pds[to].url,
  ...(handle ? ['--handle', handle] : []),
  '--confirm', account.did,
  '--password-file', files.password,
  '--new-password-file', files.newPassword,
  '--plc-token-command', tokenCommand(account.host, account.did),
]

// declaredAgePref is what a host derives by itself.
const writablePreferences = async (account) =>
  (await accounts.getPreferences(account)).filter(({ $type }) => !$type.endsWith('#declaredAgePref'))

// What must be the same afterwards, seen on the old host before.
export async function look(account) {
  const repository = await repositories.openRepo(await repositories.getRepo(account.host, account.did))
  return {
    ...repository,
    blobs: (await repositories.listBlobs(account.host, account.did)).sort(),
    preferences: await writablePreferences(account),
  }
}

// The state that every move must end in, however often it was interrupted.
export async function compareHosts(network, account, to, before, files) {
  const host = network.pds[to]
  const { did } = account
  const car = await repositories.getRepo(host, did)
  const after = await repositories.openRepo(car)
  assert.equal(after.data, before.data, 'the MST root is the same')
  await repositories.checkRepo(car, did, await repositories.signingKey(network, did))
  const there = await accounts.logIn(host, { did, password: readFileSync(files.newPassword, 'utf8') })
  const status = await accounts.call(there, 'com.atproto.server.checkAccountStatus')
  assert.equal(status.activated, true)
  assert.equal(status.validDid, true)
  const { blobs } = await accounts.call(there, 'com.atproto.repo.listMissingBlobs')
  assert.deepEqual(blobs, [])
  const log = await network.plc.operations(did)
  assert.equal(log.filter(({ nullified }) => nullified).length, 0)
  assert.equal(log.at(-1).operation.services.atproto_pds.endpoint, host.url)
  const old = await accounts.xrpc(account.host, 'com.atproto.sync.getRepoStatus', { params: { did } })
  assert.equal(old.active, false)
  assert.deepEqual((await repositories.listBlobs(host, did)).sort(), before.blobs)
  assert.deepEqual(await writablePreferences(there), before.preferences)
  return { after, there }
}
