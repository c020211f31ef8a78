/**
 * The search for cycles of asks among actors that are held in asynchronous turns. A turn that has waited for its asks for
 * a while sends a probe after them: from the turn that keeps its message waiting to the turns for which that one waits,
 * from node to node, drawing a picture of them on the way. It is dropped as soon as one of them can go on. A probe that
 * has nobody left to visit comes home; the youngest ask of the cycle is then ended by its own node, with an
 * {@link AskCycleError}.
 *
 * (Edge chasing after Chandy, Misra and Haas, "Distributed Deadlock Detection", 1983, in their communication model: a
 * turn that waits for several asks goes on when any of them ends, so a deadlock is a set of turns that wait for nobody
 * outside it. Theirs floods and counts answers; here one probe visits all in turn, since waiting turns have few asks.)
 *
 * What nodes see at different moments is no picture of one moment, since timeouts and aborts end waits. So a cycle over
 * several nodes is one only when two probes, the second begun after the first came home, saw the same turns wait for the
 * same asks: each of those waits lasted from the one sight to the other, so at the moment between they were all there.
 */
import type { ActorCell } from './actor-cell.ts'
import { type ActorRef, type Ref, type ReplyToken, sameRef } from './actor-ref.ts'
import type { AskTable } from './ask-table.ts'
import { AskCycleError, ConfigurationError } from './errors.ts'
import { ForwardTrail } from './forward-trail.ts'
import type { PendingAsk } from './pending-ask.ts'
import type { Clock, ScheduledTask } from './ports/clock.ts'
import { shownValue } from './shown-value.ts'
import { type WaitingAsk, type WaitingTurn, waitingTurn, waitsForTurn, youngestAskOfTurn } from './turn-waits.ts'
import { closingAsk, cycleOf, pictureKey } from './wait-picture.ts'
import { type Frame, FrameKind } from './wire.ts'

/** How long an ask waits before a cycle is looked for, unless told otherwise. */
export const askCyclesAfterMsDefault = 100

/** A probe on its way: which of its node's it is, and what it saw so far; the first turn is the one that sent it. */
export interface WaitProbe {
  readonly round: number
  /** Visits so far, to other nodes and to where asks were forwarded. */
  readonly visits: number
  readonly turns: readonly WaitingTurn[]
}

/** What the search needs of its node. */
export interface AskCyclesParts {
  readonly node: string
  readonly epoch: number
  readonly clock: Clock
  readonly asks: AskTable
  readonly afterMs: number
  lookup(ref: Ref): ActorCell | undefined
  send(node: string, frame: Frame): unknown
}

/** What became of a turn's probes. */
interface Search {
  readonly turn: number
  readonly askId: number
  /** When the next probe is due. */
  dueAt: number
  /** The wait after that one; doubled each time. */
  gapMs: number
  /** The probe that is out. */
  round: number | undefined
  /** What the last probe that came home saw. */
  seen: string | undefined
}

/** Turns that a probe visits. */
const turnsMax = 256
/** Times that one ask was forwarded. */
const forwardsMax = 16
/** Visits of a probe to other nodes and to where asks were forwarded. */
const visitsMax = 1_024
/** Probes that a node sends off at a time; the others wait for the next time. */
const probesMax = 64
/** Probes of one turn become rarer, up to this many times the first wait. */
const gapFactorMax = 64

export class AskCycles {
  readonly #parts: AskCyclesParts
  readonly #trail = new ForwardTrail()
  #searches = new Map<ActorCell, Search>()
  #task: ScheduledTask | undefined
  /** When it is due; `Infinity` while there is none. */
  #taskAt = Number.POSITIVE_INFINITY
  #rounds = 0

  constructor(parts: AskCyclesParts) {
    if (!(parts.afterMs > 0)) {
      throw new ConfigurationError(
        `askCyclesAfterMs must be above 0 (Infinity: never), got ${shownValue(parts.afterMs)}`,
        {
          askCyclesAfterMs: parts.afterMs,
        },
      )
    }
    this.#parts = parts
  }

  /** An actor asked; the node looks at the ask if it still waits after a while. */
  asked({ openedAt }: PendingAsk): void {
    const time = openedAt + this.#parts.afterMs
    if (time < this.#taskAt) this.#lookAt(time)
  }

  /** `from` sent an ask on. */
  forwarded(token: ReplyToken, from: Ref, to: Ref): void {
    this.#trail.note(token, from, to)
  }

  /** A probe came from another node. */
  receive(epoch: number, probe: WaitProbe): void {
    if (epoch !== -1 && epoch !== this.#parts.epoch) return
    this.#visit(copyOf(probe))
  }

  /** The node ends. */
  close(): void {
    this.#task?.cancel()
    this.#searches.clear()
  }

  #lookAt(time: number): void {
    if (time >= this.#taskAt) return
    this.#task?.cancel()
    this.#taskAt = time
    this.#task = this.#parts.clock.schedule(Math.max(0, time - this.#parts.clock.now()), () => {
      this.#taskAt = Number.POSITIVE_INFINITY
      this.#look()
    })
  }

  /** Sends off the probes that are due, and forgets the turns that wait no more. */
  #look(): void {
    const { clock, asks, afterMs } = this.#parts
    const now = clock.now()
    const searches = new Map<ActorCell, Search>()
    const due: ActorCell[] = []
    let next = Number.POSITIVE_INFINITY
    for (const { first } of asks.heldGroups) {
      for (let asked = first; asked !== undefined; asked = asked.behind) {
        const { openedAt } = asked
        if (openedAt + afterMs > now) {
          // The others behind it are younger still.
          next = Math.min(next, openedAt + afterMs)
          break
        }
        const from = asked.from as ActorCell
        const ask = searches.has(from) ? undefined : youngestAskOfTurn(from)
        if (ask === undefined) continue
        const search = this.#searchOf(from, ask)
        searches.set(from, search)
        if (search.dueAt <= now) due.push(from)
        else next = Math.min(next, search.dueAt)
      }
    }
    this.#searches = searches
    for (const cell of due.slice(0, probesMax)) {
      const search = searches.get(cell) as Search
      search.dueAt = now + search.gapMs
      search.gapMs = Math.min(search.gapMs * 2, afterMs * gapFactorMax)
      next = Math.min(next, search.dueAt)
      this.#probe(cell, search)
    }
    if (due.length > probesMax) next = now
    // Asks come all the time: they are looked at together.
    this.#lookAt(Math.max(next, now + afterMs / 4))
  }

  #searchOf(cell: ActorCell, { askId, openedAt }: PendingAsk): Search {
    const known = this.#searches.get(cell)
    if (known?.turn === cell.currentTurn && known.askId === askId) return known
    const { afterMs } = this.#parts
    const dueAt = openedAt + afterMs
    return { turn: cell.currentTurn, askId, dueAt, gapMs: afterMs, round: undefined, seen: undefined }
  }

  #probe(cell: ActorCell, search: Search): void {
    const turn = waitingTurn(cell)
    search.round = undefined
    if (turn === undefined) return
    search.round = ++this.#rounds
    this.#visit({ round: search.round, visits: 0, turns: [turn] })
  }

  /** Follows what can be followed on this node, then sends the probe on, or home. */
  #visit({ round, visits, turns: seen }: WaitProbe): void {
    const { node } = this.#parts
    const turns = [...seen]
    let elsewhere: ActorRef | undefined
    for (let index = 0; index < turns.length; index++) {
      const turn = turns[index] as WaitingTurn
      for (const ask of turn.asks) {
        while (ask.by < 0 && ask.at.node === node) {
          if (++visits > visitsMax || !this.#follow(turns, turn, ask)) return
        }
        if (ask.by < 0) elsewhere ??= ask.at
      }
    }
    const { ref: home } = turns[0] as WaitingTurn
    if (elsewhere !== undefined) this.#send(elsewhere, { round, visits: visits + 1, turns })
    else if (home.node !== node) this.#send(home, { round, visits, turns })
    else this.#cameHome({ round, visits, turns })
  }

  /** Finds the turn that keeps `ask` waiting on this node, or whereto its message went; false when neither. */
  #follow(turns: WaitingTurn[], { ref }: WaitingTurn, ask: WaitingAsk): boolean {
    const address = { node: ref.node, epoch: ref.epoch, askId: ask.askId }
    const cell = this.#parts.lookup(ask.at as Ref)
    if (cell !== undefined && waitsForTurn(cell, address)) {
      ask.by = turns.findIndex((turn) => sameRef(turn.ref, cell.ref))
      if (ask.by >= 0) return turns[ask.by]?.turn === cell.currentTurn
      const turn = turns.length < turnsMax ? waitingTurn(cell) : undefined
      if (turn === undefined) return false
      ask.by = turns.push(turn) - 1
      return true
    }
    const next = this.#trail.find(address, cell?.ref ?? ask.at)
    ask.passed.push(ask.at)
    // Where it was before, it is no more: somebody handles it, or has its token.
    if (next === undefined || ask.passed.length > forwardsMax) return false
    if (ask.passed.some((before) => sameRef(before, next))) return false
    ask.at = next
    return true
  }

  /** The probe found nobody who could go on. */
  #cameHome({ round, turns }: WaitProbe): void {
    const { node, epoch, asks, afterMs, clock } = this.#parts
    const [first] = turns
    if (first === undefined || first.ref.epoch !== epoch) return
    const cell = this.#parts.lookup(first.ref as Ref)
    const search = cell && this.#searches.get(cell)
    if (cell === undefined || search?.round !== round) return
    search.round = undefined
    const now = waitingTurn(cell)
    if (now === undefined || now.turn !== first.turn || !haveSameAsks(now, first)) return
    const closing = closingAsk(turns)
    if (closing === undefined) return
    const key = pictureKey(turns)
    const isOfOneMoment = turns.every(({ ref }) => ref.node === node)
    if (!isOfOneMoment && search.seen !== key) {
      search.seen = key
      search.dueAt = clock.now() + afterMs
      this.#lookAt(search.dueAt)
      return
    }
    this.#searches.delete(cell)
    const { text, facts } = cycleOf(turns, closing)
    const { askId, name } = closing
    asks.giveUp(
      askId,
      new AskCycleError(
        `the ask ${name} of ${first.path} closes a cycle of asks, each in a turn that holds its actor until it is answered: ${text}. Tell instead of asking in one of them, or defer the reply and answer it in a later turn`,
        { actor: first.path, message: name, ...facts },
      ),
    )
  }

  #send(to: ActorRef, probe: WaitProbe): void {
    if (probe.visits <= visitsMax) this.#parts.send(to.node, [FrameKind.waitProbe, to.epoch, probe])
  }
}

function haveSameAsks({ asks: left }: WaitingTurn, { asks: right }: WaitingTurn): boolean {
  return left.length === right.length && left.every(({ askId }, index) => askId === right[index]?.askId)
}

/** A probe of one's own: what came may be held by its sender, or come twice. */
function copyOf({ round, visits, turns }: WaitProbe): WaitProbe {
  return {
    round,
    visits,
    turns: turns.map((turn) => ({ ...turn, asks: turn.asks.map((ask) => ({ ...ask, passed: [...ask.passed] })) })),
  }
}
