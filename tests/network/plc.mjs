// The PLC directory as a process: the real server over its in-memory log, which is saved to a file at every accepted
// operation, so that a killed directory comes back with it.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import plcServer from '@did-plc/server'
import { CID } from 'multiformats/cid'
import { frontFaults } from './faults.mjs'
import { openLedger } from './ledger.mjs'
import { runProcess, startControl } from './process.mjs'

const { PlcServer, MockDatabase } = plcServer

class SavedDatabase extends MockDatabase {
  constructor(file) {
    super()
    this.file = file
    if (existsSync(file)) this.contents = JSON.parse(readFileSync(file, 'utf8'), revive)
  }

  async validateAndAddOp(did, operation) {
    await super.validateAndAddOp(did, operation)
    this.save()
  }

  backdate(did, cid, createdAt) {
    const entry = (this.contents[did] ?? []).find((one) => one.cid.toString() === cid)
    if (!entry) throw new Error(`${did} has no operation ${cid}`)
    const date = new Date(createdAt)
    if (Number.isNaN(date.getTime())) throw new Error('createdAt is not a date')
    entry.createdAt = date
    this.save()
  }

  save() {
    const plain = Object.entries(this.contents).map(([did, entries]) => [did, entries.map(plainEntry)])
    writeFileSync(`${this.file}.new`, JSON.stringify(Object.fromEntries(plain)))
    renameSync(`${this.file}.new`, this.file)
  }
}

const plainEntry = (entry) => ({ ...entry, cid: entry.cid.toString() })

// Only the entry's own fields bear these names: operations have neither.
const revive = (key, value) => (key === 'cid' ? CID.parse(value) : key === 'createdAt' ? new Date(value) : value)

await runProcess(async ({ name, port, controlPort, dataFile, ledgerFile }) => {
  const ledger = openLedger(ledgerFile)
  const db = new SavedDatabase(dataFile)
  const plc = PlcServer.create({ db, port })
  frontFaults(plc.app, { name, ledger })
  const control = await startControl({
    port: controlPort,
    ledger,
    routes: {
      // Accepted operations of a DID, nullified ones among them, oldest first.
      'GET /operations': ({ did }) => (db.contents[did] ?? []).map(plainEntry),
      'POST /backdate': ({ did, cid, createdAt }) => db.backdate(did, cid, createdAt),
    },
  })
  const server = await plc.start()
  return {
    ready: { url: `http://localhost:${port}`, control: `http://127.0.0.1:${control.address().port}` },
    stop: async () => {
      server.closeAllConnections()
      await plc.destroy()
      ledger.close()
    },
  }
})
