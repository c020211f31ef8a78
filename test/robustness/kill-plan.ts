/** The plan of a campaign of kills: which nodes, how, when, and what else dies meanwhile. A function of its seed. */
import { SeededRandom } from '@troupe/core/host'
import { type Appetite, appetites } from './actors/doomed.ts'

/** How a thread ends: terminated from outside, or by what an actor on it does. */
export const killWays = ['kill', 'exit', 'throw', 'loop', 'memory'] as const
export type KillWay = (typeof killWays)[number]

/** The death of one node. */
export interface PlannedKill {
  readonly node: string
  readonly way: KillWay
  /** For `memory`. */
  readonly appetite: Appetite
  /** Milliseconds from the beginning of the round. */
  readonly afterMs: number
  /** How long after its death was told the thread that takes its place is killed, in milliseconds; `undefined`: it lives. */
  readonly againAfterMs: number | undefined
}

/** Deaths that overlap: what follows waits until the system is whole again. */
export type Round = readonly PlannedKill[]

/** How often each way is drawn, in 100. */
const weights: Readonly<Record<KillWay, number>> = { kill: 60, exit: 14, throw: 12, loop: 6, memory: 8 }
/** The longest quiet before a kill, and the longest time between a death and the kill of the new thread. */
const quietMsMax = 120
const againMsMax = 150

/** Rounds with `kills` deaths in all. */
export function planKills({
  kills,
  seed,
  nodes,
  ways = killWays,
}: {
  readonly kills: number
  readonly seed: number
  readonly nodes: readonly string[]
  readonly ways?: readonly KillWay[]
}): Round[] {
  const random = new SeededRandom(seed)
  const drawn = ways.flatMap((way) => new Array<KillWay>(weights[way]).fill(way))
  const rounds: Round[] = []
  let left = kills
  while (left > 0) {
    const round: PlannedKill[] = []
    const atOnce = left > 1 && nodes.length > 2 && random.chance(0.2) ? 2 : 1
    const victims = [...nodes]
    for (let each = 0; each < atOnce; each++) {
      const [node] = victims.splice(random.int(victims.length), 1)
      left--
      const again = left > 0 && random.chance(0.25)
      if (again) left--
      round.push({
        node: node as string,
        way: random.pick(drawn),
        appetite: random.pick(appetites),
        // The second of a pair dies at the same time, or while the first is being replaced.
        afterMs: random.int(quietMsMax),
        againAfterMs: again ? random.int(againMsMax) : undefined,
      })
      if (left === 0) break
    }
    rounds.push(round)
  }
  return rounds
}
