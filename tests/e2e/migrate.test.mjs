// A whole move between the real servers: handles of the host and of one's own domain, everything compared afterwards.
import assert from 'node:assert/strict'
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import * as accounts from '../network/accounts.mjs'
import * as repositories from '../network/repositories.mjs'
import { compareHosts, look, moveArguments, secretFiles } from './support/moves.mjs'
import { ok, run, start } from './support/program.mjs'
import { testbed } from './support/testbed.mjs'

let network, env, home
const temp = testbed('migrate', (now) => { ({ network, env, home } = now) }, [{ name: 'a' }, { name: 'b' }, { name: 'c', inviteRequired: true, maxImportSize: 50_000 }])

test('an account with records, pictures, a film and preferences moves whole', { timeout: 300_000 }, async () => {
  const alice = await accounts.createAccount(network.pds.a, { handle: 'alice' })
  await accounts.createRecords(alice, { 'app.bsky.feed.post': 800, 'app.bsky.feed.like': 1200, 'com.example.note': 20 })
  await accounts.postPictures(alice, 10)
  await accounts.postVideo(alice, 20_000_000)
  await accounts.setProfile(alice)
  await accounts.setPreferences(alice)
  const files = secretFiles(join(home, 'secrets'), alice)
  const before = await look(alice)
  const recovery = temp.at('alice.key')
  const moved = await run([...moveArguments(network, alice, 'b', files, { handle: 'alice.b.test' }), '--recovery-key-out', recovery, '--passphrase-file', files.passphrase, '--json'], { env })
  ok(moved)
  assert.equal(moved.last.did, alice.did)
  await compareHosts(network, alice, 'b', before, files)

  // The user's key is first, the old host's gone.
  const log = await network.plc.operations(alice.did)
  assert.equal(log.length, 2)
  const { rotationKeys, alsoKnownAs } = log.at(-1).operation
  assert.equal(rotationKeys.length, 2)
  assert.deepEqual(alsoKnownAs, ['at://alice.b.test'])
  for (const key of log[0].operation.rotationKeys) assert.ok(!rotationKeys.includes(key))
  assert.equal(statSync(recovery).mode & 0o777, 0o600)
  assert.ok(!readFileSync(recovery, 'utf8').includes(rotationKeys[0]), 'the key file is sealed')

  // Nothing secret is left behind.
  const [move] = readdirSync(join(env.XDG_STATE_HOME, 'atbackup', 'moves'))
  const folder = join(env.XDG_STATE_HOME, 'atbackup', 'moves', move)
  assert.ok(!existsSync(join(folder, 'secrets')))
  ok(await run(['verify', join(folder, 'backup')], { env }))
  const status = await run(['migrate', 'status', '--json'], { env })
  assert.ok(status.lines[0].finished)

  // The same command again says so, and does nothing.
  const again = await run([...moveArguments(network, alice, 'b', files, { handle: 'alice.b.test' }), '--json'], { env })
  ok(again)
  assert.equal((await network.plc.operations(alice.did)).length, 2)

  // The account can be backed up from its new home, and the export is proven by the new key.
  const exported = await run(['export', alice.did, '-o', `${temp.at('alice-after')}/`, '--json'], { env })
  ok(exported)
  assert.equal(exported.last.key_proof, 'plc_log')
  assert.equal(exported.last.host, network.pds.b.url)
})

test('a custom domain goes along, and a foreign service and key stay', { timeout: 300_000 }, async () => {
  const carol = await accounts.createAccount(network.pds.a, { handle: 'carol.home.test', network })
  await accounts.createRecords(carol, { 'app.bsky.feed.post': 30 })
  const files = secretFiles(join(home, 'secrets'), carol)
  // A labeler service and a further key that carol once added.
  await accounts.call(carol, 'com.atproto.identity.requestPlcOperationSignature', { input: null })
  const token = await network.pds.a.emailToken(carol.did, 'plc_operation')
  const [{ operation }] = (await network.plc.operations(carol.did)).slice(-1)
  const mine = 'did:key:zQ3shhCGUqDKjStzuDxPkTxN6ujddP4RkEKJJouJGRRkaLGbg'
  const signed = await accounts.call(carol, 'com.atproto.identity.signPlcOperation', {
    input: { token, rotationKeys: [mine, ...operation.rotationKeys], services: { ...operation.services, atproto_labeler: { type: 'AtprotoLabeler', endpoint: 'https://labels.example' } } },
  })
  await accounts.call(carol, 'com.atproto.identity.submitPlcOperation', { input: { operation: signed.operation } })

  const args = moveArguments(network, carol, 'b', files)
  const asked = await run([...args, '--no-recovery-key', '--json'], { env })
  ok(asked, 22)
  assert.equal(asked.last.id, 'move.unknown_key')
  const before = await look(carol)
  const moved = await run(['migrate', 'resume', ...args.slice(4), '--keep-key', mine, '--json'], { env })
  ok(moved)
  await compareHosts(network, carol, 'b', before, files)
  const last = (await network.plc.operations(carol.did)).at(-1).operation
  assert.equal(last.rotationKeys[0], mine)
  assert.deepEqual(last.alsoKnownAs, ['at://carol.home.test'])
  assert.equal(last.services.atproto_labeler.endpoint, 'https://labels.example')
})

test('what is written during the move comes along', { timeout: 300_000 }, async () => {
  const dave = await accounts.createAccount(network.pds.a, { handle: 'dave' })
  await accounts.createRecords(dave, { 'app.bsky.feed.post': 50 })
  const files = secretFiles(join(home, 'secrets'), dave)
  let wrote
  const { done } = start([...moveArguments(network, dave, 'b', files, { handle: 'dave.b.test' }), '--no-recovery-key', '--json'], {
    env,
    onLine: ({ type, step, phase }) => {
      if (type !== 'step' || step !== 'import' || phase !== 'observed') return
      wrote = accounts.createRecord(dave, 'com.example.note', { title: 'in the midst of it' }, 'midst')
    },
  })
  const moved = await done
  ok(moved)
  await wrote
  const { records } = await repositories.openRepo(await repositories.getRepo(network.pds.b, dave.did))
  assert.ok(wrote, 'something was written')
  assert.ok(records.has('com.example.note/midst'))
  assert.equal(records.size, 51)
})

test('a host that wants an invite gets one; without, nothing has happened', { timeout: 300_000 }, async () => {
  const erin = await accounts.createAccount(network.pds.a, { handle: 'erin' })
  await accounts.createRecords(erin, { 'app.bsky.feed.post': 10 })
  const files = secretFiles(join(home, 'secrets'), erin)
  const args = moveArguments(network, erin, 'c', files, { handle: 'erin.c.test' })
  const without = await run([...args, '--no-recovery-key', '--json'], { env })
  ok(without, 4)
  assert.equal(without.last.id, 'move.invite_needed')
  assert.equal((await network.plc.operations(erin.did)).length, 1)
  const before = await look(erin)
  ok(await run([...args, '--no-recovery-key', '--invite-code', await network.pds.c.createInvite(), '--json'], { env }))
  await compareHosts(network, erin, 'c', before, files)
})

test('a host that takes no piece of a repository, however small, stops the move, and it is said who can change that', { timeout: 300_000 }, async () => {
  const olga = await accounts.createAccount(network.pds.a, { handle: 'olga' })
  await accounts.createRecords(olga, { 'app.bsky.feed.post': 400 })
  const files = secretFiles(join(home, 'secrets'), olga)
  const args = [...moveArguments(network, olga, 'c', files, { handle: 'olga.c.test' }), '--no-recovery-key',
    '--invite-code', await network.pds.c.createInvite()]
  // A proxy before the host: what it refuses never comes to the host, whose own limit is far below the repository too.
  network.addRule({ server: 'c', path: 'importRepo', action: 'reply', status: 413, headers: { 'content-type': 'text/html' }, body: '<html>413 Request Entity Too Large</html>', times: 0 })
  const stopped = await run([...args, '--json'], { env })
  ok(stopped, 1)
  assert.equal(stopped.last.kind, 'limit_exceeded')
  assert.equal(stopped.last.http_status, 413)
  assert.match(stopped.last.hint, /PDS_MAX_REPO_IMPORT_SIZE/)
  assert.equal((await network.plc.operations(olga.did)).length, 1)
  assert.equal(network.pds.c.effects(olga.did)['com.atproto.repo.importRepo'] ?? 0, 0)
})

test('a lost blob stops the move before the identity changes, unless it is allowed', { timeout: 300_000 }, async () => {
  const frank = await accounts.createAccount(network.pds.a, { handle: 'frank' })
  const [lost] = await accounts.postPictures(frank, 3)
  network.addRule({ path: `getBlob.*${lost}`, action: 'reply', status: 404, json: { error: 'BlobNotFound', message: 'gone' }, times: 0 })
  const files = secretFiles(join(home, 'secrets'), frank)
  const args = moveArguments(network, frank, 'b', files, { handle: 'frank.b.test' })
  const stopped = await run([...args, '--no-recovery-key', '--json'], { env })
  ok(stopped, 3)
  assert.equal(stopped.last.id, 'move.blobs_missing')
  assert.ok(stopped.lines.some(({ type, id, where }) => type === 'finding' && id === 'blob.missing' && where === lost))
  assert.equal((await network.plc.operations(frank.did)).length, 1)
  const allowed = temp.at('allowed')
  writeFileSync(allowed, `${lost}\n`)
  const moved = await run([...args, '--no-recovery-key', '--allow-missing-blobs', allowed, '--json'], { env })
  ok(moved, 3)
  assert.equal((await network.plc.operations(frank.did)).length, 2)
})

test('refusals: the old handle, the same host, the old password, nobody to agree', { timeout: 300_000 }, async () => {
  const gina = await accounts.createAccount(network.pds.a, { handle: 'gina' })
  const files = secretFiles(join(home, 'secrets'), gina)
  const refuse = async (args, id) => {
    const result = await run([...args, '--json'], { env })
    assert.equal(result.code, 22, result.text + result.stderr)
    assert.equal(result.last.id, id)
  }
  await refuse(moveArguments(network, gina, 'b', files, { handle: 'gina.a.test' }), 'move.handle')
  await refuse(moveArguments(network, gina, 'b', files), 'move.handle')
  await refuse(moveArguments(network, gina, 'a', files), 'move.same_host')
  await refuse(['migrate', gina.did, '--to', network.pds.b.url, '--handle', 'gina.b.test', '--no-recovery-key'], 'move.confirm')
  writeFileSync(files.newPassword, gina.password, { mode: 0o600 })
  await refuse([...moveArguments(network, gina, 'b', files, { handle: 'gina.b.test' }), '--no-recovery-key'], 'move.same_password')
  assert.equal((await network.plc.operations(gina.did)).length, 1)
})

test('a move killed after the activation goes on although the account is used on the new host', { timeout: 300_000 }, async () => {
  const hugo = await accounts.createAccount(network.pds.a, { handle: 'hugo' })
  await accounts.createRecords(hugo, { 'app.bsky.feed.post': 20 })
  const files = secretFiles(join(home, 'secrets'), hugo)
  const args = [...moveArguments(network, hugo, 'b', files, { handle: 'hugo.b.test' }), '--no-recovery-key', '--json']
  network.addRule({ action: 'kill', pid: 'client', agent: '^atbackup', path: 'activateAccount', when: 'after' })
  assert.equal((await run(args, { env })).signal, 'SIGKILL')
  network.clearRules()
  const there = await accounts.logIn(network.pds.b, { did: hugo.did, password: readFileSync(files.newPassword, 'utf8') })
  await accounts.createRecord(there, 'com.example.note', { title: 'from the new home' }, 'first')
  const resumed = await run(['migrate', 'resume', ...args.slice(4)], { env })
  ok(resumed)
  assert.ok(resumed.last.notes.some((note) => note.includes('1 records written, 0 changed, 0 deleted')), resumed.last.notes.join())
  const { records } = await repositories.openRepo(await repositories.getRepo(network.pds.b, hugo.did))
  assert.equal(records.size, 21)
})
