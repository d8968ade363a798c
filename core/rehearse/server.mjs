// The reference server for a drill. Started by the program with a pipe on standard input: its first line says what to
// do, and its end means that the program is gone, in whatever way. Then this process goes too, and takes the folder of
// the drill with it. All secrets of the server are made here, and are told to nobody.
import dns from 'node:dns'
import { appendFileSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import http from 'node:http'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import net from 'node:net'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

// The one line that is read. Whatever the server prints goes to its log: a pipe that nobody reads fills up.
const print = process.stdout.write.bind(process.stdout)
const say = (line) => print(JSON.stringify(line) + '\n')
process.stdout.write = process.stderr.write.bind(process.stderr)
const secret = () => randomBytes(32).toString('hex')

// Nothing but this machine is reached, whatever the server thinks of: no name is looked up, no other address connected.
function keepInside(note) {
  const inside = new Set(['localhost', '127.0.0.1', '::1'])
  const refuse = (name) => {
    note(name)
    return Object.assign(new Error(`a rehearsal reaches nothing outside: ${name}`), { code: 'ENOTFOUND' })
  }
  const nowhere = { host: '127.0.0.1', port: 9 } // nobody listens there
  const connect = net.Socket.prototype.connect
  net.Socket.prototype.connect = function (...args) {
    // net.connect() hands over a list of its own making, whose first member holds the options.
    const first = Array.isArray(args[0]) ? args[0][0] : args[0]
    const host = typeof first === 'object' ? first?.host : typeof args[1] === 'string' ? args[1] : undefined
    if (host === undefined || inside.has(host)) return connect.apply(this, args)
    note(host)
    return connect.call(this, nowhere) // and fails there as connections do
  }
  const { lookup } = dns
  dns.lookup = function (name, ...rest) {
    if (inside.has(name)) return lookup.call(dns, name, ...rest)
    process.nextTick(rest.at(-1), refuse(name))
  }
  const promised = dns.promises.lookup
  dns.promises.lookup = async (name, ...rest) => {
    if (inside.has(name)) return promised.call(dns.promises, name, ...rest)
    throw refuse(name)
  }
  // All other questions go to the name servers of this process.
  const servers = [`${nowhere.host}:${nowhere.port}`]
  dns.setServers(servers)
  dns.promises.setServers(servers)
  syncBuiltinESMExports()
}

async function serve({ folder, package: home, directory, document, domain, limit }) {
  keepInside((what) => appendFileSync(join(folder, 'refused'), `${what}\n`))
  const entry = createRequire(join(home, 'package.json')).resolve('@atproto/pds')
  const { PDS } = await import(pathToFileURL(entry))

  // The port is taken before the server knows it, so nobody else can have it.
  const server = http.createServer()
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  const { port } = server.address()

  const data = join(folder, 'server')
  mkdirSync(join(data, 'blobs'), { recursive: true })
  const pds = await PDS.fromEnv({
    devMode: true,
    port,
    hostname: 'localhost',
    serviceDid: `did:web:host${domain}`,
    serviceHandleDomains: [domain],
    dataDirectory: data,
    blobstoreDiskLocation: join(data, 'blobs'),
    blobstoreDiskTmpLocation: join(data, 'blobs-temp'),
    didPlcUrl: directory,
    blobUploadLimit: limit, // of a repository's import too
    inviteRequired: false,
    rateLimitsEnabled: false,
    crawlers: [],
    disableSsrfProtection: true, // its directory is on this machine
    // Without the name of an AppView it keeps no preferences. Nothing listens there.
    bskyAppViewUrl: 'http://127.0.0.1:9',
    bskyAppViewDid: 'did:web:nobody.invalid',
    jwtSecret: secret(),
    adminPassword: secret(),
    plcRotationKeyK256PrivateKeyHex: secret(),
  })
  if (document) {
    // The account is a did:web: its document is where the program says, and nowhere else.
    const { methods } = pds.ctx.idResolver.did
    const web = methods instanceof Map ? methods.get('web') : methods.web
    web.resolveNoCheck = async () => (await fetch(document)).json()
  }
  pds.app.listen = () => {
    server.on('request', pds.app)
    setImmediate(() => server.emit('listening')) // which it waits for
    return server
  }
  await pds.start()
  return `http://localhost:${port}`
}

// Only when the program cannot do it any more. Nothing else runs meanwhile but what has been handed to the system
// already, such as a write of a blob; that may put a file into a folder that was just emptied.
function removeFolder(folder) {
  const clock = new Int32Array(new SharedArrayBuffer(4))
  for (let tries = 0, gone = 0; tries < 100 && gone < 2; tries++) {
    try {
      rmSync(folder, { recursive: true, force: true })
    } catch { /* once more */ }
    gone = existsSync(folder) ? 0 : gone + 1
    Atomics.wait(clock, 0, 0, 50)
  }
}

let order = null
const leave = (status) => {
  if (order && !order.keep) removeFolder(order.folder)
  process.exit(status)
}
process.on('SIGTERM', () => process.exit(0))

const lines = createInterface({ input: process.stdin })
lines.once('line', (line) => {
  order = JSON.parse(line)
  serve(order).then(
    (url) => say({ ready: true, url, node: process.version }),
    (error) => {
      process.stderr.write(`${error?.stack ?? error}\n`)
      say({ ready: false, error: String(error?.message ?? error) })
    })
})
lines.once('close', () => leave(0))
