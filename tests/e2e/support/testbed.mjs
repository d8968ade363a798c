// The servers for a file of tests, and for each test a home of its own. Each finds every host alive, and no rules.
import { mkdirSync } from 'node:fs'
import { after, before, beforeEach } from 'node:test'
import { startNetwork } from '../../network/network.mjs'
import { environmentFor, scratch } from './program.mjs'

// `now` is called, and waited for, with what is there: { network }, and before each test { network, env, home }. `pds`: as startNetwork() has it.
// Returns the file's scratch folder.
export function testbed(name, now, pds) {
  const temp = scratch(name)
  let network
  let homes = 0

  before(async () => {
    network = await startNetwork({ dir: temp.at('network'), pds })
    await now({ network })
  }, { timeout: 120_000 })

  after(async () => {
    await network?.stop()
    temp.remove()
  }, { timeout: 30_000 })

  beforeEach(async () => {
    network.clearRules()
    for (const [host, { pid }] of Object.entries(network.pds)) {
      if (!pid) await network.restart(host)
    }
    const home = temp.at(`home-${homes++}`)
    mkdirSync(home)
    await now({ network, env: environmentFor(network, home), home })
  }, { timeout: 60_000 })

  return temp
}
