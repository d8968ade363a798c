// Accounts on a network's hosts, and things in them. A host is one of `network.pds`, an account what `createAccount`
// or `logIn` gives: { did, handle, password, email, host, accessJwt, refreshJwt }.
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { jpeg, mp4, png } from './media.mjs'
import { record } from './records.mjs'

const deadline = 60_000
const mostWrites = 200 // of one applyWrites
const mostBytes = 120_000 // the server takes 150 kB of JSON

// Any XRPC call. Input that is bytes needs its type; an answer that is not JSON comes back as bytes.
export async function xrpc(host, method, { params, input, type, token, headers, timeout = deadline } = {}) {
  const query = params ? `?${new URLSearchParams(params)}` : ''
  const bytes = input instanceof Uint8Array
  const procedure = input !== undefined
  const reply = await fetch(`${host.url}/xrpc/${method}${query}`, {
    method: procedure ? 'POST' : 'GET',
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(procedure && input !== null ? { 'content-type': type ?? 'application/json' } : {}),
      ...headers,
    },
    body: !procedure || input === null ? undefined : bytes ? input : JSON.stringify(input),
    signal: AbortSignal.timeout(timeout),
  })
  const content = Buffer.from(await reply.arrayBuffer())
  const json = reply.headers.get('content-type')?.startsWith('application/json')
  const answer = json ? JSON.parse(content) : content
  if (reply.ok) return answer
  throw Object.assign(new Error(`${method}: ${reply.status} ${json ? `${answer.error}: ${answer.message}` : ''}`),
    { status: reply.status, error: answer.error })
}

// Query with `params`, procedure with `input` (null: a procedure without one), as the account.
export const call = (account, method, options) => xrpc(account.host, method, { token: account.accessJwt, ...options })

// `handle`: a name under the host's domain ('alice' or 'alice.a.test'), or one of any other domain, which is entered
// in the network's DNS (then give `network`): take one under .test, as the hosts refuse .example and the like, and
// would go out to look for any other. Left out, one is made up.
export async function createAccount(host, { handle, password, email, inviteCode, network } = {}) {
  const name = handle ?? `user${randomBytes(4).toString('hex')}`
  const custom = name.includes('.') && !name.endsWith(host.domain)
  if (custom && !network) throw new Error(`${name} is not under ${host.domain}: its DNS entry needs the network`)
  const full = custom ? `user${randomBytes(4).toString('hex')}${host.domain}`
    : name.includes('.') ? name : `${name}${host.domain}`
  const wanted = {
    handle: full,
    email: email ?? `${full.replaceAll('.', '-')}@example.org`,
    password: password ?? randomBytes(12).toString('hex'),
    ...(inviteCode ? { inviteCode } : {}),
  }
  const session = await xrpc(host, 'com.atproto.server.createAccount', { input: wanted })
  const account = { ...wanted, host, did: session.did, accessJwt: session.accessJwt, refreshJwt: session.refreshJwt }
  if (custom) await takeHandle(account, name, network)
  return account
}

// Gives the account a handle of a domain of its own: the DNS entry first, as the host looks it up.
export async function takeHandle(account, handle, network) {
  await network.dns.setHandle(handle, account.did)
  await call(account, 'com.atproto.identity.updateHandle', { input: { handle } })
  account.handle = handle
}

export async function logIn(host, { did, handle, password }) {
  const session = await xrpc(host, 'com.atproto.server.createSession', {
    input: { identifier: did ?? handle, password, allowTakendown: true },
  })
  return { host, did: session.did, handle: session.handle, email: session.email, password,
    accessJwt: session.accessJwt, refreshJwt: session.refreshJwt }
}

// counts: { 'app.bsky.feed.post': 500, ... }, collections of records.mjs. `from` numbers the first of each, so that a
// second call makes others. A thousand records take the host about two seconds of processor time.
export async function createRecords(account, counts, { from = 0 } = {}) {
  const writes = []
  for (const [collection, count] of Object.entries(counts)) {
    for (let n = from; n < from + count; n++) writes.push({ collection, value: record(collection, n) })
  }
  await write(account, writes)
}

// Creates records from [{ collection, rkey?, value }], in as few commits as the server's limits allow.
export async function write(account, records) {
  let batch = []
  let bytes = 0
  const send = async () => {
    if (batch.length === 0) return
    await call(account, 'com.atproto.repo.applyWrites', { input: { repo: account.did, validate: false, writes: batch } })
    batch = []
    bytes = 0
  }
  for (const one of records) {
    const size = Buffer.byteLength(JSON.stringify(one)) + 100
    if (batch.length === mostWrites || bytes + size > mostBytes) await send()
    batch.push({ $type: 'com.atproto.repo.applyWrites#create', ...one })
    bytes += size
  }
  await send()
}

export async function createRecord(account, collection, value, rkey) {
  return call(account, 'com.atproto.repo.createRecord', {
    input: { repo: account.did, collection, ...(rkey ? { rkey } : {}), record: { $type: collection, ...value } },
  })
}

export async function uploadBlob(account, bytes, type) {
  return (await call(account, 'com.atproto.repo.uploadBlob', { input: bytes, type })).blob
}

const now = () => new Date().toISOString()

// `count` pictures of `size` bytes each, PNG and JPEG by turns, up to four to a post; gives their CIDs.
export async function postPictures(account, count, size = 20_000, seed = account.did) {
  const blobs = []
  for (let n = 0; n < count; n++) {
    const make = n % 2 ? jpeg : png
    blobs.push(await uploadBlob(account, make(size, `${seed} ${n}`), n % 2 ? 'image/jpeg' : 'image/png'))
  }
  const posts = []
  for (let n = 0; n < count; n += 4) {
    const images = blobs.slice(n, n + 4).map((image, i) => ({ image, alt: `Picture ${n + i} 🖼️` }))
    posts.push({ collection: 'app.bsky.feed.post', value: {
      $type: 'app.bsky.feed.post', text: `Pictures from ${n}`, createdAt: now(),
      embed: { $type: 'app.bsky.embed.images', images },
    } })
  }
  await write(account, posts)
  return blobs.map((blob) => blob.ref.$link)
}

export async function postVideo(account, size = 20_000_000, seed = account.did) {
  const video = await uploadBlob(account, mp4(size, seed), 'video/mp4')
  await createRecord(account, 'app.bsky.feed.post', {
    text: 'A film 🎬', createdAt: now(), embed: { $type: 'app.bsky.embed.video', video, alt: 'Nothing to see' },
  })
  return video.ref.$link
}

export async function setProfile(account, { displayName = 'Alice ✨', picture = png(10_000, `avatar ${account.did}`) } = {}) {
  const avatar = await uploadBlob(account, picture, 'image/png')
  await createRecord(account, 'app.bsky.actor.profile', { displayName, description: 'Of the reference network', avatar }, 'self')
}

export const somePreferences = [
  { $type: 'app.bsky.actor.defs#personalDetailsPref', birthDate: '1990-02-28T00:00:00.000Z' },
  { $type: 'app.bsky.actor.defs#adultContentPref', enabled: false },
  { $type: 'app.bsky.actor.defs#contentLabelPref', label: 'nsfw', visibility: 'hide' },
  { $type: 'app.bsky.actor.defs#savedFeedsPrefV2', items: [
    { id: '3kaaaaaaaaa22', type: 'timeline', value: 'following', pinned: true },
    { id: '3kaaaaaaaaa23', type: 'feed', pinned: false,
      value: 'at://did:plc:z72i7hdynmk6r22z27h6tvur/app.bsky.feed.generator/whats-hot' },
  ] },
]

export const setPreferences = (account, preferences = somePreferences) =>
  call(account, 'app.bsky.actor.putPreferences', { input: { preferences } })
export const getPreferences = async (account) => (await call(account, 'app.bsky.actor.getPreferences')).preferences

// Keeps posting until stopped; `stop` gives the URIs of all posts that the host said it has taken.
export function startWriter(account, { perSecond = 5, most = 10_000 } = {}) {
  const posted = []
  const failures = []
  let stopped = false
  const loop = (async () => {
    for (let n = 0; n < most && !stopped; n++) {
      try {
        const value = { text: `Written meanwhile ${n}`, createdAt: now() }
        posted.push((await createRecord(account, 'app.bsky.feed.post', value)).uri)
      } catch (error) {
        failures.push(error)
      }
      await sleep(1000 / perSecond)
    }
  })()
  return {
    posted,
    failures,
    async stop() {
      stopped = true
      await loop
      return posted
    },
  }
}
