// A reference network: a PLC directory, PDSes and a DNS server, each a process of its own, on free ports of loopback.
// As a library: `startNetwork`. As a program: see README.md.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, openSync, closeSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { listening, startControl } from './process.mjs'
import { openLedger } from './ledger.mjs'
import { serverControls } from './controls.mjs'

const startDeadline = 150_000
const stopDeadline = 8_000

// pds: [{ name, maxImportSize?, blobUploadLimit?, inviteRequired?, rateLimitsEnabled?, env? }]; `env` holds any other
// option of the PDS, by its name in ServerEnvironment. A name makes the handle domain: `a` serves `.a.test`.
export async function startNetwork({ dir, pds = [{ name: 'a' }, { name: 'b' }] }) {
  if (Number(process.versions.node.split('.')[0]) < 22) {
    throw new Error('the reference network needs Node 22: run it through tests/network/run.sh')
  }
  for (let tries = 1; ; tries++) {
    try {
      return await tryStart(resolve(dir), pds)
    } catch (error) {
      // Someone took one of the chosen ports before its server did: choose others.
      if (error.code !== 'EADDRINUSE' || tries === 5) throw error
    }
  }
}

async function tryStart(dir, pds) {
  mkdirSync(dir, { recursive: true })
  const ledgerFile = join(dir, 'ledger.sqlite')
  const ledger = openLedger(ledgerFile)
  const servers = {}
  const stop = async () => {
    await Promise.all(Object.values(servers).map((server) => server.stop()))
    ledger.close()
  }
  try {
    // The DNS server and the hosts must know of each other before they run, so all ports are chosen first.
    const ports = await freePorts(4 + 2 * pds.length)
    const take = () => ({ port: ports.pop(), controlPort: ports.pop(), ledgerFile })
    const plc = { name: 'plc', ...take(), dataFile: join(dir, 'plc.json') }
    const dns = { name: 'dns', ...take(), zones: [] }
    const hosts = pds.map((wish) => hostConfig(join(dir, wish.name), wish, { ...take(), plc, dns }))
    dns.zones = hosts.map(({ name, controlPort }) => ({ domain: `.${name}.test`, control: `http://127.0.0.1:${controlPort}` }))
    servers.plc = serverProcess('plc.mjs', plc, dir)
    servers.dns = serverProcess('dns.mjs', dns, dir)
    for (const host of hosts) servers[host.name] = serverProcess('pds.mjs', host, dir)
    const starts = await Promise.allSettled(Object.values(servers).map((server) => server.start()))
    for (const start of starts) if (start.reason) throw start.reason
    return {
      dir,
      ...serverControls({ ledger, servers, plc, dns, hosts }),
      kill: (name) => servers[name].kill(),
      restart: (name) => servers[name].restart(),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

// A host's keys and secrets are made once and kept in its folder: with others it would no longer own its accounts.
function hostConfig(dir, { name, env, ...wishes }, { plc, dns, ...place }) {
  const secretsFile = join(dir, 'secrets.json')
  mkdirSync(dir, { recursive: true })
  if (!existsSync(secretsFile)) {
    writeFileSync(secretsFile, JSON.stringify({
      jwtSecret: randomBytes(16).toString('hex'),
      adminPassword: randomBytes(16).toString('hex'),
      plcRotationKeyK256PrivateKeyHex: randomBytes(32).toString('hex'),
    }))
  }
  return {
    name,
    dir,
    ...place,
    dnsServer: `127.0.0.1:${dns.port}`,
    env: {
      ...JSON.parse(readFileSync(secretsFile, 'utf8')),
      // A DID of its own: with the default all hosts on localhost are did:web:localhost, and a service token made for
      // one would do for the other.
      serviceDid: `did:web:${name}.test`,
      serviceHandleDomains: [`.${name}.test`],
      didPlcUrl: `http://localhost:${plc.port}`,
      ...wishes,
      ...env,
    },
  }
}

function serverProcess(script, config, dir) {
  const logFile = join(dir, `${config.name}.log`)
  const server = { name: config.name, logFile, pid: null }
  let child = null
  let exited = Promise.resolve()

  server.start = async () => {
    const log = openSync(logFile, 'a')
    child = spawn(process.execPath, [join(import.meta.dirname, script), JSON.stringify(config)], {
      stdio: ['pipe', 'pipe', log],
      env: { ...process.env, LOG_ENABLED: 'true', LOG_LEVEL: 'warn', LOG_DESTINATION: logFile, NODE_OPTIONS: '' },
    })
    closeSync(log)
    const mine = child
    mine.stdin.on('error', () => {}) // its death is told by 'exit'
    exited = new Promise((done) => mine.once('exit', done))
    mine.once('exit', () => { if (child === mine) server.pid = null })
    const ready = await readyLine(mine, logFile)
    server.pid = ready.pid
    return ready
  }
  server.kill = async (signal = 'SIGKILL') => {
    child?.kill(signal)
    await exited
  }
  server.restart = async () => {
    await server.kill()
    await server.start()
  }
  server.stop = async () => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    const late = AbortSignal.timeout(stopDeadline)
    await Promise.race([exited, new Promise((done) => late.addEventListener('abort', done))])
    await server.kill()
  }
  return server
}

async function readyLine(child, logFile) {
  const lines = createInterface({ input: child.stdout })
  const late = setTimeout(() => child.kill('SIGKILL'), startDeadline)
  try {
    for await (const line of lines) {
      if (!line.startsWith('{"ready":')) continue
      const ready = JSON.parse(line)
      if (ready.ready) return ready
      throw Object.assign(new Error(`${child.spawnargs[1]}: ${ready.error}`), { code: ready.code })
    }
    throw new Error(`${child.spawnargs[1]} ended before it was ready; see ${logFile}`)
  } finally {
    clearTimeout(late)
    child.stdout.resume()
  }
}

// Free ports below the range the system hands out for outgoing connections (from 32768 on): there a killed server's
// port could be taken by any client before the server is back.
async function freePorts(count) {
  const ports = new Set()
  for (let tries = 0; ports.size < count; tries++) {
    if (tries > 200) throw new Error('no free ports between 15000 and 32000')
    const port = 15_000 + Math.floor(Math.random() * 17_000)
    const probe = net.createServer()
    try {
      await listening(probe, port)
      ports.add(port)
    } catch (error) {
      if (error.code !== 'EADDRINUSE') throw error
    } finally {
      probe.close()
    }
  }
  return [...ports]
}

// The program: keeps a network running, and tells where it is in a file that appears once all of it is ready.
async function main() {
  const { values } = parseArgs({ options: {
    dir: { type: 'string' },
    'ready-file': { type: 'string' },
    pds: { type: 'string', default: '[{"name":"a"},{"name":"b"}]' },
  } })
  if (!values.dir || !values['ready-file']) {
    process.stderr.write('usage: network.mjs --dir DIR --ready-file FILE [--pds JSON]\n')
    process.exit(2)
  }
  const network = await startNetwork({ dir: values.dir, pds: JSON.parse(values.pds) })
  const ledger = openLedger(join(network.dir, 'ledger.sqlite'))
  const end = () => void network.stop().finally(() => process.exit(0))
  process.on('SIGTERM', end).on('SIGINT', end).on('SIGHUP', end)
  const control = await startControl({
    port: 0,
    ledger,
    routes: {
      'POST /kill': async ({ name }) => network.kill(name),
      'POST /restart': async ({ name }) => {
        await network.restart(name)
        writeFacts()
      },
    },
  })
  const writeFacts = () => {
    const file = values['ready-file']
    const facts = { pid: process.pid, control: `http://127.0.0.1:${control.address().port}`,
      plc: network.plc, dns: network.dns, pds: network.pds }
    writeFileSync(`${file}.new`, JSON.stringify(facts, null, 2) + '\n')
    renameSync(`${file}.new`, file)
  }
  writeFacts()
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main()
