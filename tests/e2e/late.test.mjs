// What is written on the old host while the identity moves is found and brought over; an old host that comes back is
// deactivated; an account that was left deactivated is activated.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import * as accounts from '../network/accounts.mjs'
import * as repositories from '../network/repositories.mjs'
import { moveArguments, secretFiles } from './support/moves.mjs'
import { ok, run, start, tokenCommand } from './support/program.mjs'
import { testbed } from './support/testbed.mjs'

let network, env, home
testbed('late', (now) => { ({ network, env, home } = now) })

const recordsOn = async (name, did) => (await repositories.openRepo(await repositories.getRepo(network.pds[name], did))).records

test('what is written during the last seconds is told, and brought over once with one command', { timeout: 300_000 }, async () => {
  const alice = await accounts.createAccount(network.pds.a, { handle: 'alice' })
  await accounts.createRecords(alice, { 'app.bsky.feed.post': 30 })
  await accounts.createRecord(alice, 'com.example.note', { title: 'before' }, 'changed')
  await accounts.createRecord(alice, 'com.example.note', { title: 'gone soon' }, 'deleted')
  const files = secretFiles(join(home, 'secrets'), alice)
  const args = [...moveArguments(network, alice, 'b', files, { handle: 'alice.b.test' }), '--no-recovery-key', '--json']
  // The program learns of the publication late: meanwhile somebody writes on the old host.
  network.addRule({ server: 'b', path: 'activateAccount', action: 'delay', ms: 4000 })
  let wrote
  const { done } = start(args, {
    env,
    onLine: ({ type, step, phase }) => {
      if (type !== 'step' || step !== 'submit' || phase !== 'observed') return
      wrote = (async () => {
        await accounts.postPictures(alice, 1, 20_000, 'late')
        await accounts.createRecord(alice, 'com.example.note', { title: 'late' }, 'new')
        await accounts.call(alice, 'com.atproto.repo.putRecord', { input: { repo: alice.did, collection: 'com.example.note', rkey: 'changed', record: { $type: 'com.example.note', title: 'after' } } })
        await accounts.call(alice, 'com.atproto.repo.deleteRecord', { input: { repo: alice.did, collection: 'com.example.note', rkey: 'deleted' } })
      })()
    },
  })
  const moved = await done
  ok(moved)
  await wrote
  assert.ok(moved.last.notes.some((note) => note.includes('--bring-late-posts')), moved.last.notes.join())
  const before = await recordsOn('b', alice.did)
  assert.equal(before.size, 32)
  const status = await run(['migrate', 'status', '--json'], { env })
  assert.ok(status.lines[0].notes.some((note) => note.includes('--bring-late-posts')))

  // The old host may be gone by then.
  await network.kill('a')
  for (let times = 0; times < 2; times++) {
    ok(await run(['migrate', 'resume', alice.did, '--bring-late-posts', '--new-password-file', files.newPassword, '--json'], { env }))
    const records = await recordsOn('b', alice.did)
    assert.equal(records.size, 33)
    assert.ok(records.has('com.example.note/new'))
    assert.ok(!records.has('com.example.note/deleted'))
    assert.notEqual(records.get('com.example.note/changed'), before.get('com.example.note/changed'))
  }
  assert.equal((await repositories.listBlobs(network.pds.b, alice.did)).length, 1)
  const after = await run(['migrate', 'status', '--json'], { env })
  assert.ok(!after.lines[0].notes.some((note) => note.includes('--bring-late-posts')), after.lines[0].notes.join())
})

test('a dead host that comes back is deactivated, and what the backup lacked is offered', { timeout: 300_000 }, async () => {
  const bob = await accounts.createAccount(network.pds.a, { handle: 'bob' })
  const { did } = bob
  await accounts.createRecords(bob, { 'app.bsky.feed.post': 20 })
  const files = secretFiles(join(home, 'secrets'), bob)
  const key = join(home, 'bob.key')
  const passphrase = ['--passphrase-file', files.passphrase]
  ok(await run(['key', 'new', key, ...passphrase, '--json'], { env }))
  ok(await run(['key', 'enroll', did, '--rotation-key', key, ...passphrase, '--password-file', files.password,
    '--plc-token-command', tokenCommand(bob.host, did), '--confirm', did, '--json'], { env }))
  const backup = join(home, 'backup')
  ok(await run(['export', did, '-o', `${backup}/`, '--json'], { env }))
  await accounts.createRecord(bob, 'com.example.note', { title: 'after the backup' }, 'last')
  await network.kill('a')
  const left = await run(['migrate', did, '--to', network.pds.b.url, '--from', backup, '--rotation-key', key, ...passphrase,
    '--handle', 'bob.b.test', '--email', bob.email, '--new-password-file', files.newPassword, '--confirm', did, '--json'], { env })
  ok(left)
  assert.ok(left.last.notes.some((note) => note.includes('If that host comes back')))
  await network.restart('a')
  const again = await run(['migrate', 'resume', did, '--bring-late-posts', '--password-file', files.password, '--new-password-file', files.newPassword, '--json'], { env })
  ok(again)
  assert.deepEqual(again.last.notes, [])
  const old = await accounts.xrpc(network.pds.a, 'com.atproto.sync.getRepoStatus', { params: { did } })
  assert.equal(old.active, false)
  assert.ok((await recordsOn('b', did)).has('com.example.note/last'))
})

test('an account that was left deactivated on its own host is seen, and activated', { timeout: 300_000 }, async () => {
  const carol = await accounts.createAccount(network.pds.b, { handle: 'carol' })
  await accounts.createRecords(carol, { 'app.bsky.feed.post': 5 })
  await accounts.call(carol, 'com.atproto.server.deactivateAccount', { input: {} })
  const password = secretFiles(join(home, 'secrets'), carol).password
  const doctor = await run(['doctor', carol.did], { env })
  assert.match(doctor.text, /migrate activate/)
  for (const was of [false, true]) {
    const activated = await run(['migrate', 'activate', carol.did, '--password-file', password, '--json'], { env })
    ok(activated)
    assert.equal(activated.last.was_active, was)
  }
  const status = await accounts.xrpc(network.pds.b, 'com.atproto.sync.getRepoStatus', { params: { did: carol.did } })
  assert.equal(status.active, true)
  const car = await repositories.getRepo(network.pds.b, carol.did)
  await repositories.checkRepo(car, carol.did, await repositories.signingKey(network, carol.did))
})
