// A move between two hosts that work, killed at every transition of its journal.
import { killedAtEveryTransition } from './support/killing.mjs'
import { cooperative } from './support/scenarios.mjs'

killedAtEveryTransition('cooperative', cooperative, { least: 30 })
