/**
 * Versions of what a durable actor stores. An event or a snapshot is stored with the version that its definition had; a
 * newer definition brings it up step by step. What an older definition meets of a newer one is an error: nothing is
 * guessed and nothing is lost.
 */
import { ConfigurationError, DurableVersionError } from './errors.ts'
import { shownValue } from './shown-value.ts'

/** The steps from each older version to the next: `{ 1: (old) => new, 2: ... }`. Pure functions. */
export type Upcasts = Readonly<Record<number, (old: any) => unknown>>

/** An event's effect on the state. */
type EventFunction<State> = (state: State, event: any) => void

/** An event that has changed its shape: its version, its effect now, and the way up from older versions. */
export interface VersionedEvent<State> {
  /** Stored with each event; a whole number from 1. An event that was a plain function had version 1. */
  readonly version: number
  /** The event's effect on the state; run when persisted and again at recovery. */
  readonly update: EventFunction<State>
  /** From each older version that is still understood to the next one, without a gap up to `version`. */
  readonly upcast?: Upcasts
}

/** A definition's events. */
export type EventsShape<State> = Record<string, EventFunction<State> | VersionedEvent<State>>

/** The arguments after an event's name in `ctx.persist`. */
export type EventArguments<Events, Name extends keyof Events> = Events[Name] extends (
  state: never,
  ...event: infer Event
) => unknown
  ? Event
  : Events[Name] extends { readonly update: (state: never, ...event: infer Event) => unknown }
    ? Event
    : never

/** A version and the steps to it. */
export interface Version {
  readonly current: number
  readonly upcast: Upcasts
}

/** What is stored without a version has this one. */
export const firstVersion: Version = { current: 1, upcast: {} }

/** One event of a definition as the kernel reads it. */
export interface CompiledEvent {
  readonly update: EventFunction<any>
  /** `undefined` when it does not say one: then none is stored with it. */
  readonly version: Version | undefined
  /** `event deposited`, for errors; made once, since each `persist` says it. */
  readonly title: string
}

/** Checks and compiles the `events` of actor `definition`; throws a {@link ConfigurationError}. */
export function compileEvents(definition: string, source: unknown): ReadonlyMap<string, CompiledEvent> {
  const refuse = (what: string) => new ConfigurationError(`actor ${definition}: ${what}`, { definition })
  if (typeof source !== 'object' || source === null) throw refuse('events must be an object')
  const events = new Map<string, CompiledEvent>()
  for (const [name, event] of Object.entries(source)) {
    const part = `events.${name}`
    if (name.startsWith('@')) throw refuse(`${part}: names that begin with @ are the runtime's own`)
    const title = `event ${name}`
    if (typeof event === 'function') {
      events.set(name, { update: event, version: undefined, title })
      continue
    }
    if (typeof event?.update !== 'function') {
      throw refuse(`${part} must be a function or { version, update, upcast }, got ${typeof event}`)
    }
    const version = compileVersion(definition, part, event.version, event.upcast)
    events.set(name, { update: event.update, version, title })
  }
  return events
}

/** Checks a version and the steps to it; throws a {@link ConfigurationError}. */
export function compileVersion(definition: string, part: string, current: unknown, upcast: unknown): Version {
  const refuse = (what: string) => new ConfigurationError(`actor ${definition}: ${part}: ${what}`, { definition })
  if (!Number.isInteger(current) || (current as number) < 1) {
    throw refuse(`its version must be a whole number from 1, got ${shownValue(current)}`)
  }
  const version = current as number
  if (upcast === undefined) return { current: version, upcast: {} }
  if (typeof upcast !== 'object' || upcast === null) throw refuse('upcast must be an object of functions')
  const steps = Object.entries(upcast)
  for (const [from, step] of steps) {
    if (typeof step !== 'function') throw refuse(`upcast.${from} must be a function, got ${typeof step}`)
  }
  for (let from = version - 1; from >= version - steps.length; from--) {
    if (!Object.hasOwn(upcast, from)) {
      throw refuse(`upcast must lead without a gap to version ${version}; the step from version ${from} is missing`)
    }
  }
  return { current: version, upcast: upcast as Upcasts }
}

/** Whose history holds a stored value, for errors. */
export interface StoredPlace {
  readonly actor: string
  readonly durableId: string
  /** `event deposited`, `snapshot`. */
  readonly what: string
}

/** Brings a stored value up to the definition's version; throws a {@link DurableVersionError} when there is no way. */
export function upcastTo({ current, upcast }: Version, stored: number, value: unknown, place: StoredPlace): unknown {
  if (stored === current) return value
  let result = value
  for (let from = stored; from < current; from++) {
    const step = Object.hasOwn(upcast, from) ? upcast[from] : undefined
    if (step === undefined) throw versionError(place, stored, current, `give it upcast[${from}]`)
    result = step(result)
  }
  if (stored < current) return result
  throw versionError(place, stored, current, 'run the newer program that wrote it')
}

function versionError(place: StoredPlace, stored: number, known: number, advice: string): DurableVersionError {
  const { actor, durableId, what } = place
  return new DurableVersionError(
    `${actor} cannot be recovered: the journal has version ${stored} of its ${what} under durableId ${durableId}, and its definition is at version ${known}: ${advice}. The journal is left as it is`,
    { actor, durableId, what, version: stored, versionKnown: known },
  )
}
