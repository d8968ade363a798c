// Proves a repository with the atcute packages. @atcute/repo by itself checks neither hash nor signature, so every
// block's CID is made again here, and the commit's signature verified. "extract" writes each record as a line of
// JSON, and checks nothing. Prints how many records there are.
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import * as CAR from '@atcute/car'
import * as CBOR from '@atcute/cbor'
import * as CID from '@atcute/cid'
import { verifySigWithDidKey } from '@atcute/crypto'
import { fromUint8Array, isCommit } from '@atcute/repo'

const [work, file, ...rest] = process.argv.slice(2)
const bytes = new Uint8Array(readFileSync(file))

async function checkBlocks() {
  const car = CAR.fromUint8Array(bytes)
  const root = car.roots[0].$link
  let commit
  for (const { cid, bytes: block } of car) {
    const text = CID.toString(cid)
    if (CID.toString(await CID.create(cid.codec, block)) !== text) throw new Error(`a block is not ${text}`)
    if (text === root) commit = CBOR.decode(block)
  }
  return commit
}

async function verify(did, key) {
  const commit = await checkBlocks()
  if (!isCommit(commit) || commit.did !== did) throw new Error(`not the repository of ${did}`)
  const { sig, ...unsigned } = commit
  if (!await verifySigWithDidKey(key, CBOR.fromBytes(sig), CBOR.encode(unsigned))) throw new Error('the signature is wrong')
  let records = 0
  for (const entry of fromUint8Array(bytes)) {
    if (entry.record === null) throw new Error(`no record: ${entry.rkey}`)
    records++
  }
  return records
}

function extract(out, did) {
  const target = openSync(out, 'w')
  let records = 0
  let lines = ''
  for (const entry of fromUint8Array(bytes)) {
    lines += JSON.stringify({ uri: `at://${did}/${entry.collection}/${entry.rkey}`, cid: entry.cid.$link, value: entry.record }) + '\n'
    if (lines.length > 1 << 20) {
      writeSync(target, lines)
      lines = ''
    }
    records++
  }
  writeSync(target, lines)
  closeSync(target)
  return records
}

console.log(work === 'extract' ? extract(...rest) : await verify(...rest))
