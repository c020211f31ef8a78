/**
 * The ways in which a protocol makes progress. Each has others beside it that make up for its loss, so that a run that
 * ends well says nothing of it: a campaign claims that its runs take all of them.
 */
import { type LogEntry, refKey } from '@troupe/core'
import type { SimulatedWorld, TraceEvent } from '@troupe/simulation'

/** In a turn of `turn`, an actor of `definition` logs `leadsTo`, or sends it at once, with nothing to sync before. */
export interface Way {
  readonly definition: string
  /** The message, or `started`, `terminated`. */
  readonly turn: string
  readonly leadsTo: string
}

/** Watches the turns, sends and log of one run; each way that is taken is a claim that is reached. */
export function claimWays(world: SimulatedWorld, ways: Readonly<Record<string, Way>>): void {
  const claims = new Map(
    Object.entries(ways).map(([claim, { definition, turn, leadsTo }]) => [`${definition}.${turn} ${leadsTo}`, claim]),
  )
  for (const claim of claims.values()) world.sometimes(claim, false)
  let turn = { actor: '', name: '', sender: '', step: -1 }
  const takes = (what: string) => {
    const claim = claims.get(`${turn.name} ${what}`)
    if (claim !== undefined) world.sometimes(claim, true)
  }
  world.observe((event: TraceEvent) => {
    const { step } = event
    if (event.type === 'turn') {
      turn = { actor: event.actor, name: `${event.definition}.${event.message}`, sender: refKey(event.ref), step }
    } else if (event.type === 'sent' && step === turn.step && event.sender && refKey(event.sender) === turn.sender) {
      takes(event.message)
    }
  })
  world.events.on('log', ({ actor, message }: LogEntry) => {
    if (actor === turn.actor) takes(message)
  })
}
