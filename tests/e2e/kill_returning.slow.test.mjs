// The way back to a former host, killed at every transition of the journal.
import { killedAtEveryTransition } from './support/killing.mjs'
import { returning } from './support/scenarios.mjs'

killedAtEveryTransition('returning', returning, { least: 25 })
