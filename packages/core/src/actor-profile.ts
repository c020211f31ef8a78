/** What actors that are spawned alike share: their definition, their options, and what follows from both. */
import type { CompiledDefinition } from './actor-definition.ts'
import { type MailboxPolicy, mailboxPolicy } from './mailbox.ts'
import { noOptions, type SpawnOptions } from './spawn-options.ts'
import { type Supervision, supervisionOf } from './supervision.ts'

export interface ActorProfile {
  readonly definition: CompiledDefinition
  readonly options: SpawnOptions
  readonly supervision: Supervision
  readonly mailbox: MailboxPolicy
}

const profiles = new WeakMap<CompiledDefinition, ActorProfile>()
/** The one that was asked for last: most spawns follow one of the same definition. */
let latest: ActorProfile | undefined

/** The profile of an actor; of those without options there is one for each definition. */
export function profileOf(definition: CompiledDefinition, options: SpawnOptions): ActorProfile {
  if (options !== noOptions) return makeProfile(definition, options)
  if (latest?.definition === definition) return latest
  let profile = profiles.get(definition)
  if (profile === undefined) {
    profile = makeProfile(definition, options)
    profiles.set(definition, profile)
  }
  latest = profile
  return profile
}

function makeProfile(definition: CompiledDefinition, options: SpawnOptions): ActorProfile {
  return {
    definition,
    options,
    supervision: supervisionOf(options.supervise, definition.supervise),
    mailbox: mailboxPolicy(options.mailbox, definition.reentrant, definition.mailbox),
  }
}
