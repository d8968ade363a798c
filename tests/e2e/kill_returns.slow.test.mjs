// The way back to a former host, killed with SIGKILL before and after each request that changes something.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { startNetwork } from '../network/network.mjs'
import { compareHosts, look, moveArguments } from './support/moves.mjs'
import { environmentFor, run, scratch } from './support/program.mjs'
import { moved } from './support/returns.mjs'

const temp = scratch('kill-returns')
let network

before(async () => {
  network = await startNetwork({ dir: temp.at('network') })
}, { timeout: 120_000 })

after(async () => {
  await network?.stop()
  temp.remove()
}, { timeout: 30_000 })

const requests = ['importRepo', 'uploadBlob', 'putPreferences', 'requestPlcOperationSignature', 'signPlcOperation', 'submitPlcOperation', 'activateAccount',
  'deactivateAccount', 'createRecord', 'deleteRecord']

for (const [n, path] of requests.entries()) {
  for (const when of ['before', 'after']) {
    test(`killed ${when} ${path}`, { timeout: 300_000 }, async () => {
      network.clearRules()
      const name = `user${n}${when}`
      const home = temp.at(name)
      mkdirSync(home)
      const env = environmentFor(network, home)
      const { account, there, back } = await moved({ network, env, home }, name, { posts: 10 })
      const seen = await look(there)
      const args = [...moveArguments(network, there, 'a', back), '--no-recovery-key', '--json']
      network.addRule({ action: 'kill', pid: 'client', agent: '^atbackup', method: 'POST', path, when })
      const killed = await run(args, { env })
      assert.equal(killed.signal, 'SIGKILL', `${killed.code} ${killed.text}`)
      network.clearRules()
      const resumed = await run(args, { env })
      assert.equal(resumed.code, 0, resumed.stderr + resumed.text)
      await compareHosts(network, { ...account, host: network.pds.b }, 'a', seen, back)
      assert.equal((await network.plc.operations(account.did)).length, 3)
    })
  }
}
