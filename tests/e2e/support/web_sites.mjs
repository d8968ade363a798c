// Accounts whose identity is a document on a web site of their own, and that site.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import http from 'node:http'
import { Secp256k1Keypair } from '@atproto/crypto'
import * as accounts from '../../network/accounts.mjs'
import * as repositories from '../../network/repositories.mjs'

// A web site with nothing on it but a DID document; `env` learns that the program may talk to it.
export async function startSite(env) {
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

// An account of that DID on the host, active, with posts and pictures.
export async function webAccount(host, site, name) {
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

// Publishes what the program has written, a moment after it says so.
export const publishing = (site, notices = []) => ({ type, text }) => {
  if (type !== 'notice' || !text.startsWith('Publish this file')) return
  notices.push(text)
  const [, file, , url] = text.split('\n').map((line) => line.trim())
  assert.equal(url, `http://${site.host}/.well-known/did.json`)
  setTimeout(() => { site.document = JSON.parse(readFileSync(file, 'utf8')) }, 500)
}

// The state that every move of such an account must end in.
export async function checkMoved(host, site, account, files, before) {
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
