/** All cases, in the order of `docs/semantics.md`. */
import type { Case } from '../host.ts'
import { abort } from './abort.ts'
import { ask } from './ask.ts'
import { askCycles } from './ask-cycles.ts'
import { askThen } from './ask-then.ts'
import { behaviors } from './behaviors.ts'
import { deathWatch } from './death-watch.ts'
import { durable } from './durable.ts'
import { kills, links, strategies } from './family.ts'
import { finding } from './finding.ts'
import { journals } from './journals.ts'
import { mailbox } from './mailbox.ts'
import { messages } from './messages.ts'
import { names } from './names.ts'
import { observation } from './observation.ts'
import { placement } from './placement.ts'
import { reentrancy } from './reentrancy.ts'
import { routing } from './routing.ts'
import { services } from './services.ts'
import { spawn } from './spawn.ts'
import { stopping } from './stopping.ts'
import { strays } from './stray.ts'
import { streams } from './streams.ts'
import { supervision } from './supervision.ts'
import { tasks } from './tasks.ts'
import { timers } from './timers.ts'
import { turns } from './turns.ts'

const sections = [
  turns,
  reentrancy,
  messages,
  names,
  spawn,
  supervision,
  strategies,
  strays,
  stopping,
  kills,
  deathWatch,
  links,
  ask,
  abort,
  askCycles,
  askThen,
  mailbox,
  timers,
  services,
  durable,
  journals,
  behaviors,
  streams,
  finding,
  routing,
  placement,
  tasks,
  observation,
]
export const cases: readonly Case[] = sections.flat()
