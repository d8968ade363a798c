// `./dev demo`: the whole job on real servers on this machine, told step by step. Every command it shows is run as shown;
// a step that does not do what its words promise ends the demo with exit code 1.
//   run.sh demo.mjs PROGRAM [FOLDER]
import { spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import * as accounts from '../network/accounts.mjs'
import { startNetwork } from '../network/network.mjs'

const root = resolve(import.meta.dirname, '../..')
const program = resolve(process.argv[2] ?? join(root, 'build/release/atbackup'))
const folder = resolve(process.argv[3] ?? join(root, 'build/demo'))
const colour = process.stdout.isTTY && !process.env.NO_COLOR
const paint = (code, text) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text)
const started = Date.now()
const seconds = () => ((Date.now() - started) / 1000).toFixed(1)
let steps = 0

const step = (title) => process.stdout.write(`\n${paint(1, `${++steps}. ${title}`)}\n`)
const say = (text) => process.stdout.write(`   ${text.replaceAll('\n', '\n   ')}\n`)

class Failed extends Error {}
const must = (holds, what) => { if (!holds) throw new Failed(what) }

// Shows the command as one would type it, runs it, shows what it prints, and holds its exit code against the promise.
async function run(words, { expect = 0, show = () => true } = {}) {
  const typed = words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`)).join(' ')
  process.stdout.write(`\n   ${paint(36, `$ atbackup ${typed}`)}\n`)
  const child = spawn(program, words, { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part) => { text += part })
  }
  const code = await new Promise((done, failed) => child.on('close', done).on('error', failed))
  for (const line of text.trimEnd().split('\n').filter(show)) process.stdout.write(`   ${paint(2, '|')} ${line}\n`)
  must(code === expect, `exit code ${code}, and ${expect} was promised`)
  return text
}

function size(path) {
  const entry = statSync(path)
  return entry.isFile() ? entry.size : readdirSync(path).reduce((sum, name) => sum + size(join(path, name)), 0)
}

// A program that prints what the old host's mail would say: in life one reads the mail and types the code.
function writeMailReader(host, did) {
  const file = join(folder, 'read-mail')
  const url = `${host.control}/email-token?did=${did}&purpose=plc_operation`
  const code = `const r = await fetch(${JSON.stringify(url)}); console.log((await r.json()).token)`
  writeFileSync(file, `#!/bin/sh\nexec '${process.execPath}' --input-type=module -e '${code}'\n`, { mode: 0o755 })
}

rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
let environment = {}
let network
let code = 1
try {
  say(`This shows atbackup on real AT Protocol servers, all on this machine.
Files are in ${relative(process.cwd(), folder) || '.'}/ and stay there to look at.`)

  step('Start a PLC directory, two hosts and a DNS server')
  network = await startNetwork({ dir: join(folder, 'servers') })
  const { a, b } = network.pds
  environment = {
    PATH: process.env.PATH,
    HOME: folder,
    XDG_STATE_HOME: join(folder, 'state'),
    ATBACKUP_PLC_URL: network.plc.url,
    ATBACKUP_DNS_SERVER: network.dns.address,
    ATBACKUP_ALLOW_PRIVATE_HOSTS: [network.plc.url, a.url, b.url].map((url) => new URL(url).host).join(','),
  }
  say(`old host   ${a.url}   gives out handles such as alice.a.test
new host   ${b.url}   gives out handles such as alice.b.test
directory  ${network.plc.url}`)

  step('Make an account with posts and pictures')
  const alice = await accounts.createAccount(a, { handle: 'alice' })
  await accounts.createRecords(alice, { 'app.bsky.feed.post': 300, 'app.bsky.feed.like': 150, 'app.bsky.graph.follow': 50 })
  await accounts.postPictures(alice, 8, 200_000)
  await accounts.setProfile(alice)
  await accounts.setPreferences(alice)
  say(`alice.a.test is ${alice.did}:
500 records, 8 pictures, a profile, preferences.`)
  writeFileSync(join(folder, 'old-password'), `${alice.password}\n`, { mode: 0o600 })
  writeFileSync(join(folder, 'new-password'), 'a new and better password\n', { mode: 0o600 })
  writeFileSync(join(folder, 'passphrase'), 'only alice knows this\n', { mode: 0o600 })
  writeMailReader(a, alice.did)

  step('Make a key of one\'s own, and put it into the account')
  say(`In life this asks its questions at the terminal, and shows the key once, to be printed. Here files answer, and
./read-mail stands for reading the code that the host mails. The host signs for the key: that takes a living one.`)
  await run(['key', 'new', 'alice.key', '--passphrase-file', 'passphrase'])
  await run(['key', 'enroll', 'alice.a.test', '--rotation-key', 'alice.key', '--passphrase-file', 'passphrase',
    '--password-file', 'old-password', '--plc-token-command', './read-mail', '--confirm', alice.did])

  step('Log in, so that the private preferences are kept too')
  await run(['login', 'alice.a.test', '--password-file', 'old-password'])

  step('Export: fetch everything, prove it, keep it')
  await run(['export', 'alice.a.test', '-o', 'backup/', '--quiet'])
  say(`\nbackup/ now holds ${readdirSync(join(folder, 'backup')).join(', ')}: ${Math.round(size(join(folder, 'backup')) / 1000)} kB.`)

  step('Verify: prove it again, without any network')
  const sound = await run(['verify', 'backup/', '--did', alice.did])
  must(sound.startsWith(alice.did), 'the verdict names the account first')

  step('Flip one bit of one byte, and verify again')
  const car = join(folder, 'backup/repo.car')
  copyFileSync(car, join(folder, 'repo.car.good'))
  const bytes = readFileSync(car)
  const where = Math.floor(bytes.length / 2)
  bytes[where] ^= 1
  writeFileSync(car, bytes)
  say(`Byte ${where} of ${bytes.length} in backup/repo.car is changed. Exit code 20 means damaged:`)
  await run(['verify', 'backup/'], { expect: 20 })
  copyFileSync(join(folder, 'repo.car.good'), car)
  say('\nThe byte is put back.')

  step('Kill the old host')
  await network.kill('a')
  say(`${a.url} is dead: no login, no e-mail, nobody to sign for anything. alice.a.test leads nowhere.`)

  step('Move all the same: from the backup, with the key')
  await run(['migrate', 'alice.a.test', '--to', b.url, '--from', 'backup/', '--rotation-key', 'alice.key',
    '--passphrase-file', 'passphrase', '--handle', 'alice.b.test', '--email', 'alice@example.org',
    '--new-password-file', 'new-password', '--confirm', alice.did, '--yes', '--quiet'])
  await run(['key', 'check', 'alice.key', alice.did, '--passphrase-file', 'passphrase'])

  step('Verify on the new host: export from there, and prove that')
  await run(['login', alice.did, '--password-file', 'new-password'])
  await run(['export', alice.did, '-o', 'backup-new-host/', '--quiet'])
  await run(['verify', 'backup-new-host/', '--did', alice.did])
  const before = JSON.parse(readFileSync(join(folder, 'backup/backup.json'), 'utf8'))
  const after = JSON.parse(readFileSync(join(folder, 'backup-new-host/backup.json'), 'utf8'))
  must(after.host === b.url, `the new backup comes from ${after.host}`)
  must(before.repository.data.startsWith('bafy') && before.repository.data === after.repository.data, 'both backups hold the same tree')
  say(`\nThe same account, the same records and pictures, the same hash over all of them
(${after.repository.data}),
and the key that signs is the new host's.`)

  process.stdout.write(`\n${paint(32, 'All of it held.')} ${seconds()} s. Next: README.md, for an account of your own.\n`)
  code = 0
} catch (error) {
  process.stdout.write(`\n${paint(31, 'The demo failed:')} ${error instanceof Failed ? error.message : error.stack}\n` +
    `What the servers said is in ${join(relative(process.cwd(), folder), 'servers')}/*.log\n`)
} finally {
  await network?.stop()
}
process.exit(code)
