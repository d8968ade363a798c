// A fake PDS, and the PLC directory and the DNS of its accounts, over files that tests/tools/make_repo has written. It is here
// because a real server takes hours to be filled with 300 MB of records, and none makes a P-256 account. How a host
// behaves is tested against real ones (tests/network); this one only hands out bytes.
import dgram from 'node:dgram'
import { createReadStream, readFileSync, readdirSync, statSync } from 'node:fs'
import http from 'node:http'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { TXT, nameError, noError, parseQuestion, reply } from '../../network/dns-message.mjs'

const pieceBytes = 1 << 18

// { url, environment, add, stop }. `add` takes what make_repo printed, the path of the CAR it wrote, and the folder of
// its blobs if they are to be there. As if from far away: `delayMs` before each answer, and repositories at so many
// bytes a second.
export async function startFileHost({ delayMs = 0, bytesPerSecond = Infinity } = {}) {
  const accounts = new Map()
  const server = http.createServer(async (req, res) => {
    if (delayMs > 0) await sleep(delayMs)
    answer(accounts, new URL(req.url, 'http://host'), res).catch((error) => res.destroy(error))
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${server.address().port}`
  const dns = dgram.createSocket('udp4')
  dns.on('message', async (query, client) => {
    if (delayMs > 0) await sleep(delayMs)
    const question = parseQuestion(query)
    if (question) dns.send(handleProof(accounts, query, question), client.port, client.address)
  })
  await new Promise((resolve) => dns.bind(0, '127.0.0.1', resolve))
  return {
    url,
    // What points the program at it.
    environment: {
      ATBACKUP_PLC_URL: url,
      ATBACKUP_ALLOW_PRIVATE_HOSTS: new URL(url).host,
      ATBACKUP_DNS_SERVER: `127.0.0.1:${dns.address().port}`,
    },
    add: (made, car, blobs) => accounts.set(made.did, { ...made, car, blobs, bytesPerSecond }),
    stop: () => new Promise((resolve) => {
      dns.close()
      server.close(resolve)
      server.closeAllConnections()
    }),
  }
}

async function answer(accounts, url, res) {
  if (!url.pathname.startsWith('/xrpc/')) return directory(accounts, url.pathname, res)
  const method = url.pathname.slice('/xrpc/'.length)
  if (method === 'com.atproto.server.describeServer') {
    return json(res, 200, { did: 'did:web:file-host.test', availableUserDomains: ['.test'], inviteCodeRequired: false })
  }
  const sync = syncMethods[method]
  if (!sync) return json(res, 501, { error: 'MethodNotImplemented', message: method })
  const did = url.searchParams.get('did')
  const account = accounts.get(did)
  if (!account) return json(res, 400, { error: 'RepoNotFound', message: `Could not find repo for DID: ${did}` })
  return sync(res, account, url.searchParams)
}

// _atproto.<handle>: the DID of the account whose document names the handle.
function handleProof(accounts, query, question) {
  const names = ({ car }) => JSON.parse(readFileSync(`${car}.did.json`)).alsoKnownAs ?? []
  const owner = [...accounts.values()].find((account) =>
    names(account).some((name) => `_atproto.${name.slice('at://'.length)}` === question.name))
  return reply(query, question, owner ? noError : nameError, owner && question.type === TXT ? `did=${owner.did}` : null)
}

// No faster than so many bytes a second, counted from the first one.
async function* paced(source, bytesPerSecond) {
  const start = performance.now()
  let sent = 0
  for await (const piece of source) {
    yield piece
    sent += piece.length
    const early = start + sent / bytesPerSecond * 1000 - performance.now()
    if (early > 1) await sleep(early)
  }
}

const syncMethods = {
  'com.atproto.sync.getRepo': async (res, { car, bytesPerSecond }) => {
    res.writeHead(200, { 'content-type': 'application/vnd.ipld.car', 'content-length': statSync(car).size })
    if (bytesPerSecond === Infinity) return pipeline(createReadStream(car, { highWaterMark: 1 << 20 }), res)
    await pipeline(createReadStream(car, { highWaterMark: pieceBytes }), (source) => paced(source, bytesPerSecond), res)
  },
  'com.atproto.sync.getRepoStatus': (res, { did, rev }) => json(res, 200, { did, active: true, rev }),
  'com.atproto.sync.getLatestCommit': (res, { commit, rev }) => json(res, 200, { cid: commit, rev }),
  'com.atproto.sync.listBlobs': (res, { blobs }, params) => {
    const after = params.get('cursor') ?? ''
    const cids = (blobs ? readdirSync(blobs).sort() : []).filter((cid) => cid > after).slice(0, Number(params.get('limit') ?? 500))
    json(res, 200, { cids, ...(cids.length ? { cursor: cids.at(-1) } : {}) })
  },
  'com.atproto.sync.getBlob': (res, { blobs }, params) => {
    const cid = params.get('cid')
    if (!blobs || !readdirSync(blobs).includes(cid)) return json(res, 400, { error: 'BlobNotFound', message: 'Blob not found' })
    res.writeHead(200, { 'content-type': 'application/octet-stream' })
    res.end(readFileSync(join(blobs, cid)))
  },
}

// GET /<did> and /<did>/log/audit, as the files beside the CAR hold them.
function directory(accounts, path, res) {
  const [, did, ...rest] = decodeURIComponent(path).split('/')
  const file = { '': 'did.json', 'log/audit': 'plc-log.json' }[rest.join('/')]
  const account = accounts.get(did)
  if (!file || !account) return json(res, 404, { message: `DID not registered: ${did}` })
  return send(res, 200, readFileSync(`${account.car}.${file}`))
}

const json = (res, status, value) => send(res, status, JSON.stringify(value))

function send(res, status, body) {
  res.writeHead(status, { 'content-type': 'application/json' })
  res.end(body)
}
