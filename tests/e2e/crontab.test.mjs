// The crontab line of the README does what it promises when cron runs it: twice, in cron's environment, without a terminal.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import * as accounts from '../network/accounts.mjs'
import { startNetwork } from '../network/network.mjs'

const program = resolve(process.env.ATBACKUP ?? '')
const temp = mkdtempSync(join(tmpdir(), 'atbackup-crontab-'))
const home = join(temp, 'home of alice') // a space, as an honest quoting test
let network, alice

before(async () => {
  network = await startNetwork({ dir: join(temp, 'servers'), pds: [{ name: 'a' }] })
  alice = await accounts.createAccount(network.pds.a, { handle: 'alice' })
  await accounts.createRecords(alice, { 'app.bsky.feed.post': 20 })
  await accounts.postPictures(alice, 2)
}, { timeout: 120_000 })

after(async () => {
  await network?.stop()
  rmSync(temp, { recursive: true, force: true })
}, { timeout: 30_000 })

// The one line that looks like a crontab entry.
function crontabLine() {
  const lines = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8').split('\n')
  const found = lines.filter((line) => /^ {4}(\S+ ){5}.*atbackup/.test(line) && /^[\d*/,-]+$/.test(line.trim().split(' ')[0]))
  assert.equal(found.length, 1, 'the README has one crontab line')
  return found[0].trim()
}

// crontab(5): five fields, then the command up to the first '%' that has no backslash; what follows is its standard input,
// further ones are line ends, and "\%" is a percent sign.
function parseCrontab(line) {
  const [, when, rest] = /^((?:\S+\s+){5})(.*)$/.exec(line)
  const parts = rest.split(/(?<!\\)%/).map((part) => part.replaceAll('\\%', '%'))
  return { fields: when.trim().split(/\s+/), command: parts[0], input: parts.slice(1).join('\n') }
}

function runAsCron({ command, input }) {
  return spawnSync('/bin/sh', ['-c', command], {
    cwd: home,
    input,
    encoding: 'utf8',
    timeout: 120_000,
    env: {
      HOME: home, LOGNAME: 'alice', SHELL: '/bin/sh', PATH: '/usr/bin:/bin',
      // where the world of this test is; a real crontab needs none of it
      ATBACKUP_PLC_URL: network.plc.url,
      ATBACKUP_DNS_SERVER: network.dns.address,
      ATBACKUP_ALLOW_PRIVATE_HOSTS: `${new URL(network.plc.url).host},${new URL(network.pds.a.url).host}`,
    },
  })
}

test('the line is one that cron takes as it is meant', () => {
  const { fields, command, input } = parseCrontab(crontabLine())
  const ranges = [[0, 59], [0, 23], [1, 31], [1, 12], [0, 7]]
  fields.forEach((field, n) => {
    if (field !== '*') assert.ok(Number(field) >= ranges[n][0] && Number(field) <= ranges[n][1], `field ${n + 1}: ${field}`)
  })
  assert.equal(input, '', "no '%' without a backslash")
  assert.match(command, /^"\$HOME\/\S*\/atbackup" export/, 'the program is named by its full path: cron has a short PATH')
  assert.ok(command.includes(' alice.example.com '), 'the account is the one that is replaced below')
})

test('cron runs it at night, and again the night after', () => {
  mkdirSync(join(home, '.local/bin'), { recursive: true })
  mkdirSync(join(home, 'backups')) // the README says so
  symlinkSync(program, join(home, '.local/bin/atbackup'))
  const entry = parseCrontab(crontabLine().replace('alice.example.com', alice.handle))
  const backup = join(home, 'backups/alice')
  const log = join(home, 'backups/alice.log')

  const first = runAsCron(entry)
  assert.equal(first.status, 0, readFileSync(log, 'utf8'))
  assert.equal(first.stdout + first.stderr, '', 'all output is in the log: cron sends no mail')
  assert.ok(existsSync(join(backup, 'repo.car')))
  const made = statSync(join(backup, 'repo.car')).mtimeMs

  const second = runAsCron(entry)
  assert.equal(second.status, 0, readFileSync(log, 'utf8'))
  assert.equal(statSync(join(backup, 'repo.car')).mtimeMs, made, 'nothing new, nothing replaced')
  assert.match(readFileSync(log, 'utf8'), /up to date/)

  const proof = spawnSync(program, ['verify', backup, '--did', alice.did], { encoding: 'utf8' })
  assert.equal(proof.status, 0, proof.stdout + proof.stderr)
})

test('a failure is in the log, and in the exit code', async () => {
  await network.kill('a')
  const entry = parseCrontab(crontabLine().replace('alice.example.com', 'nobody.a.test'))
  const run = runAsCron(entry)
  assert.notEqual(run.status, 0)
  assert.match(readFileSync(join(home, 'backups/alice.log'), 'utf8'), /atbackup: /)
})
