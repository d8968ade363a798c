// A move killed with SIGKILL before and after every request it makes, and gone on with, ends in the same state.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stage } from './support/killing.mjs'
import { run } from './support/program.mjs'
import { cooperative } from './support/scenarios.mjs'

const stages = stage('requests', cooperative)
let requestsOfAMove

test('undisturbed, a move makes this many requests', { timeout: 120_000 }, async () => {
  const one = await stages.prepare()
  stages.network.resetRequests()
  const moved = await run(one.args, { env: one.env })
  assert.equal(moved.code, 0, moved.text + moved.stderr)
  requestsOfAMove = stages.network.requests().filter(({ agent }) => agent?.startsWith('atbackup')).length
  assert.ok(requestsOfAMove > 30, `${requestsOfAMove} requests`)
  console.log(`${requestsOfAMove} requests`)
})

for (const when of ['before', 'after']) {
  test(`killed at every request, ${when} the server acts`, { timeout: 2_400_000 }, async () => {
    for (let nth = 1; nth <= requestsOfAMove; nth++) {
      const one = await stages.prepare()
      stages.network.addRule({ action: 'kill', pid: 'client', agent: '^atbackup', nth, when })
      const killed = await run(one.args, { env: one.env })
      stages.network.clearRules()
      assert.equal(killed.signal, 'SIGKILL', `request ${nth}: ${killed.code} ${killed.text}`)
      await stages.finish(one, `killed ${when} request ${nth}`)
    }
  })
}
