// A move of a did:web between two hosts that work, killed at every transition of its journal.
import { killedAtEveryTransition } from './support/killing.mjs'
import { web } from './support/scenarios.mjs'

killedAtEveryTransition('web', web, { least: 25 })
