// The kinds of moves that are killed and gone on with. Each says how an account and its move are made, what happens between
// that and the move, and in what state it must end, however often it was interrupted.
//
//   pds             the hosts to start; a and b by default
//   prepare(place)  makes an account in { network, name, home, env, transition }: { args, env, account, … }; `transition` is the
//                   one that the move will be killed at, empty for a move that is left alone
//   begin(network)  after all accounts are made, before the first move; end(network) after the last
//   onLine(one)     what somebody does who reads the program's lines
//   check(network, one)
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as accounts from '../../network/accounts.mjs'
import { betray, checkLeft, newKey, prepareToLeave } from './leaving.mjs'
import { compareHosts, look, moveArguments, secretFiles } from './moves.mjs'
import { run } from './program.mjs'
import { moved } from './returns.mjs'
import { checkMoved, publishing, startSite, webAccount } from './web_sites.mjs'

// Every secret is sealed with a passphrase, which takes a second each time on purpose; so only where it matters.
const withRecoveryKey = ['log-in-old', 'recovery-key', 'sign', 'submit', 'finish']

async function makeMove({ network, name, home, env, transition }, to, records) {
  const account = await accounts.createAccount(network.pds.a, { handle: name })
  await accounts.createRecords(account, { 'app.bsky.feed.post': 3 })
  if (records) await accounts.write(account, records)
  await accounts.postPictures(account, 1)
  await accounts.setPreferences(account)
  const files = secretFiles(join(home, 'secrets'), account)
  const keyed = withRecoveryKey.includes(transition?.split(' ')[0])
  const args = [...moveArguments(network, account, to, files, { handle: `${name}.${to}.test` }),
    ...(keyed ? ['--recovery-key-out', join(home, 'recovery.key'), '--passphrase-file', files.passphrase] : ['--no-recovery-key']), '--json']
  return { account, files, before: await look(account), args, env }
}

async function checkMove(network, { account, files, before }, to) {
  await compareHosts(network, account, to, before, files)
  const effects = network.pds[to].effects(account.did)
  assert.equal(effects['com.atproto.server.createAccount'], 1)
  assert.equal(effects['com.atproto.server.activateAccount'], 1)
  assert.equal((await network.plc.operations(account.did)).length, 2)
}

// Both hosts work.
export const cooperative = {
  prepare: (place) => makeMove(place, 'b'),
  check: (network, one) => checkMove(network, one, 'b'),
}

// One key for all accounts: opening a sealed one takes a second each time on purpose, and making one as well.
let sharedKey

async function leaving(place) {
  if (!sharedKey) {
    const file = join(place.home, '..', 'shared.key')
    const passphrase = `${file}.passphrase`
    writeFileSync(passphrase, 'a passphrase for tests', { mode: 0o600 })
    sharedKey = { file, passphrase, key: await newKey(file, passphrase, place.env) }
  }
  const one = await prepareToLeave(place.network, place.name, { ...place, posts: 3, pictures: 1, sharedKey })
  return { ...one, env: place.env }
}

// The old host is gone.
export const dead = {
  prepare: leaving,
  begin: (network) => network.kill('a'),
  end: (network) => network.restart('a'),
  check: checkLeft,
}

// The old host is there, and has taken the identity.
export const hostile = {
  prepare: async (place) => {
    const one = await leaving(place)
    await betray(place.network, one)
    return one
  },
  check: checkLeft,
}

// The old host has taken the account down.
export const takenDown = {
  prepare: async (place) => {
    const one = await leaving(place)
    await place.network.pds.a.takeDown(one.account.did)
    return one
  },
  check: checkLeft,
}

// Back to a former host, where the account's deactivated shell is.
export const returning = {
  prepare: async ({ network, name, home, env }) => {
    const { account, there, back } = await moved({ network, env, home }, name, { posts: 10 })
    const args = [...moveArguments(network, there, 'a', back), '--no-recovery-key', '--json']
    return { account: { ...account, host: network.pds.b }, files: back, before: await look(there), args, env }
  },
  check: async (network, { account, files, before }) => {
    await compareHosts(network, account, 'a', before, files)
    assert.equal((await network.plc.operations(account.did)).length, 3)
  },
}

// The new host takes imports that are smaller than the repository.
export const staged = {
  pds: [{ name: 'a' }, { name: 'small', maxImportSize: 60_000 }],
  prepare: (place) => makeMove(place, 'small', Array.from({ length: 20 }, (_, n) =>
    ({ collection: 'com.example.essay', value: { $type: 'com.example.essay', text: `${n} `.padEnd(8_000, 'all work and no play ') } }))),
  check: (network, one) => checkMove(network, one, 'small'),
}

async function webMove({ network, name, home, env }, backUp) {
  const site = await startSite(env)
  const account = await webAccount(network.pds.a, site, name)
  const files = secretFiles(join(home, 'secrets'), account)
  const before = await look(account)
  const args = ['migrate', site.did, '--to', network.pds.b.url, '--handle', `${name}.b.test`, '--confirm', site.did,
    '--new-password-file', files.newPassword, '--json']
  if (backUp) {
    const backup = `${join(home, 'backup')}/`
    for (const words of [['login', site.did, '--password-file', files.password], ['export', site.did, '-o', backup]]) {
      const done = await run(words, { env })
      assert.equal(done.code, 0, done.stderr)
    }
    args.push('--from', backup, '--email', account.email)
  } else {
    args.push('--password-file', files.password)
  }
  return { site, account, files, before, args, env }
}

async function checkWebMove(network, { site, account, files, before }) {
  await checkMoved(network.pds.b, site, account, files, before)
  const effects = network.pds.b.effects(account.did)
  assert.equal(effects['com.atproto.server.createAccount'], 1)
  assert.equal(effects['com.atproto.server.activateAccount'], 1)
  site.stop()
}

// An identity on a web site of the user's, who publishes what is asked for.
export const web = {
  prepare: (place) => webMove(place, false),
  onLine: ({ site }) => publishing(site),
  check: checkWebMove,
}

// The same, when the old host is gone.
export const deadWeb = {
  prepare: (place) => webMove(place, true),
  begin: (network) => network.kill('a'),
  end: (network) => network.restart('a'),
  onLine: ({ site }) => publishing(site),
  check: checkWebMove,
}
