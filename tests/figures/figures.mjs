// What export, verify and migrate cost in time and memory, on real servers on this machine: an account like the one of
// `./dev demo`, and one of 100,000 records. Prints one table. By hand, on a quiet machine, with the release build:
//   ATBACKUP=build/release/atbackup MAKE_REPO=build/release/tests/make_repo tests/network/run.sh tests/figures/figures.mjs
// ATBACKUP_FIGURES_RECORDS gives the large account another size.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import * as accounts from '../network/accounts.mjs'
import { startNetwork } from '../network/network.mjs'
import { runMeasured } from '../e2e/support/cost.mjs'
import { makeRepo } from '../e2e/support/made-repo.mjs'
import { moveArguments, secretFiles } from '../e2e/support/moves.mjs'
import { environmentFor, scratch } from '../e2e/support/program.mjs'

const manyRecords = Number(process.env.ATBACKUP_FIGURES_RECORDS ?? 100_000)
const manyPictures = 100
const importDeadline = 290_000

const temp = scratch('figures')
const say = (text) => process.stderr.write(`${text}\n`)

async function smallAccount(host) {
  const account = await accounts.createAccount(host, { handle: 'delia' })
  await accounts.createRecords(account, { 'app.bsky.feed.post': 200, 'app.bsky.feed.like': 80, 'app.bsky.graph.follow': 14 })
  await accounts.postPictures(account, 20, 100_000)
  await accounts.setProfile(account)
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

async function measure(network, account) {
  const home = temp.at(`home-${account.handle}`)
  mkdirSync(home)
  const env = environmentFor(network, home)
  const folder = temp.at(`backup-${account.handle}`)
  const files = secretFiles(temp.at(`secrets-${account.handle}`), account)
  const move = moveArguments(network, account, 'b', files, { handle: account.handle.replace('.a.test', '.b.test') })
  const commands = {
    'export -o DIR/': ['export', account.did, '-o', `${folder}/`],
    'verify DIR': ['verify', folder],
    'migrate': [...move.slice(0, -1), smallTokenCommand(account), '--no-recovery-key'],
  }
  const rows = []
  for (const [name, args] of Object.entries(commands)) {
    say(`${account.handle}: ${name}`)
    const result = await runMeasured([...args, '--json'], temp.at('cost.json'), { env })
    assert.equal(result.code, 0, result.text.slice(-4000) + result.stderr.slice(-4000))
    rows.push({ name, ...result.cost, summary: result.last })
  }
  const car = join(folder, 'repo.car')
  return { rows, carBytes: statSync(car).size, records: rows[0].summary.records, blobs: rows[0].summary.blobs }
}

function print({ rows, carBytes, records, blobs }) {
  const account = `${records} records, ${blobs} blobs, CAR ${(carBytes / 1e6).toFixed(1)} MB`
  for (const { name, wall_s: wall, cpu_s: cpu, peak_bytes: peak } of rows) {
    console.log(`| ${account} | ${name} | ${wall.toFixed(2)} s | ${cpu.toFixed(2)} s | ${(peak / 2 ** 20).toFixed(1)} MiB |`)
  }
}

const network = await startNetwork({ dir: temp.at('network') })
try {
  say('making the accounts')
  const made = [await smallAccount(network.pds.a), await largeAccount(network.pds.a)]
  const load = loadavg()[0].toFixed(1)
  const measured = []
  for (const account of made) measured.push(await measure(network, account))
  console.log(`${cpus().length} processors (${cpus()[0].model}), load ${load} before it`)
  console.log('| account | command | wall | processor | peak memory |\n| --- | --- | --- | --- | --- |')
  for (const figures of measured) print(figures)
} finally {
  await network.stop()
  temp.remove()
}
