// Runs the program under test as a user would, with a home folder of its own.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const program = process.env.ATBACKUP
if (!program) throw new Error('ATBACKUP must name the program under test')

const longestRun = 300_000
const tokenScript = fileURLToPath(new URL('plc-token.mjs', import.meta.url))

export function scratch(name) {
  const dir = mkdtempSync(join(tmpdir(), `atbackup-${name}-`))
  return { dir, at: (...parts) => join(dir, ...parts), remove: () => rmSync(dir, { recursive: true, force: true }) }
}

export const privateHosts = (network) =>
  [network.plc.url, ...Object.values(network.pds).map(({ url }) => url)].map((url) => new URL(url).host).join(',')

export function environmentFor(network, home) {
  return {
    PATH: process.env.PATH,
    HOME: home,
    XDG_STATE_HOME: join(home, 'state'),
    ATBACKUP_PLC_URL: network.plc.url,
    ATBACKUP_DNS_SERVER: network.dns.address,
    ATBACKUP_ALLOW_PRIVATE_HOSTS: privateHosts(network),
    ...(process.env.ASAN_OPTIONS ? { ASAN_OPTIONS: process.env.ASAN_OPTIONS } : {}),
  }
}

// Starts it; `done` gives { code, signal, stdout, stderr, lines } (lines: the JSON lines of standard output).
// `onLine` is called with each JSON line as it comes. `wrapper`: a command that runs the program.
export function start(args, { env, cwd, input, onLine, wrapper = [] } = {}) {
  const [command, ...words] = [...wrapper, program, ...args]
  const child = spawn(command, words, { env, cwd, stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] })
  if (input !== undefined) child.stdin.end(input)
  const out = []
  let stderr = ''
  let pending = ''
  const lines = []
  child.stdout.on('data', (chunk) => {
    out.push(chunk)
    if (!args.includes('--json')) return
    pending += chunk
    let end
    while ((end = pending.indexOf('\n')) >= 0) {
      const line = JSON.parse(pending.slice(0, end))
      pending = pending.slice(end + 1)
      lines.push(line)
      onLine?.(line, child)
    }
  })
  child.stderr.on('data', (chunk) => { stderr += chunk })
  const timer = setTimeout(() => child.kill('SIGKILL'), longestRun)
  const done = new Promise((resolve) => child.on('close', (code, signal) => {
    clearTimeout(timer)
    resolve({ code, signal, stdout: Buffer.concat(out), text: Buffer.concat(out).toString(), stderr, lines, last: lines.at(-1) })
  }))
  return { child, done }
}

export const run = (args, options) => start(args, options).done

export const ok = (result, code = 0) => assert.equal(result.code, code, result.stderr + result.text)
// Of the JSON lines: those of a type; what stands against a move.
export const typed = ({ lines }, wanted) => lines.filter(({ type }) => type === wanted)
export const obstacles = (result) => typed(result, 'obstacle').map(({ id }) => id)

// What a move in a script needs beside its secrets: the e-mail code is fetched from the host's mail when asked for.
export const tokenCommand = (host, did) => `${process.execPath} ${tokenScript} ${host.control} ${did}`
