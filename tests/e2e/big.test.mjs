// Repositories that no server makes for us: one of 300 MB, in bounded memory; and P-256 accounts, in every block order.
import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { megabytes, runMeasured } from './support/cost.mjs'
import { startFileHost } from './support/file-host.mjs'
import { makeRepo } from './support/made-repo.mjs'
import { ok, run, scratch } from './support/program.mjs'

const orders = ['depth-first', 'reference-server', 'shuffled']
const sanitized = Boolean(process.env.ATBACKUP_SANITIZED)
// With sanitizers everything takes many times longer, and the memory is theirs: the way is tested, not the size.
const big = sanitized ? { records: 30_000, bytes: 9_000_000 } : { records: 920_000, bytes: 300_000_000 }
// The bound: a flat index of 40 bytes a block, and 64 MiB for all the rest.
const mostMemory = (blocks) => 64 * 1024 * 1024 + 40 * blocks

const temp = scratch('big')
let host, env

before(async () => {
  host = await startFileHost()
  env = { PATH: process.env.PATH, HOME: temp.dir, ...host.environment }
  if (process.env.ASAN_OPTIONS) env.ASAN_OPTIONS = process.env.ASAN_OPTIONS
})

after(async () => {
  await host?.stop()
  temp.remove()
})

async function serve(name, options) {
  const car = temp.at(name)
  const made = await makeRepo(car, { ...options, host: host.url })
  host.add(made, car)
  return { ...made, car }
}

test('a repository of 300 MB is exported and verified in 64 MiB and 40 bytes a block', { timeout: 900_000 }, async (t) => {
  const { did, car, blocks, records } = await serve('big.car', { records: big.records, order: 'reference-server' })
  assert.ok(statSync(car).size > big.bytes, `${statSync(car).size} bytes`)
  const most = mostMemory(blocks)
  t.diagnostic(`${blocks} blocks, ${megabytes(statSync(car).size)}; at most ${megabytes(most)} of memory`)
  const check = async (what, args) => {
    const result = await runMeasured([...args, '--json'], temp.at('cost.json'), { env })
    ok(result)
    assert.equal(result.last.did, did)
    assert.equal(result.last.records, records)
    const { wall_s: wall, cpu_s: cpu, peak_bytes: peak } = result.cost
    t.diagnostic(`${what}: ${wall.toFixed(1)} s, processor ${cpu.toFixed(1)} s, peak ${megabytes(peak)}`)
    if (sanitized) return t.diagnostic('the program has sanitizers in it: the peak is not judged')
    assert.ok(peak <= most, `${what} took ${megabytes(peak)}, more than ${megabytes(most)}`)
  }
  const exported = temp.at('exported.car')
  await check('export', ['export', did, '-o', exported])
  await check('verify, in the order of the server', ['verify', car])
  await check('verify, depth-first', ['verify', exported])
})

for (const order of orders) {
  test(`the repository of a P-256 account is exported and verified, ${order}`, { timeout: 120_000 }, async () => {
    const { did, car, records } = await serve(`${order}.car`, { records: 4_000, curve: 'p256', order })
    const exported = temp.at(`${order}.exported.car`)
    for (const args of [['verify', car], ['export', did, '-o', exported], ['verify', exported]]) {
      const result = await run([...args, '--json'], { env })
      ok(result)
      assert.equal(result.last.did, did)
      assert.equal(result.last.records, records)
      assert.equal(result.last.key_proof, 'plc_log')
    }
  })
}
