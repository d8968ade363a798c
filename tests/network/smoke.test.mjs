// Proves that the reference network does what the tests built on it take for granted.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import dns from 'node:dns/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { Secp256k1Keypair } from '@atproto/crypto'
import plc from '@did-plc/lib'
import * as accounts from './accounts.mjs'
import { startNetwork } from './network.mjs'
import * as repositories from './repositories.mjs'

const temp = mkdtempSync(join(tmpdir(), 'atbackup-network-'))
let network, alice

before(async () => {
  network = await startNetwork({
    dir: join(temp, 'one'),
    pds: [{ name: 'a' }, { name: 'b', inviteRequired: true, maxImportSize: 50_000 }],
  })
  alice = await accounts.createAccount(network.pds.a, { handle: 'alice' })
}, { timeout: 120_000 })

after(async () => {
  await network?.stop()
  rmSync(temp, { recursive: true, force: true })
}, { timeout: 30_000 })

beforeEach(() => network.clearRules())

const describe = (options) => fetch(`${network.pds.a.url}/xrpc/com.atproto.server.describeServer`, options)
const timed = (ms) => ({ signal: AbortSignal.timeout(ms) })

async function resolveHandle(handle) {
  const resolver = new dns.Resolver({ timeout: 5000, tries: 2 })
  resolver.setServers([network.dns.address])
  return (await resolver.resolveTxt(`_atproto.${handle}`)).flat()
}

test('handles of hosts and of other domains resolve', async () => {
  assert.deepEqual(await resolveHandle('alice.a.test'), [`did=${alice.did}`])
  await assert.rejects(resolveHandle('nobody.a.test'), { code: 'ENOTFOUND' })
  await assert.rejects(resolveHandle('nobody.home.test'), { code: 'ENOTFOUND' })
  const carol = await accounts.createAccount(network.pds.a, { handle: 'carol.home.test', network })
  assert.deepEqual(await resolveHandle('carol.home.test'), [`did=${carol.did}`])
  const log = await network.plc.operations(carol.did)
  assert.deepEqual(log.at(-1).operation.alsoKnownAs, ['at://carol.home.test'])
})

test('hosts differ in service DID and settings', async () => {
  const of = async (host) => (await fetch(`${host.url}/xrpc/com.atproto.server.describeServer`)).json()
  const a = await of(network.pds.a)
  const b = await of(network.pds.b)
  assert.deepEqual([a.did, b.did], ['did:web:a.test', 'did:web:b.test'])
  assert.deepEqual(b.availableUserDomains, ['.b.test'])
  await assert.rejects(accounts.createAccount(network.pds.b), { error: 'InvalidInviteCode' })
  const inviteCode = await network.pds.b.createInvite()
  const bob = await accounts.createAccount(network.pds.b, { handle: 'bob', inviteCode })
  const big = new Uint8Array(60_000)
  await assert.rejects(accounts.call(bob, 'com.atproto.repo.importRepo', { input: big, type: 'application/vnd.ipld.car' }),
    { status: 413 })
})

test('an account full of records, pictures and a film opens whole', async () => {
  const dave = await accounts.createAccount(network.pds.a, { handle: 'dave' })
  const { host, did } = dave
  const empty = await repositories.openRepo(await repositories.getRepo(host, did))
  assert.equal(empty.records.size, 0)
  await accounts.createRecords(dave, { 'app.bsky.feed.post': 450, 'app.bsky.feed.like': 1000, 'com.example.note': 10 })
  await accounts.createRecords(dave, { 'app.bsky.graph.follow': 10 }, { from: 5 })
  const pictures = await accounts.postPictures(dave, 6)
  const film = await accounts.postVideo(dave, 20_000_000)
  await accounts.setProfile(dave)
  await accounts.setPreferences(dave)
  // declaredAgePref is what the server derives from the birth date.
  const preferences = (await accounts.getPreferences(dave)).filter(({ $type }) => !$type.endsWith('#declaredAgePref'))
  assert.deepEqual(preferences, accounts.somePreferences)

  const car = await repositories.getRepo(host, did)
  const { records } = await repositories.openRepo(car)
  assert.equal(records.size, 450 + 1000 + 10 + 10 + 2 + 1 + 1)
  await repositories.checkRepo(car, did, await repositories.signingKey(network, did))
  const blobs = await repositories.listBlobs(host, did)
  assert.equal(blobs.length, 8)
  for (const cid of [...pictures, film]) assert.ok(blobs.includes(cid))
  assert.equal((await repositories.getBlob(host, did, film)).length, 20_000_000)
})

test('every collection is valid under its lexicon', async () => {
  const { collections, record } = await import('./records.mjs')
  for (const collection of collections) {
    for (let n = 0; n < 10; n++) {
      await accounts.call(alice, 'com.atproto.repo.createRecord', {
        input: { repo: alice.did, collection, record: record(collection, n), validate: collection.startsWith('app.') || undefined },
      })
    }
  }
})

test('the e-mail token of a PLC operation can be read', async () => {
  await assert.rejects(network.pds.a.emailToken(alice.did, 'plc_operation'), { status: 404 })
  await accounts.call(alice, 'com.atproto.identity.requestPlcOperationSignature', { input: null })
  const token = await network.pds.a.emailToken(alice.did, 'plc_operation')
  assert.match(token, /^[A-Z2-7]{5}-[A-Z2-7]{5}$/)
  const signed = await accounts.call(alice, 'com.atproto.identity.signPlcOperation', { input: { token } })
  assert.ok(signed.operation.sig)
})

test('a killed host and directory come back with what they had', async () => {
  const { a } = network.pds
  const [genesis] = await network.plc.operations(alice.did)
  await network.plc.backdate(alice.did, genesis.cid, '2020-01-01T00:00:00Z')
  const writer = accounts.startWriter(alice, { perSecond: 50 })
  const deadline = Date.now() + 10_000
  while (writer.posted.length < 5 && Date.now() < deadline) await new Promise((done) => setTimeout(done, 10))
  await network.kill('a')
  const posted = await writer.stop()
  assert.equal(a.pid, null)
  await assert.rejects(describe())
  await assert.rejects(resolveHandle('alice.a.test'), { code: 'ESERVFAIL' })
  await Promise.all([network.restart('a'), network.restart('plc')])

  const again = await accounts.logIn(a, alice)
  assert.equal(again.did, alice.did)
  const { records } = await repositories.openRepo(await repositories.getRepo(a, alice.did))
  for (const uri of posted) assert.ok(records.has(uri.split('/').slice(3).join('/')))
  const [kept] = await network.plc.operations(alice.did)
  assert.deepEqual([kept.cid, kept.createdAt], [genesis.cid, '2020-01-01T00:00:00.000Z'])
})

test('operations of the directory: recovery, its window, and no building on what is nullified', async () => {
  const keys = []
  for (let n = 0; n < 3; n++) keys.push(await Secp256k1Keypair.create({ exportable: true }))
  const [mine, theirs, other] = keys
  const { did, op: genesis } = await plc.createOp({
    signingKey: other.did(), handle: 'ivan.home.test', pds: network.pds.a.url,
    rotationKeys: [mine.did(), theirs.did()], signer: theirs,
  })
  const post = async (operation) => (await fetch(`${network.plc.url}/${did}`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(operation),
  })).status
  const next = (prev, signer, handle) => plc.updateHandleOp(prev, signer, handle)
  assert.equal(await post(genesis), 200)
  const rogue = await next(genesis, theirs, 'rogue.home.test')
  assert.equal(await post(rogue), 200)
  const rogueCid = (await network.plc.operations(did)).at(-1).cid
  const late = new Date(Date.now() - 73 * 3600_000)
  await network.plc.backdate(did, rogueCid, late)
  const recovery = await next(genesis, mine, 'mine.home.test')
  assert.equal(await post(recovery), 400, 'too late')
  await network.plc.backdate(did, rogueCid, new Date(Date.now() - 71 * 3600_000))
  assert.equal(await post(recovery), 200)
  assert.deepEqual((await network.plc.operations(did)).map(({ nullified }) => nullified), [false, true, false])
  assert.equal(await post(await next(rogue, theirs, 'again.home.test')), 400, 'builds on a nullified operation')
  assert.equal(await post(await next(recovery, theirs, 'again.home.test')), 200)
  assert.equal(await post(await next(recovery, mine, 'second.home.test')), 200)
  assert.deepEqual((await network.plc.operations(did)).map(({ nullified }) => nullified), [false, true, false, true, false])
  const data = await (await fetch(`${network.plc.url}/${did}/data`)).json()
  assert.deepEqual(data.alsoKnownAs, ['at://second.home.test'])
})

test('an account moves from one host to the other', async () => {
  const { a, b } = network.pds
  const judy = await accounts.createAccount(a, { handle: 'judy.home.test', network })
  await accounts.createRecords(judy, { 'app.bsky.feed.post': 20 })
  const [picture] = await accounts.postPictures(judy, 1)
  const car = await repositories.getRepo(a, judy.did)
  const { token } = await accounts.call(judy, 'com.atproto.server.getServiceAuth', {
    params: { aud: b.serviceDid, lxm: 'com.atproto.server.createAccount' },
  })
  const wanted = { did: judy.did, handle: judy.handle, email: judy.email, password: 'new', inviteCode: await b.createInvite() }
  const session = await accounts.xrpc(b, 'com.atproto.server.createAccount', { input: wanted, token })
  const moved = { ...judy, host: b, password: 'new', accessJwt: session.accessJwt }
  await accounts.call(moved, 'com.atproto.repo.importRepo', { input: car, type: 'application/vnd.ipld.car' })
  await accounts.uploadBlob(moved, await repositories.getBlob(a, judy.did, picture), 'image/png')
  const { blobs } = await accounts.call(moved, 'com.atproto.repo.listMissingBlobs')
  assert.deepEqual(blobs, [])

  await accounts.call(judy, 'com.atproto.identity.requestPlcOperationSignature', { input: null })
  const credentials = await accounts.call(moved, 'com.atproto.identity.getRecommendedDidCredentials')
  const { operation } = await accounts.call(judy, 'com.atproto.identity.signPlcOperation', {
    input: { ...credentials, token: await a.emailToken(judy.did, 'plc_operation') },
  })
  await accounts.call(moved, 'com.atproto.identity.submitPlcOperation', { input: { operation } })
  await accounts.call(moved, 'com.atproto.server.activateAccount', { input: null })
  await accounts.call(judy, 'com.atproto.server.deactivateAccount', { input: {} })
  const status = await accounts.call(moved, 'com.atproto.server.checkAccountStatus')
  assert.deepEqual([status.activated, status.validDid, status.importedBlobs], [true, true, 1])
  const there = await repositories.openRepo(await repositories.getRepo(b, judy.did))
  assert.equal(there.root, (await repositories.openRepo(car)).root)
  const effects = b.effects(judy.did)
  for (const done of ['server.createAccount', 'repo.importRepo', 'server.activateAccount']) {
    assert.equal(effects[`com.atproto.${done}`], 1)
  }
  assert.equal(a.effects(judy.did)['com.atproto.server.deactivateAccount'], 1)
})

test('a process ends when its parent is gone', async () => {
  const config = { port: 0, controlPort: 0, zones: [], ledgerFile: join(temp, 'orphan.sqlite') }
  const child = spawn(process.execPath, [join(import.meta.dirname, 'dns.mjs'), JSON.stringify(config)])
  await once(child.stdout, 'data')
  const ended = once(child, 'exit')
  child.stdin.destroy()
  assert.deepEqual(await ended, [0, null])
})

test('a takedown and its end', async () => {
  const erin = await accounts.createAccount(network.pds.a, { handle: 'erin' })
  await network.pds.a.takeDown(erin.did)
  await assert.rejects(repositories.getRepo(network.pds.a, erin.did), { error: 'RepoTakendown' })
  await network.pds.a.takeDown(erin.did, false)
  await repositories.getRepo(network.pds.a, erin.did)
})

test('accepted effects are counted for each account', async () => {
  const frank = await accounts.createAccount(network.pds.a, { handle: 'frank' })
  await accounts.call(frank, 'com.atproto.server.deactivateAccount', { input: {} })
  await accounts.call(frank, 'com.atproto.server.activateAccount', { input: null })
  await accounts.call(frank, 'com.atproto.server.activateAccount', { input: null })
  await assert.rejects(accounts.call(frank, 'com.atproto.repo.importRepo', { input: new Uint8Array(3), type: 'application/vnd.ipld.car' }))
  assert.deepEqual(network.pds.a.effects(frank.did), {
    'com.atproto.server.createAccount': 1,
    'com.atproto.server.deactivateAccount': 1,
    'com.atproto.server.activateAccount': 2,
  })
})

test('requests are numbered across all servers', async () => {
  network.resetRequests()
  await describe()
  await fetch(`${network.plc.url}/${alice.did}`)
  await fetch(`${network.pds.b.url}/xrpc/_health`, { headers: { 'user-agent': 'probe/1' } })
  assert.equal(network.requestCount(), 3)
  const seen = network.requests()
  assert.deepEqual(seen.map(({ n, server, method, status }) => [n, server, method, status]),
    [[1, 'a', 'GET', 200], [2, 'plc', 'GET', 200], [3, 'b', 'GET', 200]])
  assert.equal(seen[2].agent, 'probe/1')
})

test('faults that the client gets to see', async () => {
  const path = 'describeServer'
  const rule = (spec) => {
    network.clearRules()
    network.addRule({ path, ...spec })
  }
  const honest = Buffer.from(await (await describe()).arrayBuffer())

  rule({ action: 'reply', status: 429, headers: { 'ratelimit-reset': '1' }, json: { error: 'RateLimitExceeded' } })
  const limited = await describe()
  assert.equal(limited.status, 429)
  assert.equal(limited.headers.get('ratelimit-reset'), '1')
  assert.deepEqual(await limited.json(), { error: 'RateLimitExceeded' })
  assert.equal((await describe()).status, 200, 'a rule strikes once unless told otherwise')

  rule({ action: 'redirect', url: `${network.pds.b.url}{path}` })
  assert.equal((await (await describe()).json()).did, 'did:web:b.test')

  rule({ action: 'replace', json: { did: 'did:web:evil.test' } })
  assert.deepEqual(await (await describe()).json(), { did: 'did:web:evil.test' })

  rule({ action: 'corrupt', offset: -1 })
  const corrupted = Buffer.from(await (await describe()).arrayBuffer())
  assert.equal(corrupted.length, honest.length)
  assert.ok(!corrupted.equals(honest))

  rule({ action: 'cut', bytes: 10 })
  await assert.rejects(describe().then((reply) => reply.text()))
  rule({ action: 'cut', bytes: 10, clean: true })
  assert.equal((await (await describe()).text()).length, 10)

  rule({ action: 'delay', ms: 300 })
  const start = Date.now()
  assert.equal((await describe()).status, 200)
  assert.ok(Date.now() - start >= 295)

  rule({ action: 'hang' })
  await assert.rejects(describe(timed(300)), { name: 'TimeoutError' })
  rule({ action: 'reset' })
  await assert.rejects(describe())

  rule({ action: 'reply', status: 500, nth: 2, times: 2 })
  const statuses = []
  for (let n = 0; n < 4; n++) statuses.push((await describe()).status)
  assert.deepEqual(statuses, [200, 500, 500, 200])
})

test('a reply dropped after the host has done the work', async () => {
  network.addRule({ action: 'reset', when: 'after', path: 'createAccount', server: 'a' })
  await assert.rejects(accounts.createAccount(network.pds.a, { handle: 'grace' }), TypeError)
  await assert.rejects(accounts.createAccount(network.pds.a, { handle: 'grace' }), /already taken/)
})

// A client of its own that asks both a host and the directory, and says how far it got.
function startClient() {
  const script = `
    for (const url of process.argv.slice(1)) {
      const reply = await fetch(url, { headers: { 'user-agent': 'client/1' } })
      await reply.text()
    }`
  const urls = [`${network.pds.a.url}/xrpc/_health`, `${network.plc.url}/${alice.did}`, `${network.pds.b.url}/xrpc/_health`]
  return spawn(process.execPath, ['--input-type=module', '-e', script, ...urls], { stdio: 'ignore' })
}

test('a client is killed at each of its requests in turn, before and after the server handles it', async () => {
  for (const when of ['before', 'after']) {
    let killed = 0
    for (let nth = 1; nth <= 10; nth++) {
      network.clearRules()
      network.resetRequests()
      network.addRule({ action: 'kill', pid: 'client', agent: '^client/', nth, when })
      const [, signal] = await once(startClient(), 'exit')
      if (signal === null) break
      assert.equal(signal, 'SIGKILL')
      killed++
      const seen = network.requests()
      assert.equal(seen.length, nth)
    }
    assert.equal(killed, 3)
  }
})

test('a host is killed by a request', async () => {
  network.addRule({ action: 'kill', pid: 'server', server: 'b', when: 'after' })
  await assert.rejects(fetch(`${network.pds.b.url}/xrpc/_health`))
  await network.restart('b')
  assert.equal((await fetch(`${network.pds.b.url}/xrpc/_health`)).status, 200)
})

test('two networks run side by side, and the program ends with SIGTERM', { timeout: 120_000 }, async () => {
  const { readFileSync, existsSync } = await import('node:fs')
  const file = join(temp, 'two.json')
  const program = spawn(process.execPath, [join(import.meta.dirname, 'network.mjs'),
    '--dir', join(temp, 'two'), '--ready-file', file, '--pds', '[{"name":"c"}]'], { stdio: ['ignore', 'inherit', 'inherit'] })
  const ended = once(program, 'exit')
  const deadline = Date.now() + 90_000
  while (!existsSync(file)) {
    assert.ok(Date.now() < deadline && program.exitCode === null, 'the second network started')
    await new Promise((done) => setTimeout(done, 50))
  }
  const facts = JSON.parse(readFileSync(file, 'utf8'))
  const heidi = await accounts.createAccount(facts.pds.c, { handle: 'heidi' })
  assert.equal((await fetch(`${facts.plc.url}/${heidi.did}`)).status, 200)
  assert.equal((await fetch(`${network.plc.url}/${heidi.did}`)).status, 404)
  const told = await fetch(`${facts.pds.c.control}/rules`, { method: 'POST', body: JSON.stringify({ action: 'reset' }) })
  assert.equal((await told.json()).id, 1)
  await assert.rejects(fetch(`${facts.pds.c.url}/xrpc/_health`))
  const restarted = await fetch(`${facts.control}/restart`, { method: 'POST', body: '{"name":"c"}' })
  assert.equal(restarted.status, 200)
  const later = JSON.parse(readFileSync(file, 'utf8'))
  assert.notEqual(later.pds.c.pid, facts.pds.c.pid)
  program.kill('SIGTERM')
  assert.equal((await ended)[0], 0)
  await assert.rejects(fetch(`${facts.pds.c.url}/xrpc/_health`))
})
