// Moves into hosts with limits: an import limit far below the size of the repository, and the real rate limits.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as accounts from '../network/accounts.mjs'
import { compareHosts, look, moveArguments, secretFiles } from './support/moves.mjs'
import { ok, run, start } from './support/program.mjs'
import { testbed } from './support/testbed.mjs'

const megabyte = 1_000_000
let network, env
const temp = testbed('limits', (now) => { ({ network, env } = now) }, [
  { name: 'a' },
  { name: 'small', maxImportSize: megabyte },
  { name: 'strict', rateLimitsEnabled: true },
])

async function account(name, records) {
  const made = await accounts.createAccount(network.pds.a, { handle: name })
  await accounts.createRecords(made, records)
  await accounts.postPictures(made, 3)
  await accounts.setPreferences(made)
  return { made, files: secretFiles(temp.at(`secrets-${name}`), made) }
}

test('a repository of four megabytes goes into a host that takes one, and is the same there', { timeout: 300_000 }, async () => {
  const { made, files } = await account('large', { 'app.bsky.feed.post': 300, 'app.bsky.feed.like': 300 })
  const essay = (n) => ({ $type: 'com.example.essay', text: `${n} `.padEnd(25_000, 'all work and no play ') })
  await accounts.write(made, Array.from({ length: 160 }, (_, n) => ({ collection: 'com.example.essay', value: essay(n) })))
  const before = await look(made)
  const args = [...moveArguments(network, made, 'small', files, { handle: 'large.small.test' }), '--no-recovery-key', '--json', '-v']

  // Killed in the midst of the pieces, and gone on with.
  const first = start(args, { env })
  const killer = setInterval(() => {
    if ((network.pds.small.effects(made.did)['com.atproto.repo.importRepo'] ?? 0) >= 3) first.child.kill('SIGKILL')
  }, 20)
  const killed = await first.done
  clearInterval(killer)
  assert.equal(killed.signal, 'SIGKILL', killed.stderr + killed.text)
  const sent = network.pds.small.effects(made.did)['com.atproto.repo.importRepo']

  ok(await run(['migrate', 'resume', ...args.slice(4)], { env }))
  await compareHosts(network, made, 'small', before, files)
  const all = network.pds.small.effects(made.did)['com.atproto.repo.importRepo']
  assert.ok(all >= 5, `${all} imports`)
  assert.ok(all < 2 * sent + 12, `${sent} imports before the kill, ${all} in all: it went on from where it was`)
})

test('the real limit of uploads a day: told with its end, waited for, and gone on with the next day', { timeout: 300_000 }, async () => {
  const { made, files } = await account('limited', { 'app.bsky.feed.post': 20 })
  const before = await look(made)
  // Somebody behind the same address has used the day up.
  const other = await accounts.createAccount(network.pds.strict)
  let refused = false
  for (let n = 0; !refused && n < 1100; n += 20) {
    await Promise.all(Array.from({ length: 20 }, (_, i) => accounts.uploadBlob(other, Buffer.from(`blob ${n + i}`), 'text/plain')
      .catch(({ status }) => { assert.equal(status, 429); refused = true })))
  }
  assert.ok(refused)
  const args = [...moveArguments(network, made, 'strict', files, { handle: 'limited.strict.test' }), '--no-recovery-key', '--json']
  const limited = await run(args, { env })
  ok(limited, 5)
  assert.match(limited.last.hint, /migrate resume .* after 20/)
  const hours = (new Date(limited.last.retry_at) - Date.now()) / 3_600_000
  assert.ok(hours > 20 && hours <= 24.1, `${hours} hours`)

  // With --wait it waits; Ctrl-C is safe.
  const waiting = await start(['migrate', 'resume', ...args.slice(4), '--wait'], {
    env,
    onLine: ({ type, text }, child) => { if (type === 'notice' && /Waiting until/.test(text)) child.kill('SIGINT') },
  }).done
  ok(waiting, 130)
  // The limits are held in memory: a host that was started again is the next day.
  await network.restart('strict')
  ok(await run(['migrate', 'resume', ...args.slice(4), '--wait'], { env }))
  await compareHosts(network, made, 'strict', before, files)
})
