/** Who takes part in a round-based algorithm: plain data, the same for every process. */
import { type ActorRef, ConfigurationError } from '@troupe/core'
import { type KnownOptions, refuseUnknownOptions, shownValue } from '@troupe/core/host'
import { requireMember, requireMembers, requireName } from '../given-options.ts'

/** One process, on a node. */
export interface RoundMember<Protocol> {
  readonly id: string
  readonly node: string
  readonly process: ActorRef<Protocol>
}

/** The configuration of one instance. */
export interface RoundConfiguration<Protocol> {
  readonly instance: string
  readonly members: readonly RoundMember<Protocol>[]
  /** How many of them may crash for good: less than half. */
  readonly faulty: number
  /** Messages that may have been lost are sent again after so many milliseconds. */
  readonly resendMs: number
  /** Rounds after which a process gives up, and says so in its log. */
  readonly roundsMax: number
}

/** How an instance is started. */
export interface RoundOptions {
  /** The instance's name, unique in the system: 1 to 80 letters, digits or `-`, `_`, `.`, `:`. */
  readonly instance: string
  /** The members: the names of their nodes, or ids with nodes where two share one. */
  readonly members: readonly (string | { readonly id: string; readonly node: string })[]
  /** How many may crash for good. Default: as many as the algorithm bears, the largest number below half. */
  readonly faulty?: number
  /** Milliseconds after which messages that may have been lost are sent again. Default 100. */
  readonly resendMs?: number
  /** Rounds after which a process gives up, and says so in its log. Default 1,000. */
  readonly roundsMax?: number
}

/** What every one of the algorithms takes. */
export const knownRoundOptions: KnownOptions<RoundOptions> = {
  instance: true,
  members: true,
  faulty: true,
  resendMs: true,
  roundsMax: true,
}
const knownOfMember: KnownOptions<Exclude<RoundOptions['members'][number], string>> = { id: true, node: true }

/** The configuration that `options` describe; throws a `ConfigurationError` for one that could not work. */
export function roundConfiguration<Protocol>(
  options: RoundOptions,
  processOf: (id: string, node: string) => ActorRef<Protocol>,
): RoundConfiguration<Protocol> {
  const { instance, members, faulty, resendMs = 100, roundsMax = 1_000 } = options
  const check = (holds: boolean, what: string) => {
    if (!holds) throw new ConfigurationError(`instance ${instance}: ${what}`, { instance })
  }
  requireName('instance', instance)
  const named = roundMembers(`instance ${instance}`, members)
  const bearable = Math.ceil(members.length / 2) - 1
  const tolerated = faulty === undefined ? bearable : faulty
  check(
    Number.isInteger(tolerated) && tolerated >= 0 && tolerated <= bearable,
    `of ${members.length} members 0 to ${bearable} may be faulty, got ${shownValue(tolerated)}`,
  )
  check(isPeriod(resendMs), `resendMs must be milliseconds above 0, got ${shownValue(resendMs)}`)
  check(
    Number.isInteger(roundsMax) && roundsMax >= 1,
    `roundsMax must be a whole number from 1, got ${shownValue(roundsMax)}`,
  )
  const all = named.map(({ id, node }) => ({ id, node, process: processOf(id, node) }))
  return { instance, members: all, faulty: tolerated, resendMs, roundsMax }
}

/** The members as they were given, each with its id and node; throws a `ConfigurationError` for none, or two of one id. */
export function roundMembers(where: string, members: RoundOptions['members']): { id: string; node: string }[] {
  requireMembers(where, members)
  if (members.length === 0) throw new ConfigurationError(`${where}: there are no members`)
  const named = members.map((member) => {
    if (typeof member === 'string') return { id: member, node: member }
    refuseUnknownOptions(`a member of ${where}`, member, knownOfMember)
    return member
  })
  for (const member of named) requireMember(where, member)
  if (new Set(named.map(({ id }) => id)).size === named.length) return named
  throw new ConfigurationError(`${where}: two members have the same id`)
}

/** Whether something can be repeated at that interval. */
export function isPeriod(milliseconds: unknown): boolean {
  return typeof milliseconds === 'number' && Number.isFinite(milliseconds) && milliseconds > 0
}

/** The arguments of a process. */
export interface RoundArguments<Protocol> {
  readonly configuration: RoundConfiguration<Protocol>
  readonly id: string
}
