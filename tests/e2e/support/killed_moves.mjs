// Moves that are killed and gone on with, for kill.test.mjs and kill_requests.slow.test.mjs. Each must end in the same
// state: one account made, one operation accepted, one activation.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { after, before, beforeEach } from 'node:test'
import * as accounts from '../../network/accounts.mjs'
import { startNetwork } from '../../network/network.mjs'
import * as repositories from '../../network/repositories.mjs'
import { compareHosts, look, moveArguments, secretFiles } from './moves.mjs'
import { environmentFor, run, scratch } from './program.mjs'

const temp = scratch('kill')
export let network
let number = 0

before(async () => {
  network = await startNetwork({ dir: temp.at('network') })
}, { timeout: 120_000 })

after(async () => {
  await network?.stop()
  temp.remove()
}, { timeout: 30_000 })

beforeEach(() => network.clearRules())

// A small account with a home of its own on this machine.
// With a recovery key, every secret is sealed with a passphrase, which takes a second each time on purpose.
export async function prepare({ recoveryKey = false } = {}) {
  const name = `user${number++}`
  const account = await accounts.createAccount(network.pds.a, { handle: name })
  await accounts.createRecords(account, { 'app.bsky.feed.post': 3 })
  await accounts.postPictures(account, 1)
  await accounts.setPreferences(account)
  const home = temp.at(`home-${name}`)
  mkdirSync(home)
  const files = secretFiles(temp.at(`secrets-${name}`), account)
  const before = await look(account)
  const args = [...moveArguments(network, account, 'b', files, { handle: `${name}.b.test` }), 
    ...(recoveryKey ? ['--recovery-key-out', temp.at(`${name}.key`), '--passphrase-file', files.passphrase] : ['--no-recovery-key']), '--json']
  return { account, files, before, args, env: environmentFor(network, home) }
}

export async function goOnAndCompare({ account, files, before, args, env }, where) {
  const resumed = await run(args, { env })
  assert.equal(resumed.code, 0, `${where}: ${resumed.text}${resumed.stderr}`)
  await compareHosts(network, account, 'b', before, files)
  const effects = network.pds.b.effects(account.did)
  assert.equal(effects['com.atproto.server.createAccount'], 1, where)
  assert.equal(effects['com.atproto.server.activateAccount'], 1, where)
  assert.equal((await network.plc.operations(account.did)).length, 2, where)
  const status = await run(['migrate', 'status', '--json'], { env })
  assert.ok(status.lines[0].finished, where)
}
