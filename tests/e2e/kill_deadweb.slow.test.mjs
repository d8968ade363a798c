// A did:web leaving a host that is gone, killed at every transition of its journal.
import { killedAtEveryTransition } from './support/killing.mjs'
import { deadWeb } from './support/scenarios.mjs'

killedAtEveryTransition('deadweb', deadWeb, { least: 25 })
