// What a broken or hostile host can answer, and what the program makes of it: a clear error, the right exit code,
// nothing lost, nothing published.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync } from 'node:fs'
import { after, before, beforeEach, test } from 'node:test'
import * as accounts from '../network/accounts.mjs'
import { startNetwork } from '../network/network.mjs'
import * as repositories from '../network/repositories.mjs'
import { environmentFor, run, scratch } from './support/program.mjs'

const temp = scratch('bad-input')
let network, env, alice, mallory, number = 0

before(async () => {
  network = await startNetwork({ dir: temp.at('network'), pds: [{ name: 'a' }] })
  mkdirSync(temp.at('home'))
  env = environmentFor(network, temp.at('home'))
  alice = await accounts.createAccount(network.pds.a, { handle: 'alice' })
  await accounts.createRecords(alice, { 'app.bsky.feed.post': 40 })
  mallory = await accounts.createAccount(network.pds.a, { handle: 'mallory' })
  await accounts.createRecords(mallory, { 'app.bsky.feed.post': 5 })
}, { timeout: 120_000 })

after(async () => {
  await network?.stop()
  temp.remove()
}, { timeout: 30_000 })

beforeEach(() => network.clearRules())

async function exportUnder(rule, args = []) {
  network.addRule({ path: 'com.atproto.sync.getRepo\\?', times: 0, ...rule })
  const path = temp.at(`export-${number++}.car`)
  const result = await run(['export', alice.did, '-o', path, '--json', ...args], { env })
  return { ...result, path }
}

function refused(result, code, id) {
  assert.equal(result.code, code, result.text + result.stderr)
  assert.equal(result.last.type, 'error')
  if (id) assert.match(result.last.id, id)
  assert.ok(!existsSync(result.path), 'nothing was published')
}

test('HTML instead of a CAR', async () => {
  const result = await exportUnder({ action: 'reply', status: 200, headers: { 'content-type': 'text/html' }, body: '<html><body>Down for maintenance</body></html>' })
  refused(result, 6, /^export\.not_a_repo$/)
})

test('an empty body', async () => refused(await exportUnder({ action: 'reply', status: 200, body: '' }), 6, /^export\.not_a_repo$/))

test('a body that ends early, told by HTTP or not', async () => {
  // Every cut is healed by asking for the blocks that are missing.
  for (const bytes of [1, 200, 3000, 7001]) {
    const told = await exportUnder({ action: 'cut', bytes, times: 1 })
    assert.equal(told.code, 0, told.text)
    network.clearRules()
    const silent = await exportUnder({ action: 'cut', bytes, clean: true, times: 1 })
    assert.equal(silent.code, 0, silent.text)
    network.clearRules()
  }
})

test('a host that never sends it whole is to blame', async () => {
  network.addRule({ path: 'getBlocks', action: 'reply', status: 400, json: { error: 'InvalidRequest', message: 'Could not find blocks' }, times: 0 })
  const result = await exportUnder({ action: 'cut', bytes: 5000, clean: true })
  assert.notEqual(result.code, 0)
  assert.ok(!existsSync(result.path))
})

test('a flipped byte is healed when the host can, and never published', async () => {
  const healed = await exportUnder({ action: 'corrupt', offset: -40, times: 1 })
  assert.equal(healed.code, 0, healed.text)
  const verified = await run(['verify', healed.path], { env })
  assert.equal(verified.code, 0)
})

test('another account\'s repository is a forgery', async () => {
  const car = await repositories.getRepo(network.pds.a, mallory.did)
  const result = await exportUnder({ action: 'reply', status: 200, headers: { 'content-type': 'application/vnd.ipld.car' }, bodyBase64: Buffer.from(car).toString('base64') })
  refused(result, 21, /wrong_did/)
})

test('401, 404 and 400 as the servers say them', async () => {
  refused(await exportUnder({ action: 'reply', status: 401, json: { error: 'AuthenticationRequired', message: 'who are you?' } }), 4)
  network.clearRules()
  refused(await exportUnder({ action: 'reply', status: 404, json: { error: 'NotFound', message: 'no such thing' } }), 10)
  network.clearRules()
  refused(await exportUnder({ action: 'reply', status: 400, json: { error: 'RepoTakendown', message: 'taken down' } }), 7)
})

test('429 is waited out, and a limit of a day ends with exit 5 and the time to come back', async () => {
  const reset = Math.floor(Date.now() / 1000) + 2
  const waited = await exportUnder({ action: 'reply', status: 429, headers: { 'ratelimit-limit': '10', 'ratelimit-remaining': '0', 'ratelimit-reset': `${reset}` }, json: { error: 'RateLimitExceeded', message: 'slow down' }, times: 1 })
  assert.equal(waited.code, 0, waited.text)
  network.clearRules()
  const day = Math.floor(Date.now() / 1000) + 86_400
  const result = await exportUnder({ action: 'reply', status: 429, headers: { 'ratelimit-limit': '10', 'ratelimit-remaining': '0', 'ratelimit-reset': `${day}` }, json: { error: 'RateLimitExceeded', message: 'slow down' } })
  refused(result, 5)
  assert.ok(result.last.retry_at)
})

test('one 500, one reset in mid-body and one refused connection are retried', async () => {
  for (const rule of [{ action: 'reply', status: 500, json: { error: 'InternalServerError', message: 'oops' } }, { action: 'reset' }, { action: 'reset', when: 'after' }]) {
    const result = await exportUnder({ ...rule, times: 1 })
    assert.equal(result.code, 0, JSON.stringify(rule) + result.text)
    network.clearRules()
  }
})

test('a redirect to a private address is refused', async () => {
  const result = await exportUnder({ action: 'redirect', url: 'http://127.0.0.1:1/steal' })
  refused(result, 22)
})

test('a DID document that names a private host is not followed', async () => {
  const closed = { ...env, ATBACKUP_ALLOW_PRIVATE_HOSTS: new URL(network.plc.url).host }
  const result = await run(['export', alice.did, '-o', temp.at('never.car'), '--json'], { env: closed })
  assert.equal(result.code, 22, result.text)
})

test('escape sequences in an error message never reach the terminal', async () => {
  network.addRule({ path: 'getRepo\\?', action: 'reply', status: 400, json: { error: 'Bad\u001b[2J', message: '\u001b]0;owned\u0007\u001b[31mred\u202e' }, times: 0 })
  const result = await run(['export', alice.did, '-o', temp.at('escape.car'), '-vvv'], { env })
  assert.notEqual(result.code, 0)
  for (const text of [result.text, result.stderr]) assert.ok(!/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/.test(text), JSON.stringify(text))
})

test('a host that is down ends with exit 6, an unknown account with 10, a wrong handle with 2', async () => {
  assert.equal((await run(['export', 'nobody.a.test', '-o', temp.at('n.car')], { env })).code, 10)
  assert.equal((await run(['export', 'no handle', '-o', temp.at('n.car')], { env })).code, 2)
  await network.kill('a')
  const down = await run(['export', alice.did, '-o', temp.at('down.car')], { env })
  assert.equal(down.code, 6, down.stderr)
  await network.restart('a')
})

test('wrong usage is exit 2, also as JSON', async () => {
  for (const args of [[], ['export'], ['frobnicate'], ['export', 'a.test'], ['migrate'], ['verify']]) {
    const result = await run([...args, '--json'], { env })
    assert.equal(result.code, 2, args.join(' '))
    assert.equal(result.last.type, 'error')
  }
  assert.equal((await run(['verify', temp.at('nothing.car')], { env })).code, 10)
})
