// Back to a host where the account once lived: its deactivated shell is still there.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import * as accounts from '../network/accounts.mjs'
import * as repositories from '../network/repositories.mjs'
import { compareHosts, look, moveArguments } from './support/moves.mjs'
import { ok, run } from './support/program.mjs'
import { moved } from './support/returns.mjs'
import { testbed } from './support/testbed.mjs'

let network, env, home
testbed('return', (now) => { ({ network, env, home } = now) })

const effects = (did) => ({ ...network.pds.a.effects(did) })
const since = (before, did, method) => (effects(did)[method] ?? 0) - (before[method] ?? 0)

test('the account goes back into its deactivated shell, and only what it lacks is sent', { timeout: 300_000 }, async () => {
  const { account, there, back } = await moved({ network, env, home }, 'alice')
  const { did } = account
  const seen = await look(there)
  const earlier = effects(did)
  const args = moveArguments(network, there, 'a', back)

  const plan = await run([...args, '--dry-run'], { env })
  ok(plan)
  assert.match(plan.text, /already \(deactivated\)/)
  assert.match(plan.text, /takes the name that it has there/)

  // A wrong password is told with what helps, and nothing has happened.
  const wrong = join(home, 'wrong')
  writeFileSync(wrong, 'not the one', { mode: 0o600 })
  const refused = await run([...args.map((word) => (word === back.newPassword ? wrong : word)), '--no-recovery-key', '--json'], { env })
  ok(refused, 4)
  assert.match(refused.last.hint, /forgot password/)
  assert.equal((await network.plc.operations(did)).length, 2)

  const returned = await run([...args, '--no-recovery-key', '--json', '-v'], { env })
  ok(returned)
  assert.equal(returned.last.handle, 'alice.a.test')
  await compareHosts(network, { ...account, host: network.pds.b }, 'a', seen, back)
  assert.equal(since(earlier, did, 'com.atproto.server.createAccount'), 0)
  assert.equal(since(earlier, did, 'com.atproto.repo.importRepo'), 1)
  assert.equal(since(earlier, did, 'com.atproto.repo.uploadBlob'), 2, 'only the pictures that it lacked')
  assert.match(returned.stderr, /only what differs is sent/)
  const last = (await network.plc.operations(did)).at(-1).operation
  assert.deepEqual(last.alsoKnownAs, ['at://alice.a.test'])
})

test('with the host dead that it comes from, one change of the identity is enough', { timeout: 300_000 }, async () => {
  const { account, there, back } = await moved({ network, env, home }, 'bella')
  const { did } = account
  const key = join(home, 'bella.key')
  ok(await run(['key', 'new', key, '--passphrase-file', back.passphrase, '--json'], { env }))
  ok(await run(['key', 'enroll', did, '--rotation-key', key, '--passphrase-file', back.passphrase, '--password-file', back.password,
    '--plc-token-command', moveArguments(network, there, 'a', back).at(-1), '--confirm', did, '--json'], { env }))
  ok(await run(['login', did, '--password-file', back.password], { env }))
  const backup = join(home, 'bella-backup')
  ok(await run(['export', did, '-o', `${backup}/`, '--json'], { env }))
  const seen = await look(there)
  const operations = (await network.plc.operations(did)).length
  const earlier = effects(did)
  await network.kill('b')
  const returned = await run(['migrate', did, '--to', network.pds.a.url, '--from', backup, '--rotation-key', key, '--passphrase-file', back.passphrase,
    '--new-password-file', back.newPassword, '--confirm', did, '--json'], { env })
  ok(returned)
  const log = await network.plc.operations(did)
  assert.equal(log.length, operations + 1, 'nobody had to be let in')
  assert.equal(log.at(-1).operation.services.atproto_pds.endpoint, network.pds.a.url)
  const car = await repositories.getRepo(network.pds.a, did)
  assert.equal((await repositories.openRepo(car)).data, seen.data)
  await repositories.checkRepo(car, did, await repositories.signingKey(network, did))
  assert.deepEqual((await repositories.listBlobs(network.pds.a, did)).sort(), seen.blobs)
  assert.equal(since(earlier, did, 'com.atproto.server.createAccount'), 0)
  assert.equal(since(earlier, did, 'com.atproto.repo.uploadBlob'), 2)
})
