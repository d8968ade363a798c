// The log behind the PLC directory, kept in a file. It follows the directory's own PostgreSQL store; the in-memory one
// that comes with it lets operations build on nullified ones.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { cidForRecord } from '@atproto/repo'
import plc from '@did-plc/lib'
import { CID } from 'multiformats/cid'

export class PlcLog {
  constructor(file) {
    this.file = file
    this.log = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8'), revive) : {}
  }

  async validateAndAddOp(did, operation) {
    const before = this.log[did] ?? []
    const { nullified } = await plc.assureValidNextOp(did, before.filter(valid), operation)
    const cid = CID.parse((await cidForRecord(operation)).toString())
    if ((this.log[did]?.length ?? 0) !== before.length) {
      throw Object.assign(new Error('Proposed prev does not match the most recent operation'), { status: 409 })
    }
    const dead = new Set(nullified.map(String))
    // Times in the log only ever grow, also within one millisecond.
    const last = before.at(-1)?.createdAt.getTime() ?? 0
    this.log[did] = [
      ...before.map((entry) => (dead.has(entry.cid.toString()) ? { ...entry, nullified: true } : entry)),
      { did, operation, cid, nullified: false, createdAt: new Date(Math.max(Date.now(), last + 1)) },
    ]
    this.save()
  }

  async indexedOpsForDid(did, includeNullified = false) {
    return (this.log[did] ?? []).filter((entry) => includeNullified || valid(entry))
  }

  async opsForDid(did) {
    return (await this.indexedOpsForDid(did)).map(({ operation }) => operation)
  }

  async lastOpForDid(did) {
    return (await this.opsForDid(did)).at(-1) ?? null
  }

  async exportOps(count, after) {
    const all = Object.values(this.log).flat().filter(({ createdAt }) => !after || createdAt > after)
    return all.sort((a, b) => a.createdAt - b.createdAt).slice(0, count).map(plainEntry)
  }

  entries(did) {
    return (this.log[did] ?? []).map(plainEntry)
  }

  backdate(did, cid, createdAt) {
    const entry = (this.log[did] ?? []).find((one) => one.cid.toString() === cid)
    if (!entry) throw new Error(`${did} has no operation ${cid}`)
    const date = new Date(createdAt)
    if (Number.isNaN(date.getTime())) throw new Error('createdAt is not a date')
    entry.createdAt = date
    this.save()
  }

  save() {
    const plain = Object.keys(this.log).map((did) => [did, this.entries(did)])
    writeFileSync(`${this.file}.new`, JSON.stringify(Object.fromEntries(plain)))
    renameSync(`${this.file}.new`, this.file)
  }

  async healthCheck() {}
  async close() {}
}

const valid = ({ nullified }) => !nullified
const plainEntry = (entry) => ({ ...entry, cid: entry.cid.toString() })
// Only an entry's own fields bear these names: operations have neither.
const revive = (key, value) => (key === 'cid' ? CID.parse(value) : key === 'createdAt' ? new Date(value) : value)
