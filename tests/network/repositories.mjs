// What a host holds of an account, read with the reference library, to compare with what the program made of it.
import { readCarWithRoot, MemoryBlockstore, Repo, verifyRepo } from '@atproto/repo'
import { xrpc } from './accounts.mjs'

export const getRepo = (host, did, { token, since } = {}) =>
  xrpc(host, 'com.atproto.sync.getRepo', { params: { did, ...(since ? { since } : {}) }, token })

// Opens the bytes of a CAR: { root, rev, data, commit, records: Map of 'collection/rkey' to CID }.
export async function openRepo(car) {
  const { root, blocks } = await readCarWithRoot(car)
  const repo = await Repo.load(new MemoryBlockstore(blocks), root)
  const records = new Map()
  for (const leaf of await repo.data.list()) records.set(leaf.key, leaf.value.toString())
  return { root: root.toString(), rev: repo.commit.rev, data: repo.commit.data.toString(), commit: repo.commit, records }
}

// Checks DID and signature too; `signingKey` is a did:key. Throws if the repository is not whole and genuine.
export async function checkRepo(car, did, signingKey) {
  const { root, blocks } = await readCarWithRoot(car)
  return verifyRepo(blocks, root, did, signingKey)
}

export async function listBlobs(host, did, { token } = {}) {
  const cids = []
  let cursor
  do {
    const page = await xrpc(host, 'com.atproto.sync.listBlobs', {
      params: { did, limit: '1000', ...(cursor ? { cursor } : {}) }, token,
    })
    cids.push(...page.cids)
    cursor = page.cids.length ? page.cursor : undefined
  } while (cursor)
  return cids
}

export const getBlob = (host, did, cid, { token } = {}) =>
  xrpc(host, 'com.atproto.sync.getBlob', { params: { did, cid }, token })

// The did:key of `#atproto` in the directory.
export async function signingKey(network, did) {
  const reply = await fetch(`${network.plc.url}/${did}/data`, { signal: AbortSignal.timeout(10_000) })
  return (await reply.json()).verificationMethods.atproto
}
