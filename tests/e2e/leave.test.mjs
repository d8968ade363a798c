// Leaving a host that is dead: its process is killed, and the account moves from a backup, signed by its user's key.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkLeft, prepareToLeave } from './support/leaving.mjs'
import { environmentFor, ok, run } from './support/program.mjs'
import { testbed } from './support/testbed.mjs'

let network, env, home
const temp = testbed('leave', (now) => { ({ network, env, home } = now) })

const prepare = (name, options) => prepareToLeave(network, name, { home, env, ...options })
const check = (one, options) => checkLeft(network, one, options)

test('with the old host killed, the account moves whole', { timeout: 300_000 }, async () => {
  const one = await prepare('alice')
  await network.kill('a')
  const left = await run(one.args, { env })
  ok(left)
  await check(one)
  assert.equal(left.last.data, one.before.data)
  assert.equal(left.last.backup, one.backup)
  assert.ok(left.last.notes.some((note) => note.startsWith('The account was not deactivated')), left.last.notes.join())
  const folder = left.last.folder
  assert.ok(!existsSync(join(folder, 'secrets')), 'no secrets are left')
  const checked = await run(['key', 'check', one.key, one.account.did, '--passphrase-file', one.files.passphrase, '--json'], { env })
  ok(checked)
  assert.equal(checked.last.rank, 1)
  // The same command again says so, and does nothing.
  ok(await run(one.args, { env }))
  assert.equal((await network.plc.operations(one.account.did)).length, 4)
  // And the account can be backed up from its new home.
  const exported = await run(['export', one.account.did, '-o', `${join(home, 'after')}/`, '--json'], { env })
  ok(exported)
  assert.equal(exported.last.host, network.pds.b.url)
})

test('a handle that died with the host does as a name, and a domain of one\'s own goes along', { timeout: 300_000 }, async () => {
  const one = await prepare('carol', { handle: 'carol.home.test' })
  await network.kill('a')
  const args = one.args.filter((word, i) => word !== '--handle' && one.args[i - 1] !== '--handle')
  args[1] = 'carol.home.test'
  ok(await run(args, { env }))
  await check(one, { handle: 'carol.home.test' })

  const two = await (async () => { await network.restart('a'); return prepare('dora') })()
  await network.kill('a')
  two.args[1] = 'dora.a.test'
  ok(await run(two.args, { env }))
  await check(two)
})

test('killed with SIGKILL at some transitions, it goes on', { timeout: 600_000 }, async () => {
  const points = [
    ['POST', '^/did:plc', 'after'], // the claim is published, and nobody knows
    ['POST', 'createAccount', 'after'],
    ['POST', 'importRepo', 'before'],
    ['POST', 'submitPlcOperation', 'after'],
    ['POST', 'activateAccount', 'after'],
  ]
  for (const [n, [method, path, when]] of points.entries()) {
    if (!network.pds.a.pid) await network.restart('a')
    home = temp.at(`home-kill-${n}`)
    mkdirSync(home)
    env = environmentFor(network, home)
    const one = await prepare(`kill${n}`)
    await network.kill('a')
    network.addRule({ action: 'kill', pid: 'client', agent: '^atbackup', method, path, when })
    const killed = await run(one.args, { env })
    assert.equal(killed.signal, 'SIGKILL', `${path} ${when}: ${killed.code} ${killed.text}`)
    network.clearRules()
    const status = await run(['migrate', 'status', '--json'], { env })
    ok(status)
    const resumed = await run(['migrate', 'resume', ...one.args.slice(4)], { env })
    ok(resumed)
    await check(one)
  }
})

test('refusals: no key, a wrong key, a wrong passphrase, a damaged backup, another account', { timeout: 300_000 }, async () => {
  const one = await prepare('frank', { enroll: false })
  await network.kill('a')
  const refuse = async (args, code, id) => {
    const result = await run(args, { env })
    ok(result, code)
    assert.equal(result.last.id, id)
    return result
  }
  const without = one.args.filter((word, i) => word !== '--rotation-key' && one.args[i - 1] !== '--rotation-key')
  const none = await refuse(without, 22, 'leave.no_key')
  assert.match(none.last.hint, /key enroll/)
  await refuse(one.args, 22, 'leave.key_unknown')
  const wrong = join(home, 'wrong')
  writeFileSync(wrong, 'another passphrase', { mode: 0o600 })
  await refuse(one.args.map((word) => (word === one.files.passphrase ? wrong : word)), 12, 'sealed.passphrase')
  await refuse(one.args.map((word, i) => (i === 1 ? 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa' : word)), 22, 'leave.other_account')
  ok(await run(['key', 'check', one.key, one.account.did, '--passphrase-file', one.files.passphrase, '--json'], { env }), 12)
  assert.equal((await network.plc.operations(one.account.did)).length, 1)
  // Without --from it needs the host, and says that it is not there.
  ok(await run(['migrate', one.account.did, '--to', network.pds.b.url, '--handle', 'frank.b.test', '--confirm', one.account.did, '--no-recovery-key', '--json'], { env }), 6)

  await network.restart('a')
  home = temp.at('home-damaged')
  mkdirSync(home)
  env = environmentFor(network, home)
  const two = await prepare('gina')
  await network.kill('a')
  const car = join(two.backup, 'repo.car')
  const bytes = readFileSync(car)
  bytes[Math.floor(bytes.length / 2)] ^= 1
  writeFileSync(car, bytes)
  await refuse(two.args, 22, 'leave.backup_damaged')
  assert.equal((await network.plc.operations(two.account.did)).length, 2, 'nothing was published')
})
