// The way back to a former host, killed with SIGKILL before and after each request that changes something.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stage } from './support/killing.mjs'
import { run } from './support/program.mjs'
import { returning } from './support/scenarios.mjs'

const stages = stage('returns', returning)
const requests = ['importRepo', 'uploadBlob', 'putPreferences', 'requestPlcOperationSignature', 'signPlcOperation', 'submitPlcOperation', 'activateAccount',
  'deactivateAccount', 'createRecord', 'deleteRecord']

for (const path of requests) {
  for (const when of ['before', 'after']) {
    test(`killed ${when} ${path}`, { timeout: 300_000 }, async () => {
      const one = await stages.prepare()
      stages.network.addRule({ action: 'kill', pid: 'client', agent: '^atbackup', method: 'POST', path, when })
      const killed = await run(one.args, { env: one.env })
      assert.equal(killed.signal, 'SIGKILL', `${killed.code} ${killed.text}`)
      stages.network.clearRules()
      await stages.finish(one, `killed ${when} ${path}`)
    })
  }
}
