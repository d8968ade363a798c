// Moves of accounts whose identity is a document on a domain of their own: with the old host, and without it.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, readdirSync, realpathSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import http from 'node:http'
import { dirname, join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { Secp256k1Keypair } from '@atproto/crypto'
import * as accounts from '../network/accounts.mjs'
import { startNetwork } from '../network/network.mjs'
import * as repositories from '../network/repositories.mjs'
import { look, secretFiles } from './support/moves.mjs'
import { environmentFor, run, scratch, start } from './support/program.mjs'

const temp = scratch('web')
let network, env, number = 0
const sites = []

before(async () => {
  network = await startNetwork({ dir: temp.at('network') })
}, { timeout: 120_000 })

after(async () => {
  for (const site of sites) site.stop()
  await network?.stop()
  temp.remove()
}, { timeout: 30_000 })

beforeEach(() => {
  const home = temp.at(`home-${number++}`)
  mkdirSync(home)
  env = environmentFor(network, home)
})

const ok = (result, code = 0) => assert.equal(result.code, code, result.stderr + result.text)

// A web site with nothing on it but a DID document.
async function startSite() {
  const site = { document: null }
  const server = http.createServer((req, res) => {
    const found = req.url === '/.well-known/did.json' && site.document
    res.writeHead(found ? 200 : 404, { 'content-type': 'application/json' })
    res.end(found ? JSON.stringify(site.document) : '{}')
  })
  await new Promise((resolve) => server.listen(0, 'localhost', resolve))
  const { port } = server.address()
  site.host = `localhost:${port}`
  site.did = `did:web:localhost%3a${port}` // in lower case: the reference server logs in so
  site.stop = () => { server.close(); server.closeAllConnections() }
  sites.push(site)
  env.ATBACKUP_ALLOW_PRIVATE_HOSTS += `,${site.host}`
  return site
}

const documentOf = (did, key, host, handle) => ({
  '@context': ['https://www.w3.org/ns/did/v1'],
  id: did,
  alsoKnownAs: [`at://${handle}`],
  verificationMethod: [{ id: `${did}#atproto`, type: 'Multikey', controller: did, publicKeyMultibase: key.replace('did:key:', '') }],
  service: [
    { id: '#labels', type: 'AtprotoLabeler', serviceEndpoint: 'https://labels.example' },
    { id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: host.url },
  ],
})

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')

// An account of that DID on host a, active, with posts and pictures.
async function webAccount(site, name) {
  const host = network.pds.a
  const key = await Secp256k1Keypair.create()
  const handle = `${name}.a.test`
  site.document = documentOf(site.did, key.did(), host, handle)
  const now = Math.floor(Date.now() / 1000)
  const unsigned = `${part({ typ: 'JWT', alg: 'ES256K' })}.${part({ iss: site.did, aud: host.serviceDid, iat: now, exp: now + 60, lxm: 'com.atproto.server.createAccount', jti: randomBytes(8).toString('hex') })}`
  const token = `${unsigned}.${Buffer.from(await key.sign(Buffer.from(unsigned))).toString('base64url')}`
  const password = randomBytes(12).toString('hex')
  const session = await accounts.xrpc(host, 'com.atproto.server.createAccount', { token,
    input: { did: site.did, handle, email: `${name}@example.org`, password } })
  const account = { host, did: site.did, handle, email: `${name}@example.org`, password, accessJwt: session.accessJwt }
  const wanted = await accounts.call(account, 'com.atproto.identity.getRecommendedDidCredentials')
  site.document = documentOf(site.did, wanted.verificationMethods.atproto, host, handle)
  await accounts.call(account, 'com.atproto.server.activateAccount', { input: null })
  await accounts.createRecords(account, { 'app.bsky.feed.post': 40, 'app.bsky.graph.follow': 10 })
  await accounts.postPictures(account, 3)
  await accounts.setPreferences(account)
  return account
}

// The plan of a move, after which the public document and everything on both hosts is as before.
async function dryRun(site, args) {
  const [document, effects] = [JSON.stringify(site.document), JSON.stringify(network.pds.b.effects(site.did))]
  const planned = await run([...args, '--dry-run'], { env })
  assert.equal(JSON.stringify(site.document), document)
  assert.equal(JSON.stringify(network.pds.b.effects(site.did)), effects)
  return planned
}

const steps = ({ lines }) => lines.filter(({ type }) => type === 'planned_step').map(({ step }) => step)
const obstacles = ({ lines }) => lines.filter(({ type }) => type === 'obstacle').map(({ id }) => id)

// Publishes what the program has written, a moment after it says so.
const publishing = (site, notices = []) => ({ type, text }) => {
  if (type !== 'notice' || !text.startsWith('Publish this file')) return
  notices.push(text)
  const [, file, , url] = text.split('\n').map((line) => line.trim())
  assert.equal(url, `http://${site.host}/.well-known/did.json`)
  setTimeout(() => { site.document = JSON.parse(readFileSync(file, 'utf8')) }, 500)
}

async function check(site, account, files, before) {
  const host = network.pds.b
  const car = await repositories.getRepo(host, account.did)
  const after = await repositories.openRepo(car)
  assert.equal(after.data, before.data, 'the MST root is the same')
  const [{ publicKeyMultibase }] = site.document.verificationMethod
  await repositories.checkRepo(car, account.did, `did:key:${publicKeyMultibase}`)
  const there = await accounts.logIn(host, { did: account.did, password: readFileSync(files.newPassword, 'utf8') })
  const status = await accounts.call(there, 'com.atproto.server.checkAccountStatus')
  assert.ok(status.activated && status.validDid)
  assert.deepEqual((await accounts.call(there, 'com.atproto.repo.listMissingBlobs')).blobs, [])
  assert.deepEqual((await repositories.listBlobs(host, account.did)).sort(), before.blobs)
  assert.deepEqual(site.document.service.map(({ serviceEndpoint }) => serviceEndpoint), ['https://labels.example', host.url])
}

test('did:web with the old host alive: one publication', { timeout: 300_000 }, async () => {
  const site = await startSite()
  const account = await webAccount(site, 'wanda')
  const files = secretFiles(temp.at('secrets-wanda'), account)
  const before = await look(account)
  const args = ['migrate', site.did, '--to', network.pds.b.url, '--handle', 'wanda.b.test', '--confirm', site.did,
    '--password-file', files.password, '--new-password-file', files.newPassword, '--json']

  // There are no rotation keys here.
  const keyed = await run([...args, '--recovery-key-out', temp.at('wanda.key')], { env })
  ok(keyed, 22)
  assert.equal(keyed.last.id, 'move.did_web')

  const planned = await dryRun(site, args)
  ok(planned)
  assert.ok(steps(planned).includes('submit') && !steps(planned).includes('recovery-key'))
  const [plan] = planned.lines.filter(({ type }) => type === 'plan')
  assert.match(plan.words, /You publish the document with the new host/)
  assert.equal(plan.blobs, 3)
  const wished = await dryRun(site, [...args, '--recovery-key-out', temp.at('wanda.key')])
  ok(wished, 22)
  assert.deepEqual(obstacles(wished), ['move.did_web'])

  // Interrupted while it waits for the document: nothing has changed, and the same command looks again.
  const stopped = await start(args, { env, onLine: ({ type, text }, child) => {
    if (type === 'notice' && text.startsWith('Publish this file')) child.kill('SIGINT')
  } }).done
  ok(stopped, 130)
  assert.equal((await repositories.openRepo(await repositories.getRepo(network.pds.a, site.did))).data, before.data)

  // Given up, it can begin anew: nothing was published.
  const given = await run(['migrate', 'abort', site.did, '--yes', '--json'], { env })
  ok(given)

  const notices = []
  const moved = await start(args, { env, onLine: publishing(site, notices) }).done
  ok(moved)
  assert.equal(notices.length, 1)
  const late = await run(['migrate', 'abort', site.did, '--yes', '--json'], { env })
  assert.notEqual(late.code, 0)
  await check(site, account, files, before)
  const old = await accounts.xrpc(network.pds.a, 'com.atproto.sync.getRepoStatus', { params: { did: site.did } })
  assert.equal(old.active, false)
})

test('did:web with the old host dead: two publications, from a backup', { timeout: 300_000 }, async () => {
  const site = await startSite()
  const account = await webAccount(site, 'willy')
  const files = secretFiles(temp.at('secrets-willy'), account)
  const before = await look(account)
  ok(await run(['login', site.did, '--password-file', files.password], { env }))
  const backup = `${temp.at('willy')}/`
  ok(await run(['export', site.did, '-o', backup], { env }))
  await network.kill('a')
  const notices = []
  const args = ['migrate', site.did, '--to', network.pds.b.url, '--from', backup, '--handle', 'willy.b.test',
    '--email', 'willy@example.org', '--confirm', site.did, '--new-password-file', files.newPassword, '--json']
  const planned = await dryRun(site, args)
  ok(planned)
  assert.ok(steps(planned).includes('claim') && steps(planned).includes('submit'))
  const moved = await start(args, { env, onLine: publishing(site, notices) }).done
  ok(moved)
  assert.equal(notices.length, 2)
  await check(site, account, files, before)
  const folder = join(env.XDG_STATE_HOME, 'atbackup', 'moves')
  for (const file of readdirSync(folder, { recursive: true })) assert.ok(!file.endsWith('/secrets'))
  await network.restart('a')
})

test('its move is rehearsed without a word to its web site', { timeout: 120_000 }, async () => {
  const site = await startSite()
  const account = await webAccount(site, 'rehearsed')
  const backup = temp.at('rehearsed-backup')
  ok(await run(['export', account.did, '-o', `${backup}/`, '--json'], { env }))
  const work = temp.at('rehearsal')
  mkdirSync(work)
  const document = JSON.stringify(site.document)
  site.stop()
  const drill = { ...env, TMPDIR: work, ATBACKUP_SERVER_DIR: dirname(realpathSync(new URL('../node_modules', import.meta.url))) }
  const result = await run(['migrate', 'rehearse', backup, '--json'], { env: drill })
  ok(result)
  assert.equal(result.last.did, account.did)
  assert.equal(result.last.blobs, 3)
  assert.deepEqual(result.last.refused, [])
  assert.equal(JSON.stringify(site.document), document)
  assert.deepEqual(readdirSync(work), [])
  const keyed = await run(['migrate', 'rehearse', backup, '--rotation-key', join(work, 'any'), '--json'], { env: drill })
  ok(keyed, 22)
  assert.equal(keyed.last.id, 'move.did_web')
})
