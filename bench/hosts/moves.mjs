// What export, verify and migrate cost on real servers on this machine (tests/network), for accounts by name:
//
//   tests/network/run.sh bench/hosts/moves.mjs small|pictures|large ...
//
//   small     an account like the one of `./dev demo`
//   pictures  100 pictures of 200 kB, and little else
//   large     100,000 records, and 100 pictures
//
// Prints a line of JSON for each: { account, records, blobs, bytes, rows: [{ program, wall_s, cpu_s, peak_bytes }] }. ATBACKUP and MAKE_REPO
// name the programs.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import * as accounts from '../../tests/network/accounts.mjs'
import { startNetwork } from '../../tests/network/network.mjs'
import { runMeasured } from '../../tests/e2e/support/cost.mjs'
import { makeRepo } from '../../tests/e2e/support/made-repo.mjs'
import { moveArguments, secretFiles } from '../../tests/e2e/support/moves.mjs'
import { environmentFor, scratch } from '../../tests/e2e/support/program.mjs'

const manyRecords = 100_000
const manyPictures = 100
const pictureBytes = 200_000
const importDeadline = 290_000
const raceRounds = 5

const temp = scratch('moves')
const say = (text) => process.stderr.write(`${text}\n`)

async function smallAccount(host) {
  const account = await accounts.createAccount(host, { handle: 'delia' })
  await accounts.createRecords(account, { 'app.bsky.feed.post': 200, 'app.bsky.feed.like': 80, 'app.bsky.graph.follow': 14 })
  await accounts.postPictures(account, 20, 100_000)
  await accounts.setProfile(account)
  await accounts.setPreferences(account)
  return account
}

async function picturesAccount(host) {
  const account = await accounts.createAccount(host, { handle: 'paula' })
  await accounts.postPictures(account, manyPictures, pictureBytes)
  await accounts.setPreferences(account)
  return account
}

// Imported, for a host takes minutes to write so many records; the one it then writes itself makes it sign the head.
async function largeAccount(host) {
  const account = await accounts.createAccount(host, { handle: 'laura' })
  const car = temp.at('large.car')
  const blobs = temp.at('large-blobs')
  mkdirSync(blobs)
  await makeRepo(car, { records: manyRecords, pictures: manyPictures, blobs, did: account.did })
  await accounts.call(account, 'com.atproto.repo.importRepo', { input: readFileSync(car), type: 'application/vnd.ipld.car', timeout: importDeadline })
  const { value: { avatar } } = await accounts.call(account, 'com.atproto.repo.getRecord', {
    params: { repo: account.did, collection: 'app.bsky.actor.profile', rkey: 'self' },
  })
  for (const name of readdirSync(blobs)) {
    await accounts.uploadBlob(account, readFileSync(join(blobs, name)), name === avatar.ref.$link ? 'image/png' : 'image/jpeg')
  }
  await accounts.createRecord(account, 'app.bsky.feed.post', { text: 'The last one', createdAt: new Date().toISOString() })
  await accounts.setPreferences(account)
  return account
}

// The e-mail code by a shell alone: a Node of 50 MB would be the largest process of the move.
function smallTokenCommand(account) {
  const { hostname, port } = new URL(account.host.control)
  const script = temp.at(`token-${account.handle}.sh`)
  writeFileSync(script, `exec 3<>/dev/tcp/${hostname}/${port}
printf 'GET /email-token?did=${account.did}&purpose=plc_operation HTTP/1.0\\r\\n\\r\\n' >&3
sed -n 's/.*"token":"\\([^"]*\\)".*/\\1/p' <&3
`)
  return `bash ${script}`
}

// The pictures alone, one after the other, as goat carries them: down with one connection, up with another, into an
// account that is there already.
async function carryByCurl(network, account) {
  const courier = await accounts.createAccount(network.pds.b, { handle: 'courier' })
  const { cids } = await accounts.xrpc(account.host, 'com.atproto.sync.listBlobs', { params: { did: account.did } })
  const folder = temp.at('curl')
  mkdirSync(folder)
  const down = cids.map((cid) => `url = "${account.host.url}/xrpc/com.atproto.sync.getBlob?did=${account.did}&cid=${cid}"
output = "${join(folder, cid)}"
`)
  const up = cids.map((cid) => `url = "${courier.host.url}/xrpc/com.atproto.repo.uploadBlob"
header = "authorization: Bearer ${courier.accessJwt}"
header = "content-type: image/png"
data-binary = "@${join(folder, cid)}"
fail
output = "/dev/null"
silent
`)
  writeFileSync(temp.at('down'), down.join(''), { mode: 0o600 })
  writeFileSync(temp.at('up'), up.join('next\n'), { mode: 0o600 })
  const start = performance.now()
  for (const list of ['down', 'up']) await promisify(execFile)('curl', ['-sS', '--fail', '--config', temp.at(list)])
  return { program: 'curl: the blobs alone, one after the other', wall_s: (performance.now() - start) / 1000 }
}

// The repository alone, to one file, by turns: by us, proven, and by curl. The host makes it anew each time.
async function race(account, env) {
  const address = `${account.host.url}/xrpc/com.atproto.sync.getRepo?did=${account.did}`
  const raced = temp.at(`raced-${account.handle}`)
  const ours = { program: `atbackup export, one CAR, best of ${raceRounds}` }
  const curls = { program: `curl -o, the same CAR, best of ${raceRounds}` }
  for (let round = 0; round < raceRounds; ++round) {
    const result = await runMeasured(['export', account.did, '-o', `${raced}.car`], temp.at('cost.json'), { env })
    assert.equal(result.code, 0, result.stderr.slice(-4000))
    if (result.cost.wall_s < (ours.wall_s ?? Infinity)) Object.assign(ours, result.cost)
    const start = performance.now()
    await promisify(execFile)('curl', ['-sS', '--fail', '-o', `${raced}.curl`, address])
    curls.wall_s = Math.min(curls.wall_s ?? Infinity, (performance.now() - start) / 1000)
    for (const file of [`${raced}.car`, `${raced}.curl`]) rmSync(file)
  }
  return [ours, curls]
}

async function measure(network, account) {
  const home = temp.at(`home-${account.handle}`)
  mkdirSync(home)
  const env = environmentFor(network, home)
  say(`    ${account.handle}: atbackup export against curl -o`)
  const raced = await race(account, env)
  const folder = temp.at(`backup-${account.handle}`)
  const files = secretFiles(temp.at(`secrets-${account.handle}`), account)
  const move = moveArguments(network, account, 'b', files, { handle: account.handle.replace('.a.test', '.b.test') })
  const commands = {
    'atbackup export': ['export', account.did, '-o', `${folder}/`],
    'atbackup verify': ['verify', folder],
    'atbackup migrate': [...move.slice(0, -1), smallTokenCommand(account), '--no-recovery-key'],
  }
  const rows = [...raced]
  let summary
  for (const [program, args] of Object.entries(commands)) {
    say(`    ${account.handle}: ${program}`)
    const result = await runMeasured([...args, '--json'], temp.at('cost.json'), { env })
    assert.equal(result.code, 0, result.text.slice(-4000) + result.stderr.slice(-4000))
    rows.push({ program, ...result.cost })
    summary ??= result.last
  }
  return { rows, records: summary.records, blobs: summary.blobs, bytes: statSync(join(folder, 'repo.car')).size }
}

const makers = { small: smallAccount, pictures: picturesAccount, large: largeAccount }
const names = process.argv.slice(2)
assert.ok(names.length > 0 && names.every((name) => makers[name]), 'small, pictures or large')

const network = await startNetwork({ dir: temp.at('network') })
try {
  for (const name of names) {
    say(`    making ${name}`)
    const account = await makers[name](network.pds.a)
    const others = name === 'pictures' ? [await carryByCurl(network, account)] : []
    const { rows, ...facts } = await measure(network, account)
    console.log(JSON.stringify({ account: name, ...facts, rows: [...rows, ...others] }))
  }
} finally {
  await network.stop()
  temp.remove()
}
