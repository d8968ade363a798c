// A DNS server as a process: answers `_atproto.<handle>` TXT over UDP with `did=...`. Handles under a PDS's own domain
// are asked of that PDS (so they follow its accounts, and end with it); all others are set through the control endpoint.
import dgram from 'node:dgram'
import { TXT, nameError, noError, parseQuestion, reply, serverFailure } from './dns-message.mjs'
import { openLedger } from './ledger.mjs'
import { runProcess, startControl } from './process.mjs'

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
