// Moves that are killed with SIGKILL and gone on with. Each must end as if it had not been.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { test } from 'node:test'
import { environmentFor, run, start } from './program.mjs'
import { testbed } from './testbed.mjs'

// Starts the servers of a scenario around the tests of a file.
export function stage(name, scenario) {
  const made = { network: undefined }
  const temp = testbed(`kill-${name}`, ({ network }) => { made.network = network }, scenario.pds)
  let number = 0

  // An account, with a home of its own on this machine.
  made.prepare = (transition) => {
    const { network } = made
    const user = `${name}${number++}`
    const home = temp.at(user)
    mkdirSync(home)
    return scenario.prepare({ network, name: user, home, env: environmentFor(network, home), transition })
  }
  // Runs the same command (again), to its end.
  made.finish = async (one, where) => {
    const moved = await start(one.args, { env: one.env, onLine: scenario.onLine?.(one) }).done
    assert.equal(moved.code, 0, `${where}: ${moved.text}${moved.stderr}`)
    try {
      await scenario.check(made.network, one)
    } catch (error) {
      throw new Error(`${where}: ${error.message}`, { cause: error })
    }
    const status = await run(['migrate', 'status', '--json'], { env: one.env })
    assert.ok(status.lines[0].finished, where)
    return moved
  }
  return made
}

// The transitions of a journal, as a move tells them.
const transition = ({ type, step, phase }) => (type === 'step' && phase !== 'skipped' ? `${step} ${phase}` : undefined)

export function killedAtEveryTransition(name, scenario, { least }) {
  const stages = stage(name, scenario)
  let transitions

  test(`${name}: undisturbed, a move makes these transitions`, { timeout: 120_000 }, async () => {
    const one = await stages.prepare()
    await scenario.begin?.(stages.network)
    const moved = await stages.finish(one, 'undisturbed')
    await scenario.end?.(stages.network)
    transitions = moved.lines.map(transition).filter(Boolean)
    assert.ok(transitions.length >= least, `${transitions.length} transitions`)
    console.log(`${name}: ${transitions.length} transitions`)
  })

  test(`${name}: killed at every transition of the journal`, { timeout: 1_800_000 }, async () => {
    const moves = []
    for (const each of transitions) moves.push(await stages.prepare(each))
    await scenario.begin?.(stages.network)
    for (const [index, each] of transitions.entries()) {
      const one = moves[index]
      const reader = scenario.onLine?.(one)
      const killed = await start(one.args, {
        env: one.env,
        onLine: (line, child) => {
          reader?.(line)
          if (transition(line) === each) child.kill('SIGKILL')
        },
      }).done
      // The last transitions may be over before the signal comes.
      assert.ok(killed.signal === 'SIGKILL' || index >= transitions.length - 3, `${each}: ${killed.code} ${killed.text}${killed.stderr}`)
      await stages.finish(one, `killed at ${each}`)
    }
    await scenario.end?.(stages.network)
  })
}
