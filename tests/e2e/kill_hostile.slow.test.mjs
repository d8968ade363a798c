// Leaving a host that has taken the identity, killed at every transition of the journal.
import { killedAtEveryTransition } from './support/killing.mjs'
import { hostile } from './support/scenarios.mjs'

killedAtEveryTransition('hostile', hostile, { least: 25 })
