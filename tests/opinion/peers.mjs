// The other two opinions: everything that @atproto/repo and @atcute's packages can check of a whole repository. Each
// gives { refuses: message } or { records: [[key, cid, complaint or ''], …] }, with the root of the tree as `data`.
import * as CAR from '@atcute/car'
import * as CBOR from '@atcute/cbor'
import * as CID from '@atcute/cid'
import { P256PublicKey, Secp256k1PublicKey, parseDidKey } from '@atcute/crypto'
import { MemoryBlockStore, NodeStore, NodeWalker, NodeWrangler } from '@atcute/mst'
import { fromUint8Array, isCommit } from '@atcute/repo'
import { MST, MemoryBlockstore, cborToLexRecord, readCarWithRoot, verifyRepo } from '@atproto/repo'
import { CID as AnyCid } from 'multiformats/cid'

const attempt = async (work) => {
  try {
    return await work()
  } catch (error) {
    return { refuses: String(error?.message ?? error).split('\n')[0] }
  }
}

// The message when it does not read the record, '' when it does.
const complaint = (read) => {
  try {
    read()
    return ''
  } catch (error) {
    return String(error?.message ?? error).split('\n')[0] || 'no message'
  }
}

// --- @atproto/repo: verifyRepo with DID and key (hashes, commit, signature, tree, every record there), and each record
// read as the library reads records.
export const atproto = (bytes, { did, key }) => attempt(async () => {
  const { root, blocks } = await readCarWithRoot(bytes)
  const { creates } = await verifyRepo(blocks, root, did, key)
  const records = creates.map(({ collection, rkey, cid }) =>
    [`${collection}/${rkey}`, cid.toString(), complaint(() => cborToLexRecord(blocks.get(cid)))])
  return { records }
})

// The root that its own tree comes to for these records.
export async function atprotoRoot(records) {
  let tree = await MST.create(new MemoryBlockstore())
  for (const [key, cid] of records) tree = await tree.add(key, AnyCid.parse(cid))
  return (await tree.getPointer()).toString()
}

// --- @atcute: the reader of @atcute/repo checks structure, order and names; the hash of every block, the signature as
// verifyRecord() checks it, and the walk of @atcute/mst, which checks heights, are added with the library's own calls.
const publicKeyOf = (didKey) => {
  const { type, publicKeyBytes } = parseDidKey(didKey)
  return (type === 'p256' ? P256PublicKey : Secp256k1PublicKey).importRaw(publicKeyBytes)
}

const insist = (holds, message) => {
  if (!holds) throw new Error(message)
}

async function blocksOf(bytes) {
  const car = CAR.fromUint8Array(bytes)
  const blocks = new Map()
  for (const { cid, bytes } of car) {
    const made = CID.toString(await CID.create(cid.codec, bytes))
    insist(made === CID.toString(cid), 'driver: a block does not hash to its CID')
    blocks.set(made, bytes)
  }
  return { root: car.roots[0], blocks }
}

async function walked(blocks, root) {
  const store = new MemoryBlockStore()
  for (const [cid, bytes] of blocks) await store.put(cid, bytes)
  const walker = await NodeWalker.create(new NodeStore(store), root)
  const entries = []
  for await (const [key, cid] of walker.entries()) {
    entries.push([key, cid.$link])
    insist(entries.length < 10_000, 'driver: the walk does not end')
  }
  return entries
}

export const atcute = (bytes, { did, key }) => attempt(async () => {
  const { root, blocks } = await blocksOf(bytes)
  const records = []
  for (const entry of fromUint8Array(bytes)) {
    records.push([`${entry.collection}/${entry.rkey}`, entry.cid.$link, complaint(() => entry.record)])
    insist(records.length < 10_000, 'driver: the walk does not end')
  }
  const commit = CBOR.decode(blocks.get(root.$link))
  insist(isCommit(commit), 'driver: no commit')
  insist(commit.did === did, 'driver: of another account')
  const { sig, ...rest } = commit
  const signed = await (await publicKeyOf(key)).verify(CBOR.fromBytes(sig), CBOR.encode(rest))
  insist(signed, 'driver: the signature is wrong')
  const entries = await walked(blocks, commit.data.$link)
  insist(JSON.stringify(entries) === JSON.stringify(records.map(([key, cid]) => [key, cid])),
    'driver: @atcute/repo and @atcute/mst list other records')
  return { records }
})

export async function atcuteRoot(records) {
  const nodes = new NodeStore(new MemoryBlockStore())
  const wrangler = new NodeWrangler(nodes)
  let root = null
  for (const [key, cid] of records) root = await wrangler.putRecord(root, key, CID.toCidLink(CID.fromString(cid)))
  return root ?? (await (await nodes.get(null)).cid()).$link
}

export const opinions = { '@atproto/repo': atproto, '@atcute/repo': atcute }
export const rootsOf = { '@atproto/repo': atprotoRoot, '@atcute/repo': atcuteRoot }
