// ls, cat, extract: what they hand out of a backup is what the host says of the account, record by record and byte by
// byte; nothing of it needs a network; a damaged backup gives what is left of it.
import assert from 'node:assert/strict'
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import * as accounts from '../network/accounts.mjs'
import { startNetwork } from '../network/network.mjs'
import * as repositories from '../network/repositories.mjs'
import { environmentFor, ok, run, scratch } from './support/program.mjs'

const temp = scratch('look')
const counts = { 'app.bsky.feed.post': 120, 'app.bsky.feed.like': 250, 'app.bsky.graph.follow': 40, 'com.example.note': 15 }
// Nothing that names a network: what looks in must not need one.
const alone = { PATH: process.env.PATH, HOME: temp.at('nobody'), ...(process.env.ASAN_OPTIONS ? { ASAN_OPTIONS: process.env.ASAN_OPTIONS } : {}) }
const folder = temp.at('alice')
let network, alice, held

// { uri: { cid, value } } of every record, from the host.
async function recordsOf(account) {
  const all = new Map()
  const { collections } = await accounts.xrpc(account.host, 'com.atproto.repo.describeRepo', { params: { repo: account.did } })
  for (const collection of collections) {
    let cursor
    do {
      const page = await accounts.xrpc(account.host, 'com.atproto.repo.listRecords', {
        params: { repo: account.did, collection, limit: '100', ...(cursor ? { cursor } : {}) },
      })
      for (const { uri, cid, value } of page.records) all.set(uri, { cid, value })
      cursor = page.records.length ? page.cursor : undefined
    } while (cursor)
  }
  return all
}

const look = (...args) => run([...args], { env: alone })
const collectionOf = (uri) => uri.split('/')[3]
const linesOf = (file) => readFileSync(file, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line))

before(async () => {
  network = await startNetwork({ dir: temp.at('network'), pds: [{ name: 'a' }] })
  mkdirSync(temp.at('home'))
  const env = environmentFor(network, temp.at('home'))
  alice = await accounts.createAccount(network.pds.a, { handle: 'alice' })
  await accounts.createRecords(alice, counts)
  await accounts.postPictures(alice, 6)
  await accounts.setProfile(alice)
  await accounts.createRecord(alice, 'com.example.note', { title: 'large', number: Number.MAX_SAFE_INTEGER, less: -1 })
  ok(await run(['export', alice.did, '-o', `${folder}/`], { env }))
  held = await recordsOf(alice)
}, { timeout: 180_000 })

after(async () => {
  await network?.stop()
  temp.remove()
}, { timeout: 30_000 })

test('ls lists the collections and the records that the host lists', async () => {
  const all = await look('ls', '--from', folder, '--json')
  ok(all)
  const expected = {}
  for (const uri of held.keys()) expected[collectionOf(uri)] = (expected[collectionOf(uri)] ?? 0) + 1
  const listed = all.lines.filter(({ type }) => type === 'collection')
  assert.deepEqual(Object.fromEntries(listed.map(({ collection, records }) => [collection, records])), expected)
  assert.equal(all.last.type, 'summary')
  assert.equal(all.last.records, held.size)

  for (const what of ['app.bsky.feed.like', `at://${alice.did}/app.bsky.feed.like`, 'at://alice.a.test/app.bsky.feed.like']) {
    const likes = await look('ls', what, '--from', folder, '--json')
    ok(likes)
    const records = likes.lines.filter(({ type }) => type === 'record')
    assert.deepEqual(records.map(({ uri, cid }) => [uri, cid]).sort(),
      [...held].filter(([uri]) => collectionOf(uri) === 'app.bsky.feed.like').map(([uri, { cid }]) => [uri, cid]).sort())
  }
  const words = await look('ls', 'app.bsky.feed.like', '--from', folder)
  ok(words)
  assert.equal(words.text.trimEnd().split('\n').length, counts['app.bsky.feed.like'])
  ok(await look('ls', 'at://bob.a.test/app.bsky.feed.like', '--from', folder), 10)
})

test('cat prints a record as getRecord gives it', async () => {
  for (const collection of [...Object.keys(counts), 'app.bsky.actor.profile']) {
    const uri = [...held.keys()].find((one) => collectionOf(one) === collection)
    const [, , repo, , rkey] = uri.split('/')
    const { value, cid } = await accounts.xrpc(alice.host, 'com.atproto.repo.getRecord', { params: { repo, collection, rkey } })
    const words = await look('cat', uri, '--from', folder)
    ok(words)
    assert.deepEqual(JSON.parse(words.text), value)
    const json = await look('cat', uri.replace(alice.did, 'alice.a.test'), '--from', folder, '--json')
    ok(json)
    assert.equal(json.lines[0].type, 'record')
    assert.equal(json.lines[0].cid, cid)
    assert.deepEqual(json.lines[0].value, value)
  }
  ok(await look('cat', `at://${alice.did}/app.bsky.feed.post/none`, '--from', folder), 10)
})

test('the extracted records are those of the host, from a folder and from a CAR in the server\'s order', async () => {
  const car = temp.at('server-order.car')
  writeFileSync(car, await repositories.getRepo(network.pds.a, alice.did))
  copyFileSync(join(folder, 'plc-log.json'), `${car}.plc-log.json`)
  for (const [from, file] of [[folder, temp.at('folder.jsonl')], [car, temp.at('car.jsonl')]]) {
    const extracted = await look('extract', '--records', file, '--from', from, '--json')
    ok(extracted)
    assert.equal(extracted.last.records, held.size)
    const lines = linesOf(file)
    assert.equal(lines.length, held.size)
    for (const { uri, cid, value } of lines) assert.deepEqual({ cid, value }, held.get(uri), uri)
  }
  assert.deepEqual(readFileSync(temp.at('car.jsonl')), readFileSync(temp.at('folder.jsonl')))
  const pipe = await look('extract', '--records', '-', '--from', folder)
  ok(pipe)
  assert.deepEqual(pipe.stdout, readFileSync(temp.at('car.jsonl')))
  ok(await look('extract', '--records', temp.at('car.jsonl'), '--from', folder), 22)

  // The CAR, depth-first again, is the one of the export, and the reference library takes it.
  const again = temp.at('again.car')
  ok(await look('extract', '--car', again, '--from', car))
  assert.deepEqual(readFileSync(again), readFileSync(join(folder, 'repo.car')))
  await repositories.checkRepo(readFileSync(again), alice.did, await repositories.signingKey(network, alice.did))
  ok(await look('verify', again))
})

test('the extracted blobs are those of the host, with endings, and a second run goes on', async () => {
  const out = temp.at('pictures')
  const extracted = await look('extract', '--blobs', out, '--from', folder, '--json')
  ok(extracted)
  const cids = await repositories.listBlobs(network.pds.a, alice.did)
  assert.equal(extracted.last.blobs_written, cids.length)
  const names = readdirSync(out)
  assert.equal(names.length, cids.length)
  for (const cid of cids) {
    const name = names.find((one) => one.startsWith(cid))
    assert.match(name, /\.(png|jpg)$/)
    assert.deepEqual(readFileSync(join(out, name)), await repositories.getBlob(network.pds.a, alice.did, cid))
  }
  const again = await look('extract', '--blobs', out, '--from', folder, '--json')
  ok(again)
  assert.equal(again.last.blobs_written, 0)
  assert.equal(again.last.blobs_already_there, cids.length)
})

test('a damaged backup gives what is left, and says what is not', async () => {
  const damaged = temp.at('damaged')
  cpSync(folder, damaged, { recursive: true })
  const car = join(damaged, 'repo.car')
  const bytes = readFileSync(car)
  bytes[bytes.length - 10] ^= 1 // in the last record
  writeFileSync(car, bytes)
  const [blob] = readdirSync(join(damaged, 'blobs'))
  const picture = readFileSync(join(damaged, 'blobs', blob))
  picture[100] ^= 1
  writeFileSync(join(damaged, 'blobs', blob), picture)

  const file = temp.at('damaged.jsonl')
  const records = await look('extract', '--records', file, '--from', damaged, '--json')
  ok(records, 20)
  assert.ok(records.lines.some(({ id }) => id === 'car.hash'))
  assert.ok(records.lines.some(({ id }) => id === 'mst.missing_record'))
  const lines = linesOf(file)
  assert.equal(lines.length, held.size - 1)
  for (const { uri, cid, value } of lines) assert.deepEqual({ cid, value }, held.get(uri), uri)

  ok(await look('extract', '--car', temp.at('damaged.car'), '--from', damaged), 20)
  assert.ok(!existsSync(temp.at('damaged.car')))
  assert.ok(existsSync(temp.at('damaged.car.rejected')))

  const out = temp.at('damaged-pictures')
  const blobs = await look('extract', '--blobs', out, '--from', damaged, '--json')
  ok(blobs, 20)
  assert.ok(blobs.lines.some(({ id, where }) => id === 'blob.wrong_bytes' && where === blob))
  const names = readdirSync(out)
  assert.equal(names.filter((name) => name.endsWith('.rejected')).length, 1)
  assert.equal(names.length, readdirSync(join(folder, 'blobs')).length)
})

test('without the log nothing says which key is the account\'s: 3, and the records all the same', async () => {
  const lone = temp.at('lone.car')
  copyFileSync(join(folder, 'repo.car'), lone)
  const listed = await look('ls', '--from', lone, '--json')
  ok(listed, 3)
  assert.ok(listed.lines.some(({ id }) => id === 'key.no_source'))
  assert.equal(listed.last.records, held.size)
})

test('explain says what an id means', async () => {
  const words = await look('explain', 'car.hash')
  ok(words)
  assert.match(words.text, /does not hash to its name/)
  const unknown = await look('explain', 'car.hush', '--json')
  ok(unknown, 2)
  assert.match(unknown.last.hint, /car\.hash/)
})
