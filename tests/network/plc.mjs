// The PLC directory as a process: the real server over a log in a file, so that a killed directory comes back with it.
import plcServer from '@did-plc/server'
import { frontFaults } from './faults.mjs'
import { openLedger } from './ledger.mjs'
import { PlcLog } from './plc-log.mjs'
import { runProcess, startControl } from './process.mjs'

const { PlcServer } = plcServer

await runProcess(async ({ name, port, controlPort, dataFile, ledgerFile }) => {
  const ledger = openLedger(ledgerFile)
  const db = new PlcLog(dataFile)
  const plc = PlcServer.create({ db, port })
  frontFaults(plc.app, { name, ledger })
  const control = await startControl({
    port: controlPort,
    ledger,
    routes: {
      // Accepted operations of a DID, nullified ones among them, oldest first.
      'GET /operations': ({ did }) => db.entries(did),
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
