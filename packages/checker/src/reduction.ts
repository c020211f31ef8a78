/**
 * Partial-order reduction by persistent sets, for actors: at a state it is enough to explore the steps of one actor when
 * nothing that the others do, now or later, can come before them and matter. That is so when
 *
 *   - no other actor can ever send this one anything, from the local state that it is in. What each local state can lead
 *     to is found beforehand, as if every message that is ever sent could arrive at any time;
 *   - none of its steps is recorded in the history, and no property has ever looked at it or at the network;
 *   - each of its steps leads to the next level of the search, so that no cycle puts the others off for ever: a cycle has a
 *     step that does not.
 *
 * After Godefroid, "Partial-Order Methods for the Verification of Concurrent Systems" (1996), with the condition on cycles
 * of breadth-first search by Bošnački and Holzmann (2005), by level: so what is left out does not depend on the order in which
 * a level's states are found, and several threads leave out the same. What properties look at is noted while the search runs; if they
 * look at more than was assumed, the search begins anew (see `search.ts`).
 */
import type { ActorSystem } from './actor-system.ts'
import type { Reduction } from './explorer.ts'
import type { Step } from './step.ts'
import type { Visit } from './transition-system.ts'

/** Turns of single actors that are looked at beforehand; with more, nothing is known and nothing is left out. */
const turnsMax = 20_000

/** What properties look at: actors by number, and the network. */
export type Footprint = ReadonlySet<number | 'network'>

/** For each actor, for each local state: who may still be sent something. */
export type Reach = readonly ReadonlyMap<number, ReadonlySet<number>>[]

const all = -1

export class PersistentSets implements Reduction<Step> {
  readonly #system: ActorSystem
  readonly #reach: Reach
  readonly #footprint: Footprint

  constructor(system: ActorSystem, reach: Reach, footprint: Footprint) {
    this.#system = system
    this.#reach = reach
    this.#footprint = footprint
  }

  expand(tuple: Int32Array, isNew: (next: Int32Array) => boolean, visit: Visit<Step>): boolean {
    const chosen = this.#choose(tuple, isNew)
    return chosen === all ? this.#system.expand(tuple, visit) : this.#system.expandActor(tuple, chosen, visit)
  }

  /** The actor with the fewest steps that are enough; or all. */
  #choose(tuple: Int32Array, isNew: (next: Int32Array) => boolean): number {
    if (this.#footprint.has('network') || this.#system.nodesMayChange(tuple)) return all
    const { actors } = this.#system.parts.system
    let best = all
    let fewest = Number.POSITIVE_INFINITY
    for (let actor = 0; actor < actors.length; actor++) {
      if (this.#footprint.has(actor) || this.#mayBeSent(tuple, actor)) continue
      let steps = 0
      const isUnfit = this.#system.expandActor(tuple, actor, (step, next) => {
        steps++
        return step.error !== undefined || !isNew(next) || this.#system.recordsIn(step)
      })
      if (isUnfit || steps === 0 || steps >= fewest) continue
      best = actor
      fewest = steps
    }
    return best
  }

  #mayBeSent(tuple: Int32Array, actor: number): boolean {
    return this.#reach.some(
      (locals, other) => other !== actor && (locals.get(tuple[other] as number)?.has(actor) ?? true),
    )
  }
}

/** Looks at every turn that any actor could take, if each message that is ever sent could arrive at any time. */
export function reachOf(system: ActorSystem): Reach {
  const { transitions, messages, system: checked } = system.parts
  const count = checked.actors.length
  const locals = Array.from({ length: count }, () => new Set<number>())
  const inboxes = Array.from({ length: count }, () => new Set<number>())
  const sends = Array.from({ length: count }, () => new Map<number, Set<number>>())
  const before = Array.from({ length: count }, () => new Map<number, Set<number>>())
  const work: (readonly [actor: number, local: number, message: number])[] = []
  const reached = (actor: number, local: number) => {
    if (locals[actor]?.has(local)) return
    locals[actor]?.add(local)
    sends[actor]?.set(local, new Set())
    work.push([actor, local, -1])
    for (const message of inboxes[actor] as Set<number>) work.push([actor, local, message])
  }
  const sent = (message: number) => {
    const { to } = messages.get(message)
    if (inboxes[to]?.has(message)) return
    inboxes[to]?.add(message)
    for (const local of locals[to] as Set<number>) work.push([to, local, message])
  }
  const takes = (actor: number, local: number, step: Step) => {
    reached(actor, step.local)
    for (const message of step.sent) {
      sent(message)
      sends[actor]?.get(local)?.add(messages.get(message).to)
    }
    const ways = before[actor]?.get(step.local) ?? new Set()
    before[actor]?.set(step.local, ways.add(local))
  }
  for (let actor = 0; actor < count; actor++) {
    for (const step of transitions.beginnings(actor)) {
      reached(actor, step.local)
      for (const message of step.sent) sent(message)
    }
  }
  for (let turns = 0; work.length > 0; turns++) {
    if (turns + work.length > turnsMax) return sends.map(() => new Map())
    const [actor, local, message] = work.pop() as [number, number, number]
    const steps = message < 0 ? transitions.firings(actor, local) : transitions.deliveries(message, local)
    for (const step of steps) if (step.error === undefined) takes(actor, local, step)
    if (message >= 0 || system.places.crashes < 0) continue
    for (const down of transitions.crashed(actor, local)) {
      reached(actor, down)
      before[actor]?.set(down, (before[actor]?.get(down) ?? new Set()).add(local))
      for (const step of transitions.restarts(actor, down, false)) takes(actor, down, step)
    }
  }
  // What a local state can lead to sends, it may send.
  for (let actor = 0; actor < count; actor++) {
    const changed = [...(locals[actor] as Set<number>)]
    while (changed.length > 0) {
      const local = changed.pop() as number
      const after = sends[actor]?.get(local) as Set<number>
      for (const earlier of before[actor]?.get(local) ?? []) {
        const own = sends[actor]?.get(earlier) as Set<number>
        const size = own.size
        for (const to of after) own.add(to)
        if (own.size > size) changed.push(earlier)
      }
    }
  }
  return sends
}
