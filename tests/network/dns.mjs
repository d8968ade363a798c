// A DNS server as a process: answers `_atproto.<handle>` TXT over UDP with `did=...`. Handles under a PDS's own domain
// are asked of that PDS (so they follow its accounts, and end with it); all others are set through the control endpoint.
import dgram from 'node:dgram'
import { openLedger } from './ledger.mjs'
import { runProcess, startControl } from './process.mjs'

const TXT = 16
const IN = 1
const noError = 0
const serverFailure = 2
const nameError = 3

await runProcess(async ({ port, controlPort, zones, ledgerFile }) => {
  const ledger = openLedger(ledgerFile)
  const handles = new Map() // handle -> DID, or null: the server says SERVFAIL
  const control = await startControl({
    port: controlPort,
    ledger,
    routes: {
      'GET /handles': () => Object.fromEntries(handles),
      'POST /handles': ({ handle, did }) => void handles.set(handle.toLowerCase(), did),
      'DELETE /handles': ({ handle }) => void handles.delete(handle.toLowerCase()),
    },
  })

  const lookUp = async (handle) => {
    if (handles.has(handle)) return handles.get(handle)
    const zone = zones.find(({ domain }) => handle.endsWith(domain))
    if (!zone) return undefined
    const reply = await fetch(`${zone.control}/handle?handle=${encodeURIComponent(handle)}`, {
      signal: AbortSignal.timeout(4000),
    })
    return (await reply.json()).did
  }

  const socket = dgram.createSocket('udp4')
  socket.on('message', async (query, client) => {
    const question = parseQuestion(query)
    if (!question) return
    const { name, type } = question
    const handle = name.startsWith('_atproto.') ? name.slice('_atproto.'.length) : null
    const did = handle && (await lookUp(handle).catch(() => null))
    const code = did ? noError : did === null && handle ? serverFailure : nameError
    const text = did && type === TXT ? `did=${did}` : null
    socket.send(reply(query, question, code, text), client.port, client.address)
  })
  await new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(port, '127.0.0.1', resolve)
  })
  return {
    ready: { address: `127.0.0.1:${port}`, control: `http://127.0.0.1:${control.address().port}` },
    stop: async () => {
      socket.close()
      ledger.close()
    },
  }
})

// The one question of a query, or null for what is none. Names of queries are never compressed.
function parseQuestion(query) {
  if (query.length < 17 || query[2] & 0x80 || query.readUInt16BE(4) !== 1) return null
  const labels = []
  let at = 12
  while (at < query.length && query[at] !== 0) {
    const length = query[at]
    if (length > 63 || at + 1 + length >= query.length) return null
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  if (at + 5 > query.length) return null
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 }
}

function reply(query, question, code, text) {
  const head = Buffer.from(query.subarray(0, question.end))
  head[2] = 0x84 | (query[2] & 0x01) // an authoritative answer; the client's wish for recursion is repeated
  head[3] = 0x80 | code
  head.writeUInt16BE(text ? 1 : 0, 6)
  head.writeUInt32BE(0, 8) // no authority and no additional records: the client's EDNS record is not repeated
  if (!text) return head
  const data = Buffer.from(text, 'latin1')
  const record = Buffer.alloc(13)
  record.writeUInt16BE(0xc00c, 0) // the name: that of the question
  record.writeUInt16BE(TXT, 2)
  record.writeUInt16BE(IN, 4)
  record.writeUInt32BE(0, 6) // a time to live of 0: handles change in the middle of tests
  record.writeUInt16BE(data.length + 1, 10)
  record[12] = data.length
  return Buffer.concat([head, record, data])
}
