// The canary: unique secrets are planted, and looked for in arguments, environments of children, all output at the highest
// verbosity, JSON, journal and temporary files; and the modes of everything written, under umask 0.
import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import * as accounts from '../network/accounts.mjs'
import { startNetwork } from '../network/network.mjs'
import { moveArguments, secretFiles } from './support/moves.mjs'
import { environmentFor, run, scratch, start } from './support/program.mjs'

const temp = scratch('secrets')
let network, env, alice, files

before(async () => {
  network = await startNetwork({ dir: temp.at('network') })
  mkdirSync(temp.at('home'))
  env = environmentFor(network, temp.at('home'))
  alice = await accounts.createAccount(network.pds.a, { handle: 'alice', password: 'canary-main-password-7fd1' })
  await accounts.createRecords(alice, { 'app.bsky.feed.post': 5 })
  await accounts.postPictures(alice, 1)
  await accounts.setPreferences(alice)
  files = secretFiles(temp.at('secret-files'), alice)
  writeFileSync(files.newPassword, 'canary-new-password-93ab\n', { mode: 0o600 })
  writeFileSync(files.passphrase, 'canary-passphrase-c05e\n', { mode: 0o600 })
}, { timeout: 120_000 })

after(async () => {
  await network?.stop()
  temp.remove()
}, { timeout: 30_000 })

const canaries = ['canary-main-password-7fd1', 'canary-new-password-93ab', 'canary-passphrase-c05e']

function everyFile(dir) {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name)
    return entry.isDirectory() ? [path, ...everyFile(path)] : [path]
  })
}

function assertClean(text, where) {
  for (const canary of canaries) assert.ok(!text.includes(canary), `${canary} in ${where}`)
  // Tokens of sessions and services.
  assert.ok(!/eyJ[\w-]{10,}\.eyJ[\w-]{10,}\./.test(text), `a token in ${where}`)
}

function assertModes(dir) {
  for (const path of everyFile(dir)) {
    const info = statSync(path)
    assert.equal(info.mode & 0o777, info.isDirectory() ? 0o700 : 0o600, path)
  }
}

test('a login leaves its secret in no output, and its session in a file of mode 0600', async () => {
  const previous = process.umask(0)
  try {
    const result = await run(['login', 'alice.a.test', '--password-file', files.password, '-vvv', '--json'], { env })
    assert.equal(result.code, 0, result.text)
    assertClean(result.text + result.stderr, 'the output of login')
    assertModes(env.XDG_STATE_HOME)
    const wrong = await run(['login', 'alice.a.test', '--password-file', files.newPassword, '-vvv'], { env })
    assert.equal(wrong.code, 4)
    assertClean(wrong.text + wrong.stderr, 'a refused login')
  } finally {
    process.umask(previous)
  }
})

test('a password file that others can read is refused', async () => {
  chmodSync(files.password, 0o644)
  const result = await run(['login', 'alice.a.test', '--password-file', files.password, '--json'], { env })
  assert.equal(result.code, 22, result.text)
  assert.equal(result.last.id, 'secret.mode')
  chmodSync(files.password, 0o600)
})

test('a password command gets no secret in its environment, and an environment variable works', async () => {
  const spy = temp.at('spy.sh')
  writeFileSync(spy, `#!/bin/sh\ncat /proc/$$/environ > ${temp.at('environ')}\ncat ${files.password}\n`, { mode: 0o700 })
  const byCommand = await run(['login', 'alice.a.test', '--password-command', spy], { env: { ...env, ATBACKUP_PASSPHRASE: canaries[2] } })
  assert.equal(byCommand.code, 0, byCommand.stderr)
  assertClean(readFileSync(temp.at('environ'), 'utf8'), 'the environment of the command')
  const byVariable = await run(['login', 'alice.a.test'], { env: { ...env, ATBACKUP_PASSWORD: alice.password } })
  assert.equal(byVariable.code, 0, byVariable.stderr)
})

test('a whole move leaks nothing: arguments, output, journal, temporary files', { timeout: 300_000 }, async () => {
  const previous = process.umask(0)
  const seen = []
  let commandLine = ''
  try {
    const { child, done } = start([
      ...moveArguments(network, alice, 'b', files, { handle: 'alice.b.test' }),
      '--recovery-key-out', temp.at('recovery.key'), '--passphrase-file', files.passphrase, '-vvv', '--json',
    ], {
      env,
      onLine: () => {
        // A look over its shoulder at each step: everything on disk but the file that may hold secrets.
        try {
          commandLine ||= readFileSync(`/proc/${child.pid}/cmdline`, 'utf8')
          for (const path of everyFile(env.XDG_STATE_HOME)) {
            if (statSync(path).isDirectory()) continue
            const text = readFileSync(path, 'latin1')
            if (/\/(old|new|sessions)\//.test(path)) continue
            for (const canary of canaries) if (text.includes(canary)) seen.push(`${canary} in ${path}`)
          }
        } catch { /* a file may be gone the next moment */ }
      },
    })
    const moved = await done
    assert.equal(moved.code, 0, moved.text + moved.stderr)
    assert.ok(commandLine)
    assertClean(commandLine, 'the arguments')
    assertClean(moved.text + moved.stderr, 'the output')
    assert.deepEqual(seen, [])
    assertModes(env.XDG_STATE_HOME)
    assert.equal(statSync(temp.at('recovery.key')).mode & 0o777, 0o600)
    for (const path of everyFile(join(env.XDG_STATE_HOME, 'atbackup', 'moves'))) {
      if (!statSync(path).isDirectory()) assertClean(readFileSync(path, 'latin1'), path)
      assert.ok(!/\/secrets$/.test(path))
    }
    for (const sessions of ['old', 'new']) {
      const [move] = readdirSync(join(env.XDG_STATE_HOME, 'atbackup', 'moves'))
      const folder = join(env.XDG_STATE_HOME, 'atbackup', 'moves', move, sessions)
      if (existsSync(folder)) assert.deepEqual(readdirSync(folder).filter((name) => name.endsWith('.json')), [])
    }
  } finally {
    process.umask(previous)
  }
})
