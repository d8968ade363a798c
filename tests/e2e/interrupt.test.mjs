// Ctrl-C and SIGTERM at any moment: the right exit code, nothing lost, and the same command goes on.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { after, before, beforeEach, test } from 'node:test'
import * as accounts from '../network/accounts.mjs'
import { startNetwork } from '../network/network.mjs'
import * as repositories from '../network/repositories.mjs'
import { compareHosts, look, moveArguments, secretFiles } from './support/moves.mjs'
import { environmentFor, run, scratch, start } from './support/program.mjs'

const temp = scratch('interrupt')
let network, env

before(async () => {
  network = await startNetwork({ dir: temp.at('network') })
  mkdirSync(temp.at('home'))
  env = environmentFor(network, temp.at('home'))
}, { timeout: 120_000 })

after(async () => {
  await network?.stop()
  temp.remove()
}, { timeout: 30_000 })

beforeEach(() => network.clearRules())

const waitFor = async (condition, what) => {
  const deadline = Date.now() + 60_000
  while (!condition()) {
    assert.ok(Date.now() < deadline, what)
    await new Promise((done) => setTimeout(done, 20))
  }
}

for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143]]) {
  test(`${signal} while a host is silent ends an export within moments, and nothing half-done is published`, async () => {
    const account = await accounts.createAccount(network.pds.a)
    await accounts.createRecords(account, { 'app.bsky.feed.post': 20 })
    await accounts.postPictures(account, 2)
    const folder = temp.at(`backup-${signal}`)
    network.resetRequests()
    network.addRule({ path: 'sync.getBlob', action: 'hang', times: 0 })
    const { child, done } = start(['export', account.did, '-o', `${folder}/`, '--json'], { env })
    await waitFor(() => network.requests().some(({ path }) => path.includes('getBlob')), 'blobs were asked for')
    const asked = Date.now()
    child.kill(signal)
    const stopped = await done
    assert.equal(stopped.code, code, stopped.text + stopped.stderr)
    assert.ok(Date.now() - asked < 5000, `${Date.now() - asked} ms`)
    assert.equal(stopped.last.id, 'stopped')
    assert.ok(!existsSync(`${folder}/backup.json`))
    network.clearRules()
    assert.equal((await run(['export', account.did, '-o', `${folder}/`], { env })).code, 0)
    assert.equal((await run(['verify', folder], { env })).code, 0)
    assert.deepEqual(readdirSync(folder).filter((name) => name.endsWith('.tmp')), [])
  })
}

test('SIGINT in the middle of a move, and the move goes on', { timeout: 120_000 }, async () => {
  const account = await accounts.createAccount(network.pds.a, { handle: 'ingrid' })
  await accounts.createRecords(account, { 'app.bsky.feed.post': 10 })
  const files = secretFiles(temp.at('secrets'), account)
  const args = [...moveArguments(network, account, 'b', files, { handle: 'ingrid.b.test' }), '--no-recovery-key', '--json']
  const before = await look(account)
  network.addRule({ path: 'importRepo', action: 'delay', ms: 3000, times: 0 })
  const { done } = start(args, {
    env,
    onLine: ({ type, step, phase }, child) => {
      if (type === 'step' && step === 'import' && phase === 'intended') child.kill('SIGINT')
    },
  })
  const stopped = await done
  assert.equal(stopped.code, 130, stopped.text + stopped.stderr)
  network.clearRules()
  const resumed = await run(['migrate', 'resume', ...args.slice(4)], { env })
  assert.equal(resumed.code, 0, resumed.text + resumed.stderr)
  await compareHosts(network, account, 'b', before, files)
})
