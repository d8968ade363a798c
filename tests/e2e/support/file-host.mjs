// A fake PDS, and the PLC directory of its accounts, over files that tests/tools/make_repo has written. It is here
// because a real server takes hours to be filled with 300 MB of records, and none makes a P-256 account. How a host
// behaves is tested against real ones (tests/network); this one only hands out bytes.
import { createReadStream, readFileSync, statSync } from 'node:fs'
import http from 'node:http'
import { pipeline } from 'node:stream/promises'

// { url, environment, add, stop }. `add` takes what make_repo printed, and the path of the CAR it wrote.
export async function startFileHost() {
  const accounts = new Map()
  const server = http.createServer((req, res) => {
    answer(accounts, new URL(req.url, 'http://host'), res).catch((error) => res.destroy(error))
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${server.address().port}`
  return {
    url,
    // What points the program at it. Nothing answers at the DNS address: handles stay unproven.
    environment: { ATBACKUP_PLC_URL: url, ATBACKUP_ALLOW_PRIVATE_HOSTS: new URL(url).host, ATBACKUP_DNS_SERVER: '127.0.0.1:9' },
    add: (made, car) => accounts.set(made.did, { ...made, car }),
    stop: () => new Promise((resolve) => {
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
  return sync(res, account)
}

const syncMethods = {
  'com.atproto.sync.getRepo': async (res, { car }) => {
    res.writeHead(200, { 'content-type': 'application/vnd.ipld.car', 'content-length': statSync(car).size })
    await pipeline(createReadStream(car, { highWaterMark: 1 << 20 }), res)
  },
  'com.atproto.sync.getRepoStatus': (res, { did, rev }) => json(res, 200, { did, active: true, rev }),
  'com.atproto.sync.getLatestCommit': (res, { commit, rev }) => json(res, 200, { cid: commit, rev }),
  'com.atproto.sync.listBlobs': (res) => json(res, 200, { cids: [] }),
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
