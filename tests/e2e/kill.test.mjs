// A move killed with SIGKILL at every transition of its journal, and gone on with, ends in the same state.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { goOnAndCompare, prepare } from './support/killed_moves.mjs'
import { run, start } from './support/program.mjs'

const withRecoveryKey = ['log-in-old', 'recovery-key', 'sign', 'submit', 'finish']
let transitions

test('undisturbed, a move makes these transitions', { timeout: 120_000 }, async () => {
  const one = await prepare({ recoveryKey: true })
  const moved = await run(one.args, { env: one.env })
  assert.equal(moved.code, 0, moved.text + moved.stderr)
  transitions = moved.lines.filter(({ type, phase }) => type === 'step' && phase !== 'skipped').map(({ step, phase }) => `${step} ${phase}`)
  assert.ok(transitions.length >= 30, `${transitions.length} transitions`)
  console.log(`${transitions.length} transitions`)
})

test('killed at every transition of the journal', { timeout: 1_200_000 }, async () => {
  for (const [index, transition] of transitions.entries()) {
    const one = await prepare({ recoveryKey: withRecoveryKey.includes(transition.split(' ')[0]) })
    const { done } = start(one.args, {
      env: one.env,
      onLine: ({ type, step, phase }, child) => {
        if (type === 'step' && `${step} ${phase}` === transition) child.kill('SIGKILL')
      },
    })
    const killed = await done
    // The last transition may be over before the signal comes.
    assert.ok(killed.signal === 'SIGKILL' || index >= transitions.length - 3, `${transition}: ${killed.code} ${killed.text}`)
    if (killed.signal === 'SIGKILL') await goOnAndCompare(one, `killed at ${transition}`)
  }
})
