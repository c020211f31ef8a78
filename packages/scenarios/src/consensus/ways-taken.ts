/**
 * The ways in which a protocol makes progress. Each has others beside it that make up for its loss, so that a run that
 * ends well says nothing of it: a campaign claims that its runs take all of them.
 */
import { type LogEntry, sameRef } from '@troupe/core'
import type { SimulatedWorld, TraceEvent, TurnEvent } from '@troupe/simulation'

/** In a turn of `turn`, an actor of `definition` logs `leadsTo`, or sends it at once, with nothing to sync before. */
export interface Way {
  readonly definition: string
  /** The message, or `started`, `terminated`. */
  readonly turn: string
  readonly leadsTo: string
  /** Nodes without which it cannot be taken: runs on fewer do not claim it. Default 1. */
  readonly nodesMin?: number
}

/** Watches the turns, sends and log of one run; each way that is taken is a claim that is reached. */
export function claimWays(world: SimulatedWorld, ways: Readonly<Record<string, Way>>): void {
  /** By the turn, for each definition: what it may lead to, and the claim that this is. Those that were reached are gone. */
  const claims = new Map<string, Map<string, Map<string, string>>>()
  for (const [claim, { definition, turn, leadsTo, nodesMin = 1 }] of Object.entries(ways)) {
    if (world.nodes.length < nodesMin) continue
    world.sometimes(claim, false)
    const definitions = claims.get(turn) ?? new Map<string, Map<string, string>>()
    const open = definitions.get(definition) ?? new Map<string, string>()
    claims.set(turn, definitions.set(definition, open.set(leadsTo, claim)))
  }
  let turn: TurnEvent | undefined
  /** Of the last turn. */
  let open: Map<string, string> | undefined
  const takes = (what: string) => {
    const claim = open?.get(what)
    if (claim === undefined) return
    world.sometimes(claim, true)
    open?.delete(what)
  }
  const begins = (event: TraceEvent) => {
    if (event.type !== 'turn') return
    turn = event
    open = claims.get(event.message)?.get(event.definition)
  }
  const sends = (event: TraceEvent) => {
    if (event.type !== 'sent' || open === undefined || open.size === 0 || turn === undefined) return
    if (event.step === turn.step && event.sender && sameRef(event.sender, turn.ref)) takes(event.message)
  }
  // Each event that is told has to be put together: of these messages there are many.
  const all = Object.values(ways)
  world.observe(begins, { only: ['turn'], messages: all.map((way) => way.turn) })
  world.observe(sends, { only: ['sent'], messages: all.map(({ leadsTo }) => leadsTo) })
  world.events.on('log', ({ actor, message }: LogEntry) => {
    // A node has one turn at a time: one of another message, which is not seen here, has another time.
    if (actor === turn?.actor && turn.atMs === world.now()) takes(message)
  })
}
