// Leaving a host that has taken the account down, killed at every transition of the journal.
import { killedAtEveryTransition } from './support/killing.mjs'
import { takenDown } from './support/scenarios.mjs'

killedAtEveryTransition('takendown', takenDown, { least: 25 })
