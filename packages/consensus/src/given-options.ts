/** What the starters of this package are given, looked at before anything is started: names, members, the system itself. */
import { type ActorSystem, ConfigurationError } from '@troupe/core'
import { requireOption, shownValue } from '@troupe/core/host'

/** What a name may be made of, so that names of actors can be made of it. */
const namePattern = /^[\w.:-]{1,80}$/
const nameNeeds = 'a name of 1 to 80 letters, digits or -, _, ., :'

/** Throws a `ConfigurationError` for what is no system, which `where` takes first. */
export function requireSystem(where: string, system: ActorSystem): void {
  if (typeof system?.spawn === 'function' && typeof system.ask === 'function') return
  throw new ConfigurationError(`${where} takes a system as its first argument, got ${shownValue(system)}`)
}

/** Throws a `ConfigurationError` for what can be no part of an actor's name. */
export function requireName(option: string, name: unknown): asserts name is string {
  requireOption(typeof name === 'string' && namePattern.test(name), option, nameNeeds, name)
}

/** Throws a `ConfigurationError` for members that are no list of names and options. */
export function requireMembers(where: string, members: unknown): void {
  if (!Array.isArray(members)) {
    const what = `members is a list of nodes' names or of { node, id }`
    throw new ConfigurationError(`${where}: ${what}, got ${shownValue(members)}`)
  }
  const strange = members.findIndex((member) => typeof member !== 'string' && !isObject(member))
  if (strange < 0) return
  const what = `a member is a node's name or { node, id }`
  throw new ConfigurationError(`${where}: ${what}, got ${shownValue(members[strange])}`)
}

/** What is known of a member that is to take part: its id, its node, and what it may have beside. */
export interface GivenMember {
  readonly id: unknown
  readonly node: unknown
  readonly priority?: unknown
  readonly learner?: unknown
}

/** Throws a `ConfigurationError` for a member that could not work. */
export function requireMember(where: string, { id, node, priority, learner }: GivenMember): void {
  requireName(`${where}: the id of a member`, id)
  requireOption(typeof node === 'string' && node !== '', `${where}: node of member ${id}`, "a node's name", node)
  const isPriority = priority === undefined || (typeof priority === 'number' && Number.isFinite(priority))
  requireOption(isPriority, `${where}: priority of member ${id}`, 'a finite number', priority)
  const isLearner = learner === undefined || typeof learner === 'boolean'
  requireOption(isLearner, `${where}: learner of member ${id}`, 'true or false', learner)
}

/** What a message carries, read where the sender may have sent anything: of what is no object nothing. */
export function fieldsOf<Message extends object>(message: Message): Partial<Message> {
  return isObject(message) ? message : {}
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}
