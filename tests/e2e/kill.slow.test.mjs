// A move killed with SIGKILL at every request and at every transition, and gone on with, ends in the same state:
// one account made, one operation accepted, one activation.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { after, before, beforeEach, test } from 'node:test'
import * as accounts from '../network/accounts.mjs'
import { startNetwork } from '../network/network.mjs'
import * as repositories from '../network/repositories.mjs'
import { compareHosts, look, moveArguments, secretFiles } from './support/moves.mjs'
import { environmentFor, run, scratch, start } from './support/program.mjs'

const temp = scratch('kill')
let network, number = 0

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
async function prepare({ recoveryKey = false } = {}) {
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

async function goOnAndCompare({ account, files, before, args, env }, where) {
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

let requestsOfAMove, transitions
const withRecoveryKey = ['log-in-old', 'recovery-key', 'sign', 'submit', 'finish']

test('undisturbed, a move makes this many requests and transitions', { timeout: 120_000 }, async () => {
  const withKey = await prepare({ recoveryKey: true })
  const full = await run(withKey.args, { env: withKey.env })
  assert.equal(full.code, 0, full.text + full.stderr)
  transitions = full.lines.filter(({ type, phase }) => type === 'step' && phase !== 'skipped').map(({ step, phase }) => `${step} ${phase}`)
  const one = await prepare()
  network.resetRequests()
  const moved = await run(one.args, { env: one.env })
  assert.equal(moved.code, 0, moved.text + moved.stderr)
  requestsOfAMove = network.requests().filter(({ agent }) => agent?.startsWith('atbackup')).length
  assert.ok(requestsOfAMove > 30, `${requestsOfAMove} requests`)
  assert.ok(transitions.length >= 30, `${transitions.length} transitions`)
  console.log(`${requestsOfAMove} requests, ${transitions.length} transitions`)
})

test('killed at every request, before the server acts or after', { timeout: 1_200_000 }, async () => {
  for (let nth = 1; nth <= requestsOfAMove; nth++) {
    const one = await prepare()
    const when = nth % 2 ? 'after' : 'before'
    network.addRule({ action: 'kill', pid: 'client', agent: '^atbackup', nth, when })
    const killed = await run(one.args, { env: one.env })
    network.clearRules()
    assert.equal(killed.signal, 'SIGKILL', `request ${nth}: ${killed.code} ${killed.text}`)
    await goOnAndCompare(one, `killed ${when} request ${nth}`)
  }
})

test('killed at every transition of the journal', { timeout: 1_200_000 }, async () => {
  for (const [index, transition] of transitions.entries()) {
    const one = await prepare({ recoveryKey: withRecoveryKey.includes(transition.split(' ')[0]) })
    const { done } = start(one.args, {
      env: one.env,
      onLine: ({ type, step, phase }, child) => {
        if (type === 'step' && `${step} ${phase}` === transition) child.kill('SIGKILL')
      },
    })
    const killed = await done
    // The last transition may be over before the signal comes.
    assert.ok(killed.signal === 'SIGKILL' || index >= transitions.length - 3, `${transition}: ${killed.code} ${killed.text}`)
    if (killed.signal === 'SIGKILL') await goOnAndCompare(one, `killed at ${transition}`)
  }
})
