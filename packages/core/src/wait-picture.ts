/**
 * A picture of who waits for whom: turns that wait for asks alone, and for each of their asks the turn that must go on
 * before it can be answered. The first turn is the one from which the picture was drawn. Complete, every turn in it waits
 * for others in it: nothing in it can go on.
 */
import type { ErrorFacts } from './errors.ts'
import type { WaitingAsk, WaitingTurn } from './turn-waits.ts'

export type WaitPicture = readonly WaitingTurn[]

/** An ask of the picture's first turn, if it is the one that closes its cycle. */
export function closingAsk(picture: WaitPicture): WaitingAsk | undefined {
  const [first] = picture
  if (first === undefined || !allReachFirst(picture)) return undefined
  let closing: { readonly turn: WaitingTurn; readonly ask: WaitingAsk } | undefined
  for (const turn of picture) {
    for (const ask of turn.asks) {
      if (ask.isOfTurn && (closing === undefined || isYounger(turn, ask, closing.turn, closing.ask))) {
        closing = { turn, ask }
      }
    }
  }
  return closing?.turn === first ? closing.ask : undefined
}

/**
 * A total order of asks, which everybody who sees the same asks sees the same, whatever the clocks of their nodes: so one
 * ask of a cycle is its youngest for all.
 */
function isYounger(turn: WaitingTurn, ask: WaitingAsk, otherTurn: WaitingTurn, other: WaitingAsk): boolean {
  if (ask.openedAt !== other.openedAt) return ask.openedAt > other.openedAt
  const { node, epoch } = turn.ref
  if (node !== otherTurn.ref.node) return node > otherTurn.ref.node
  return epoch === otherTurn.ref.epoch ? ask.askId > other.askId : epoch > otherTurn.ref.epoch
}

/** True when the first turn is on a cycle with every other, and not one that waits for a cycle of others. */
function allReachFirst(picture: WaitPicture): boolean {
  const waitsFor = picture.map(({ asks }) => asks.map(({ by }) => by))
  const reaching = new Set([0])
  let before: number
  do {
    before = reaching.size
    for (const [index, others] of waitsFor.entries()) if (others.some((by) => reaching.has(by))) reaching.add(index)
  } while (reaching.size > before)
  return reaching.size === picture.length
}

/** Equal for two pictures exactly when the same turns wait for the same asks. */
export function pictureKey(picture: WaitPicture): string {
  const turns = picture.map(({ ref, turn, asks }) => {
    const waits = asks.map(({ askId, by }) => `${askId}>${by}`)
    return `${ref.node}.${ref.epoch}/${ref.slot}.${ref.incarnation}#${turn}:${waits.join(',')}`
  })
  return turns.join(' ')
}

/** The shortest cycle over `closing`, an ask of the first turn: for people as text, for programs as facts. */
export function cycleOf(
  picture: WaitPicture,
  closing: WaitingAsk,
): { readonly text: string; readonly facts: ErrorFacts } {
  const steps = [{ turn: picture[0] as WaitingTurn, ask: closing }, ...wayToFirst(picture, closing.by)]
  const names = steps.map(({ turn, ask }) => ({ actor: turn.path, message: ask.name }))
  const text = names.map(({ actor, message }) => `${actor} -[${message}]-> `).join('')
  return { text: `${text}${names[0]?.actor}`, facts: { cycle: names } }
}

interface Step {
  readonly turn: WaitingTurn
  readonly ask: WaitingAsk
}

/** The asks by which the turn at `start` waits for the first turn: a breadth-first search, so the fewest. */
function wayToFirst(picture: WaitPicture, start: number): Step[] {
  const ways = new Map<number, Step[]>([[start, []]])
  for (const [index, way] of ways) {
    if (index === 0) return way
    const turn = picture[index] as WaitingTurn
    for (const ask of turn.asks) if (!ways.has(ask.by)) ways.set(ask.by, [...way, { turn, ask }])
  }
  return []
}
