// A move in pieces, into a host that takes small imports, killed at every transition of its journal.
import { killedAtEveryTransition } from './support/killing.mjs'
import { staged } from './support/scenarios.mjs'

killedAtEveryTransition('staged', staged, { least: 25 })
