// What the processes of a network have in common: the configuration, the ready line, the ways to end, and the control
// endpoint (JSON over HTTP on loopback).
import { readFileSync } from 'node:fs'
import http from 'node:http'

// `start(config)` gives { ready: facts for the ready line, stop: async () => void }.
export async function runProcess(start) {
  const argument = process.argv[2]
  if (!argument) throw new Error('give the configuration: JSON, or the name of a file with it')
  const config = JSON.parse(argument.startsWith('{') ? argument : readFileSync(argument, 'utf8'))

  let stop = async () => {}
  let stopping = false
  const end = () => {
    if (stopping) return
    stopping = true
    setTimeout(() => process.exit(0), 3000).unref()
    stop().then(() => process.exit(0), () => process.exit(1))
  }
  process.on('SIGTERM', end)
  process.on('SIGINT', end)
  // The parent holds the other end of stdin: when it goes, in whatever way, this process goes too.
  process.stdin.on('end', end).on('error', end).resume()

  try {
    const started = await start(config)
    stop = started.stop
    process.stdout.write(JSON.stringify({ ready: true, pid: process.pid, ...started.ready }) + '\n')
  } catch (error) {
    process.stdout.write(JSON.stringify({ ready: false, code: error.code, error: String(error.message) }) + '\n')
    process.stderr.write(`${error.stack}\n`)
    process.exit(1)
  }
}

// What the ledger offers, the same on every process's control endpoint.
const ledgerRoutes = (ledger) => ({
  'GET /count': () => ({ count: ledger.count() }),
  'GET /requests': ({ since }) => ledger.requests(Number(since ?? 0)),
  'POST /reset': () => ledger.resetRequests(),
  'GET /rules': () => ledger.rules(),
  'POST /rules': (spec) => ({ id: ledger.addRule(spec) }),
  'DELETE /rules': () => ledger.clearRules(),
  'GET /effects': () => ledger.effects(),
})

// Routes are named 'METHOD /path' and get the query's parameters or the JSON body; an Error they throw is a 400.
export async function startControl({ port, ledger, routes }) {
  const table = { ...ledgerRoutes(ledger), ...routes }
  const server = http.createServer((req, res) => {
    answer(table, req).then(
      (value) => reply(res, 200, value ?? {}),
      (error) => reply(res, error.status ?? 400, { error: error.message }))
  })
  await listening(server, port)
  return server
}

async function answer(table, req) {
  const url = new URL(req.url, 'http://control')
  const route = table[`${req.method} ${url.pathname}`]
  if (!route) throw Object.assign(new Error(`no such route; there are: ${Object.keys(table).join(', ')}`), { status: 404 })
  const parts = []
  for await (const part of req) parts.push(part)
  const body = parts.length ? JSON.parse(Buffer.concat(parts)) : {}
  return route({ ...Object.fromEntries(url.searchParams), ...body })
}

function reply(res, status, value) {
  res.writeHead(status, { 'content-type': 'application/json' })
  res.end(JSON.stringify(value) + '\n')
}

export function listening(server, port) {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })
}
