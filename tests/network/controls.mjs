// What a test can ask of a running network and do to it. Rules, requests and effects are read from the ledger itself;
// the rest goes to the processes' control endpoints.

const askDeadline = 15_000

export async function ask(control, method, path, values = {}) {
  const get = method === 'GET'
  const reply = await fetch(`${control}${path}${get ? `?${new URLSearchParams(values)}` : ''}`, {
    method,
    ...(get ? {} : { body: JSON.stringify(values) }),
    signal: AbortSignal.timeout(askDeadline),
  })
  const answer = await reply.json()
  if (!reply.ok) throw Object.assign(new Error(`${method} ${path}: ${answer.error}`), { status: reply.status })
  return answer
}

const control = ({ controlPort }) => `http://127.0.0.1:${controlPort}`

export function serverControls({ ledger, servers, plc, dns, hosts }) {
  return {
    plc: directory(plc, servers.plc),
    dns: nameServer(dns, servers.dns),
    pds: Object.fromEntries(hosts.map((host) => [host.name, personalServer(host, servers[host.name], ledger)])),

    // Rules, see README.md. They may be added and cleared while a server is down.
    addRule: (spec) => ledger.addRule(spec),
    rules: () => ledger.rules(),
    clearRules: () => ledger.clearRules(),
    // Requests seen by all servers together, numbered from 1 since the last reset.
    requestCount: () => ledger.count(),
    requests: (since) => ledger.requests(since),
    resetRequests: () => ledger.resetRequests(),
    // How often procedures succeeded: { server: { did: { 'com.atproto.repo.importRepo': 1 } } }
    effects: () => ledger.effects(),
  }
}

function directory(plc, process) {
  const at = control(plc)
  return {
    url: `http://localhost:${plc.port}`,
    control: at,
    get pid() { return process.pid },
    // Accepted operations of a DID, nullified ones among them, oldest first: { operation, cid, nullified, createdAt }.
    operations: (did) => ask(at, 'GET', '/operations', { did }),
    backdate: (did, cid, createdAt) => ask(at, 'POST', '/backdate', { did, cid, createdAt }),
  }
}

function nameServer(dns, process) {
  const at = control(dns)
  return {
    address: `127.0.0.1:${dns.port}`,
    control: at,
    get pid() { return process.pid },
    // A DID, or null to have the server fail for the handle.
    setHandle: (handle, did) => ask(at, 'POST', '/handles', { handle, did }),
    removeHandle: (handle) => ask(at, 'DELETE', '/handles', { handle }),
  }
}

function personalServer(host, process, ledger) {
  const at = control(host)
  return {
    name: host.name,
    url: `http://localhost:${host.port}`,
    control: at,
    serviceDid: host.env.serviceDid,
    domain: host.env.serviceHandleDomains[0],
    adminPassword: host.env.adminPassword,
    dir: host.dir,
    get pid() { return process.pid },
    emailToken: async (did, purpose) => (await ask(at, 'GET', '/email-token', { did, purpose })).token,
    createInvite: async (uses = 1) => (await ask(at, 'POST', '/invite', { uses })).code,
    takeDown: (did, applied = true) => ask(at, 'POST', '/takedown', { did, applied }),
    // Successful procedures of a DID on this host: { 'com.atproto.repo.importRepo': 1, ... }.
    effects: (did) => ledger.effects()[host.name]?.[did] ?? {},
  }
}
