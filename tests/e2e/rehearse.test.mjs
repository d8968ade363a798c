// The drill: a whole move from a backup to a real server that the program starts by itself.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import * as accounts from '../network/accounts.mjs'
import { startNetwork } from '../network/network.mjs'
import { makeRepo } from './support/made-repo.mjs'
import { secretFiles, look } from './support/moves.mjs'
import { environmentFor, ok, run, scratch, start, tokenCommand } from './support/program.mjs'

const temp = scratch('rehearse')
const serverDir = dirname(realpathSync(new URL('../node_modules', import.meta.url)))
// A machine without a network, where this user may make one: only loopback is there.
const alone = ['unshare', '--map-root-user', '--net', 'sh', '-c', 'ip link set lo up && exec "$0" "$@"']
const canBeAlone = spawnSync(alone[0], [...alone.slice(1), 'true']).status === 0

let network, env, alice, files, backup, there, work

before(async () => {
  network = await startNetwork({ dir: temp.at('network'), pds: [{ name: 'a' }] })
  mkdirSync(temp.at('home'))
  work = temp.at('work')
  mkdirSync(work)
  env = { ...environmentFor(network, temp.at('home')), TMPDIR: work, ATBACKUP_SERVER_DIR: serverDir }
  alice = await accounts.createAccount(network.pds.a, { handle: 'alice' })
  files = secretFiles(temp.at('secrets'), alice)
  await accounts.createRecords(alice, { 'app.bsky.feed.post': 150, 'app.bsky.feed.like': 80 })
  await accounts.postPictures(alice, 5)
  await accounts.setPreferences(alice)
  ok(await run(['key', 'new', temp.at('alice.key'), '--passphrase-file', files.passphrase, '--json'], { env }))
  ok(await run(['key', 'enroll', alice.did, '--rotation-key', temp.at('alice.key'), '--passphrase-file', files.passphrase,
    '--password-file', files.password, '--plc-token-command', tokenCommand(alice.host, alice.did), '--confirm', alice.did, '--json'], { env }))
  ok(await run(['login', alice.did, '--password-file', files.password], { env }))
  backup = temp.at('backup')
  ok(await run(['export', alice.did, '-o', `${backup}/`, '--json'], { env }))
  there = await look(alice)
}, { timeout: 120_000 })

after(async () => {
  await network?.stop()
  temp.remove()
}, { timeout: 30_000 })

const rehearse = (args, options = {}) => run(['migrate', 'rehearse', ...args, '--json'], { env, ...options })

const everyFile = (dir) => readdirSync(dir, { recursive: true }).map(String).sort()
const filesOf = (dir) => everyFile(dir).map((name) => {
  const info = statSync(join(dir, name))
  return `${name} ${info.isFile() ? `${info.size} ${info.mtimeMs}` : ''}`
})

// Processes that run a server of a rehearsal in our folder.
const servers = () => execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n')
  .filter((line) => line.includes(`${work}/atbackup-rehearsal-`))

async function nothingIsLeft() {
  for (let tries = 0; tries < 100 && (servers().length > 0 || readdirSync(work).length > 0); tries++) await sleep(100)
  assert.deepEqual(servers(), [])
  assert.deepEqual(readdirSync(work), [])
}

test('a sound backup restores, on a machine that has no network at all', { timeout: 120_000 }, async (t) => {
  if (!canBeAlone) t.diagnostic('this user may not take the network away: the requests at the network\'s servers are counted alone')
  const before = { state: filesOf(env.XDG_STATE_HOME), backup: filesOf(backup), requests: network.requestCount() }
  const result = await rehearse([backup], { wrapper: canBeAlone ? alone : [] })
  ok(result)
  const { last } = result
  assert.equal(last.command, 'migrate rehearse')
  assert.equal(last.did, alice.did)
  assert.equal(last.data, there.data, 'the same tree')
  assert.equal(last.records, there.records.size)
  assert.equal(last.blobs, there.blobs.length)
  assert.ok(last.blob_bytes > 0)
  assert.equal(last.preferences, 4)
  assert.equal(last.operations, 2, 'the first and the second change of the identity')
  assert.deepEqual(last.refused, [], 'the server did not even try to go elsewhere')
  assert.equal(network.requestCount(), before.requests, 'no server of the network was asked')
  assert.deepEqual(filesOf(backup), before.backup, 'the backup is as it was')
  assert.deepEqual(filesOf(env.XDG_STATE_HOME), before.state, 'and so is the state of the program')
  assert.equal((await network.plc.operations(alice.did)).length, 2)
  assert.ok(result.lines.some(({ type, step, phase }) => type === 'step' && step === 'proof' && phase === 'skipped'))
  t.diagnostic(`the server was there after ${last.server_milliseconds} ms, all done after ${last.milliseconds} ms`)
  await nothingIsLeft()
})

test('in words: the verdict first; one\'s own key is looked at, and signs nothing', { timeout: 120_000 }, async () => {
  const result = await run(['migrate', 'rehearse', backup, '--rotation-key', temp.at('alice.key'), '--passphrase-file', files.passphrase], { env })
  ok(result)
  assert.match(result.text, /^This backup restores: [\d,]+ records, \d+ blobs \(.*\), 4 preferences, in [\d.]+ s\n/)
  assert.match(result.text, /yours opens, and is number 1 in the account's record; it signed nothing here/)
  assert.match(result.text, /nothing was reached, or tried/)
  await nothingIsLeft()

  const other = temp.at('other.key')
  ok(await run(['key', 'new', other, '--passphrase-file', files.passphrase, '--json'], { env }))
  const unknown = await rehearse([backup, '--rotation-key', other, '--passphrase-file', files.passphrase])
  ok(unknown, 22)
  assert.equal(unknown.last.id, 'leave.key_unknown')
  await nothingIsLeft()
})

test('a blob that the backup lacks is named; without it the rest restores', { timeout: 120_000 }, async () => {
  const lost = there.blobs[0]
  const part = temp.at('part')
  network.addRule({ server: 'a', path: `getBlob.*${lost}`, action: 'reply', status: 404, json: { error: 'BlobNotFound', message: 'gone' }, times: 0 })
  ok(await run(['export', alice.did, '-o', `${part}/`, '--json'], { env }), 3)
  network.clearRules()
  const stopped = await run(['migrate', 'rehearse', part, '-v'], { env })
  ok(stopped, 3)
  assert.ok(stopped.stderr.includes(lost), stopped.stderr)
  assert.match(stopped.stderr, /This backup does not restore as it is\.\n(.*\n)+.*A real move would have stopped there too: Prove the backup\./)
  assert.match(stopped.stderr, /\[move\.blobs_missing\]/)
  await nothingIsLeft()

  const list = temp.at('missing')
  writeFileSync(list, `${lost}\n`)
  const less = await rehearse([part, '--allow-missing-blobs', list, '--keep', '-vvv'])
  ok(less, 3)
  assert.equal(less.last.blobs, there.blobs.length - 1)
  assert.equal(less.last.missing_blobs, 1)

  // Its files were to be kept. The password and the key in them are worth nothing elsewhere.
  const { folder } = less.last
  assert.ok(existsSync(join(folder, 'server.log')))
  const key = readFileSync(join(folder, 'rotation.key'), 'utf8')
  assert.match(key, /^k256 [0-9a-f]{64}\n$/)
  for (const secret of [key.slice(5, 69), readFileSync(join(folder, 'password'), 'utf8')]) {
    for (const told of [less.text, less.stderr, readFileSync(join(folder, 'server.log'), 'latin1')]) assert.ok(!told.includes(secret))
  }
  const check = await run(['key', 'check', join(folder, 'rotation.key'), alice.did, '--json'], { env })
  assert.notEqual(check.code, 0, check.text)
  rmSync(folder, { recursive: true })
  await nothingIsLeft()
})

test('a lone CAR holds no blobs, and so does not restore whole; there is nothing to resume', { timeout: 60_000 }, async () => {
  const car = temp.at('lone.car')
  await makeRepo(car, { records: 200 })
  const result = await rehearse([car])
  ok(result, 3)
  assert.equal(result.last.id, 'move.upload')
  assert.match(result.last.hint, /rehearse again/)
  assert.ok(result.last.context.includes('while rehearsing the move'))
  await nothingIsLeft()
})

test('without the server, how to get it', async () => {
  mkdirSync(temp.at('empty'))
  const none = await rehearse([backup, '--server-dir', temp.at('empty')])
  ok(none, 22)
  assert.equal(none.last.id, 'rehearse.no_server')
  assert.match(none.last.hint, /npm install @atproto\/pds/)
  ok(await rehearse([temp.at('nothing')]), 10)
})

test('whatever the server tries, nothing outside is reached, and that is told', { timeout: 60_000 }, async () => {
  const dir = temp.at('curious')
  mkdirSync(join(dir, 'node_modules/@atproto/pds'), { recursive: true })
  mkdirSync(join(dir, 'bin'))
  symlinkSync(process.execPath, join(dir, 'bin/node'))
  writeFileSync(join(dir, 'node_modules/@atproto/pds/package.json'),
    JSON.stringify({ name: '@atproto/pds', version: '0.0.0', type: 'module', exports: './index.js', engines: { node: '>=22' } }))
  writeFileSync(join(dir, 'node_modules/@atproto/pds/index.js'), `
    import dns from 'node:dns'
    import { lookup, resolveTxt } from 'node:dns/promises'
    import http from 'node:http'
    import net from 'node:net'
    import tls from 'node:tls'
    const socket = (made) => new Promise((resolve, reject) => made.once('connect', resolve).once('secureConnect', resolve).once('error', reject))
    const ways = {
      fetch: () => fetch('https://fetched.example/'),
      address: () => fetch('http://192.0.2.1/'),
      http: () => new Promise((resolve, reject) => http.get('http://asked.example/', resolve).once('error', reject)),
      net: () => socket(net.connect(443, '198.51.100.7')),
      options: () => socket(net.createConnection({ host: '203.0.113.9', port: 25 })),
      tls: () => socket(tls.connect(443, 'tls.example')),
      lookup: () => lookup('looked-up.example'),
      callback: () => new Promise((resolve, reject) => dns.lookup('called-back.example', (error) => error ? reject(error) : resolve())),
      txt: () => resolveTxt('_atproto.example.com'),
    }
    export const PDS = { async fromEnv(env) {
      if (env.adminPassword.length < 32) throw new Error('weak secrets')
      const tried = {}
      for (const [name, way] of Object.entries(ways)) tried[name] = await way().then(() => 'REACHED', (error) => (error.cause ?? error).code)
      throw new Error('tried ' + JSON.stringify(tried))
    } }`)
  const result = await rehearse([backup, '--server-dir', dir, '--keep'])
  ok(result, 1)
  assert.equal(result.last.id, 'rehearse.server')
  const tried = JSON.parse(/tried (\{.*\})/.exec(result.last.message)[1])
  assert.equal(Object.keys(tried).length, 9)
  for (const [way, code] of Object.entries(tried)) assert.equal(code, /lookup|callback/.test(way) ? 'ENOTFOUND' : 'ECONNREFUSED', way)
  const [folder] = readdirSync(work)
  const refused = readFileSync(join(work, folder, 'refused'), 'utf8')
  for (const name of ['fetched.example', '192.0.2.1', 'asked.example', '198.51.100.7', '203.0.113.9', 'tls.example', 'looked-up.example', 'called-back.example']) {
    assert.ok(refused.includes(name), name)
  }
  rmSync(join(work, folder), { recursive: true })
})

test('interrupted or killed at any moment, neither server nor folder is left', { timeout: 200_000 }, async () => {
  for (const [signal, code, step] of [['SIGINT', 130, 'import'], ['SIGTERM', 143, 'claim'], ['SIGKILL', null, 'blobs']]) {
    let struck = false
    const { done } = start(['migrate', 'rehearse', backup, '--json'], {
      env,
      onLine: (line, child) => {
        if (struck || line.step !== step) return
        struck = true
        const [server] = servers()
        assert.ok(server, 'the server runs')
        // Nothing secret in its arguments or environment, and nobody else can look into the folder.
        const pid = server.trim().split(/\s+/)[0]
        for (const file of ['cmdline', 'environ']) {
          assert.doesNotMatch(readFileSync(`/proc/${pid}/${file}`, 'latin1'), /[0-9a-f]{32}|PASS|SECRET|KEY/)
        }
        const [folder] = readdirSync(work)
        assert.equal(statSync(join(work, folder)).mode & 0o777, 0o700)
        child.kill(signal)
      },
    })
    const result = await done
    assert.ok(struck, result.text)
    assert.equal(code === null ? result.signal : result.code, code ?? signal, result.text)
    await nothingIsLeft()
  }
  assert.ok(!existsSync(join(env.XDG_STATE_HOME, 'atbackup', 'moves')))
})
