// Leaving a host that is gone, killed at every transition of the journal.
import { killedAtEveryTransition } from './support/killing.mjs'
import { dead } from './support/scenarios.mjs'

killedAtEveryTransition('dead', dead, { least: 25 })
