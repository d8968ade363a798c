// Proves a repository with the reference library: hashes, signature, DID, the tree, that every record is there, and
// that it decodes. Prints how many records there are.
import { readFileSync } from 'node:fs'
import { getAndParseRecord, readCarWithRoot, verifyRepo } from '@atproto/repo'

const [work, file, did, key] = process.argv.slice(2)
if (work !== 'verify') throw new Error('verify is all it does')

const { root, blocks } = await readCarWithRoot(readFileSync(file))
const { creates } = await verifyRepo(blocks, root, did, key)
for (const { cid } of creates) await getAndParseRecord(blocks, cid)
console.log(creates.length)
