// export and verify against the real servers: full accounts, empty ones, updates, pipes, an account that posts meanwhile.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync, copyFileSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import * as accounts from '../network/accounts.mjs'
import { startNetwork } from '../network/network.mjs'
import * as repositories from '../network/repositories.mjs'
import { environmentFor, ok, run, scratch } from './support/program.mjs'

const temp = scratch('export')
let network, env, alice

before(async () => {
  network = await startNetwork({ dir: temp.at('network'), pds: [{ name: 'a' }] })
  env = environmentFor(network, temp.at('home'))
  mkdirSync(temp.at('home'))
  alice = await accounts.createAccount(network.pds.a, { handle: 'alice' })
  await accounts.createRecords(alice, {
    'app.bsky.feed.post': 700, 'app.bsky.feed.like': 1500, 'app.bsky.graph.follow': 300, 'com.example.note': 50,
  })
  await accounts.postPictures(alice, 12)
  await accounts.postVideo(alice, 20_000_000)
  await accounts.setProfile(alice)
  await accounts.setPreferences(alice)
}, { timeout: 180_000 })

after(async () => {
  await network?.stop()
  temp.remove()
}, { timeout: 30_000 })

beforeEach(() => network.clearRules())

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')

test('a CAR export is proven, opens in the reference library, and verifies offline', async () => {
  const car = temp.at('alice.car')
  const exported = await run(['export', 'alice.a.test', '-o', car, '--json'], { env })
  ok(exported)
  assert.equal(exported.last.type, 'summary')
  assert.equal(exported.last.did, alice.did)
  assert.equal(exported.last.key_proof, 'plc_log')
  const { records } = await repositories.openRepo(readFileSync(car))
  assert.equal(records.size, exported.last.records)
  await repositories.checkRepo(readFileSync(car), alice.did, await repositories.signingKey(network, alice.did))
  // Depth-first: the commit is the first block.
  assert.equal(statSync(car).mode & 0o777, 0o600)
  const verified = await run(['verify', car, '--json'], { env: { PATH: env.PATH, HOME: env.HOME } })
  ok(verified)
  assert.equal(verified.last.did, alice.did)
  assert.equal(verified.last.records, records.size)
  const words = await run(['verify', car], { env })
  assert.match(words.text.split('\n')[0], new RegExp(alice.did))
})

test('a CAR of the reference server, in its own block order, verifies', async () => {
  const car = temp.at('server-order.car')
  writeFileSync(car, await repositories.getRepo(network.pds.a, alice.did))
  copyFileSync(temp.at('alice.car.plc-log.json'), `${car}.plc-log.json`)
  copyFileSync(temp.at('alice.car.did.json'), `${car}.did.json`)
  const verified = await run(['verify', car, '--json'], { env })
  ok(verified)
  assert.equal(verified.last.key_proof, 'plc_log')
})

test('a backup folder holds everything, and every flipped byte in it is found', async () => {
  const folder = temp.at('alice')
  const exported = await run(['export', alice.did, '-o', `${folder}/`, '--json'], { env })
  ok(exported)
  assert.equal(exported.last.blobs, 14)
  for (const name of ['repo.car', 'did.json', 'plc-log.json', 'backup.json']) assert.ok(existsSync(join(folder, name)), name)
  assert.ok(!existsSync(join(folder, 'backup.json.next')))
  const manifest = JSON.parse(readFileSync(join(folder, 'backup.json')))
  assert.equal(JSON.stringify(manifest).includes(sha256(readFileSync(join(folder, 'repo.car')))), true)
  for (const cid of await repositories.listBlobs(network.pds.a, alice.did)) assert.ok(existsSync(join(folder, 'blobs', cid)))
  ok(await run(['verify', folder], { env }))

  const victims = ['repo.car', 'plc-log.json', 'did.json', join('blobs', readdirSync(join(folder, 'blobs'))[0])]
  for (const name of victims) {
    const path = join(folder, name)
    const good = readFileSync(path)
    const bad = Buffer.from(good)
    bad[bad.length >> 1] ^= 1
    writeFileSync(path, bad)
    const found = await run(['verify', folder, '--json'], { env })
    assert.ok([20, 21].includes(found.code), `${name}: ${found.code} ${found.text}`)
    assert.ok(found.lines.some(({ type, severity }) => type === 'finding' && ['damage', 'forged'].includes(severity)), name)
    writeFileSync(path, good)
  }
  ok(await run(['verify', folder], { env }))
})

test('run again, only what is new is fetched; damaged blobs are fetched again', async () => {
  const folder = temp.at('alice')
  const unchanged = await run(['export', alice.did, '-o', `${folder}/`, '--json'], { env })
  ok(unchanged)
  assert.equal(unchanged.last.unchanged, true)
  assert.equal(unchanged.last.blobs_fetched, 0)

  const [victim] = readdirSync(join(folder, 'blobs'))
  truncateSync(join(folder, 'blobs', victim), 10)
  await accounts.postPictures(alice, 3, 30_000, 'second round')
  await accounts.createRecords(alice, { 'app.bsky.feed.post': 5 }, { from: 10_000 })
  const updated = await run(['export', alice.did, '-o', `${folder}/`, '--json'], { env })
  ok(updated)
  assert.equal(updated.last.unchanged, false)
  assert.equal(updated.last.blobs_fetched, 4)
  ok(await run(['verify', folder], { env }))
})

test('logged in, preferences come along; with an app password they are partial', async () => {
  const password = temp.at('password')
  writeFileSync(password, alice.password, { mode: 0o600 })
  ok(await run(['login', 'alice.a.test', '--password-file', password], { env }))
  const who = await run(['whoami', '--json'], { env })
  assert.equal(who.lines[0].did, alice.did)
  const folder = temp.at('with-preferences')
  const full = await run(['export', alice.did, '-o', `${folder}/`, '--json'], { env })
  ok(full)
  assert.equal(full.last.preferences, 'full')
  const text = readFileSync(join(folder, 'preferences.json'), 'utf8')
  assert.ok(text.includes('personalDetailsPref'))
  assert.equal(statSync(join(folder, 'preferences.json')).mode & 0o777, 0o600)
  ok(await run(['logout'], { env }))
  assert.equal((await run(['whoami'], { env })).code, 4)

  const { password: appPassword } = await accounts.call(alice, 'com.atproto.server.createAppPassword', { input: { name: 'backup' } })
  writeFileSync(password, appPassword, { mode: 0o600 })
  ok(await run(['login', 'alice.a.test', '--password-file', password], { env }))
  const partial = await run(['export', alice.did, '-o', `${folder}/`, '--json'], { env })
  ok(partial)
  assert.equal(partial.last.preferences, 'partial')
  ok(await run(['logout', alice.did], { env }))
})

test('an empty repository is exported and proven', async () => {
  const empty = await accounts.createAccount(network.pds.a, { handle: 'emily' })
  const folder = temp.at('empty')
  const exported = await run(['export', empty.did, '-o', `${folder}/`, '--json'], { env })
  ok(exported)
  assert.equal(exported.last.records, 0)
  ok(await run(['verify', folder], { env }))
})

test('a handle of a domain of its own resolves by DNS', async () => {
  const carol = await accounts.createAccount(network.pds.a, { handle: 'carol.home.test', network })
  const exported = await run(['export', '@carol.home.test', '-o', temp.at('carol.car'), '--json'], { env })
  ok(exported)
  assert.equal(exported.last.did, carol.did)
  assert.equal(exported.last.handle, 'carol.home.test')
})

test('to standard output comes the same CAR, and nothing else', async () => {
  const piped = await run(['export', alice.did, '-o', '-'], { env })
  ok(piped)
  await repositories.checkRepo(piped.stdout, alice.did, await repositories.signingKey(network, alice.did))
})

test('an account that posts meanwhile does not break the export', async () => {
  const busy = await accounts.createAccount(network.pds.a, { handle: 'busy' })
  await accounts.createRecords(busy, { 'app.bsky.feed.like': 2000 })
  const writer = accounts.startWriter(busy, { perSecond: 40 })
  try {
    for (let round = 0; round < 4; round++) {
      const exported = await run(['export', busy.did, '-o', temp.at(`busy-${round}.car`), '--json'], { env })
      ok(exported)
      ok(await run(['verify', temp.at(`busy-${round}.car`)], { env }))
    }
  } finally {
    await writer.stop()
  }
})

test('a blob that the host lost is named, with exit 3, and the rest is kept', async () => {
  const [lost] = await repositories.listBlobs(network.pds.a, alice.did)
  network.addRule({ path: `getBlob.*${lost}`, action: 'reply', status: 404, json: { error: 'BlobNotFound', message: 'gone \u001b[31mred' }, times: 0 })
  const folder = temp.at('lossy')
  const exported = await run(['export', alice.did, '-o', `${folder}/`], { env })
  ok(exported, 3)
  assert.ok(exported.text.includes(lost))
  assert.ok(!(exported.text + exported.stderr).includes('\u001b'), 'no escape sequence of the host reaches the terminal')
  const verified = await run(['verify', folder, '--json'], { env })
  ok(verified, 3)
  assert.ok(verified.lines.some(({ type, id, where }) => type === 'finding' && id === 'blob.missing' && where === lost))
  network.clearRules()
  ok(await run(['export', alice.did, '-o', `${folder}/`], { env }))
  ok(await run(['verify', folder], { env }))
})

test('killed at every request and run again, a backup folder ends whole', async () => {
  const dora = await accounts.createAccount(network.pds.a, { handle: 'dora' })
  await accounts.createRecords(dora, { 'app.bsky.feed.post': 60 })
  await accounts.postPictures(dora, 4)
  const folder = temp.at('killed')
  network.resetRequests()
  ok(await run(['export', dora.did, '-o', `${temp.at('whole')}/`], { env }))
  const requests = network.requests().filter(({ agent }) => agent?.startsWith('atbackup')).length
  assert.ok(requests > 5, `${requests} requests`)
  let killed = 0
  for (let nth = 1; nth <= requests; nth++) {
    network.addRule({ action: 'kill', pid: 'client', agent: '^atbackup', nth, when: nth % 2 ? 'before' : 'after' })
    const result = await run(['export', dora.did, '-o', `${folder}/`], { env })
    if (result.signal === 'SIGKILL') killed++
    network.clearRules()
    // Whatever was there before is still a good backup.
    if (existsSync(join(folder, 'backup.json'))) ok(await run(['verify', folder], { env }))
  }
  assert.ok(killed >= requests / 2, `${killed} of ${requests}`)
  ok(await run(['export', dora.did, '-o', `${folder}/`], { env }))
  ok(await run(['verify', folder], { env }))
  assert.deepEqual(readdirSync(folder).filter((name) => name.endsWith('.tmp')), [])
})
