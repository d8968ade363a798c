// 5,000 blobs between real servers, with the reference server's own limits on the new one: killed with SIGKILL at 20
// points spread over the requests of the move, stopped by the limit of uploads a day as often as it takes, and gone on
// with each time. In the end the account is whole. An export of it, killed on its way too, is proven.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { after, before, test } from 'node:test'
import * as accounts from '../network/accounts.mjs'
import { png } from '../network/media.mjs'
import { startNetwork } from '../network/network.mjs'
import { compareHosts, look, moveArguments, secretFiles } from './support/moves.mjs'
import { environmentFor, run, scratch } from './support/program.mjs'

const blobs = 5000
const kills = 20
const sideBySide = 20
const temp = scratch('many-blobs')
let network, env, made, files

before(async () => {
  network = await startNetwork({ dir: temp.at('network'), pds: [
    { name: 'a' },
    { name: 'strict', rateLimitsEnabled: true },
  ] })
  mkdirSync(temp.at('home'))
  env = environmentFor(network, temp.at('home'))
  made = await accounts.createAccount(network.pds.a, { handle: 'many' })
  files = secretFiles(temp.at('secrets'), made)
  await fill(made)
}, { timeout: 900_000 })

after(async () => {
  await network?.stop()
  temp.remove()
}, { timeout: 30_000 })

const ok = (result, where = '') => assert.equal(result.code, 0, where + result.stderr + result.text)
const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`
const picture = (n) => png(400, `many ${n}`)

// Four small pictures to a post.
async function fill(account) {
  const refs = []
  for (let n = 0; n < blobs; n += sideBySide) {
    refs.push(...await Promise.all(Array.from({ length: sideBySide }, (_, i) => accounts.uploadBlob(account, picture(n + i), 'image/png'))))
  }
  const post = (n) => ({ collection: 'app.bsky.feed.post', value: {
    $type: 'app.bsky.feed.post', text: `Pictures from ${n}`, createdAt: new Date().toISOString(),
    embed: { $type: 'app.bsky.embed.images', images: refs.slice(n, n + 4).map((image) => ({ image, alt: '' })) },
  } })
  await accounts.write(account, Array.from({ length: blobs / 4 }, (_, n) => post(4 * n)))
  await accounts.setPreferences(account)
}

// Killed before the server acts, and after it, by turns.
const killAt = (nth, turn) =>
  network.addRule({ action: 'kill', pid: 'client', agent: '^atbackup', nth, when: turn % 2 ? 'after' : 'before' })

test('an export of 5,000 blobs, killed at four points, is whole and proven', { timeout: 900_000 }, async () => {
  const began = performance.now()
  const args = ['export', made.did, '-o', `${temp.at('backup')}/`, '--json']
  for (let turn = 0; turn < 4; turn++) {
    killAt(blobs / 5, turn)
    const killed = await run(args, { env })
    network.clearRules()
    assert.equal(killed.signal, 'SIGKILL', `${turn}: ${killed.code} ${killed.text}`)
  }
  ok(await run(args, { env }))
  const verified = await run(['verify', `${temp.at('backup')}/`, '--json'], { env })
  ok(verified)
  assert.equal(verified.lines.find((line) => 'blobs_present' in line)?.blobs_present, blobs)
  console.log(`export, killed 4 times, and verify: ${seconds(began)}`)
})

test('a move of 5,000 blobs, killed at 20 points and stopped by the limits of days, ends whole', { timeout: 2_400_000 }, async () => {
  const before = await look(made)
  assert.equal(before.blobs.length, blobs)
  const args = [...moveArguments(network, made, 'strict', files, { handle: 'many.strict.test' }), '--no-recovery-key', '--json']
  // Each blob is fetched once and uploaded once; what a run asks besides, and what a limit cuts short, is left as slack.
  const apart = Math.floor((2 * blobs * 0.76) / kills)
  const began = performance.now()
  let killed = 0
  let days = 0
  const where = []
  for (;;) {
    if (killed < kills) killAt(apart, killed)
    const result = await run(args, { env })
    network.clearRules()
    if (result.signal === 'SIGKILL') {
      killed++
      where.push(result.lines.findLast(({ type }) => type === 'step')?.step ?? 'the beginning')
    } else if (result.code === 5) {
      // The limits are held in memory: a host that was started again is the next day.
      days++
      assert.match(result.last.hint, /migrate resume .* after 20/)
      assert.ok(days < 20, 'it ends')
      await network.restart('strict')
    } else {
      ok(result, `after ${killed} kills and ${days} days: `)
      break
    }
  }
  console.log(`killed ${killed} times (${where.join(', ')}), ${days} days' limits, ${seconds(began)}`)
  assert.equal(killed, kills)
  assert.ok(days >= 4, `${days} days`)
  assert.ok(where.includes('back-up') && where.includes('blobs'), where.join())
  await compareHosts(network, made, 'strict', before, files)
  const effects = network.pds.strict.effects(made.did)
  assert.equal(effects['com.atproto.server.createAccount'], 1)
  assert.equal(effects['com.atproto.repo.importRepo'], 1)
  const uploads = effects['com.atproto.repo.uploadBlob']
  assert.ok(uploads >= blobs && uploads < blobs + 20 * kills, `${uploads} uploads`)
  assert.equal((await network.plc.operations(made.did)).length, 2)
})
