/**
 * Client sessions, part of the replicated state: what each client has had applied, so that a command that comes again,
 * after a lost reply, a change of leader or a restart, is answered and not applied again (Ongaro, "Consensus: Bridging
 * Theory and Practice", 2014, section 6.3).
 *
 * A session's number is the index of the entry that opened it, and only an entry opens one. When there are too many the
 * one that was used least recently, in the order of the log, is closed: its client is told so, and nothing of it is
 * applied any more, which no late copy of an old command can change.
 */
import type { Outcomes } from './messages.ts'

/** One client's. */
export interface Session {
  /** Up to there the client has its results. */
  ackedUpTo: number
  /**
   * What its commands came to, as they were applied together, in the order of their numbers, none of which is there twice;
   * those up to `ackedUpTo` are dropped once all that were applied with them may be.
   */
  readonly results: Outcomes[]
}

/** By number; the one used least recently first. */
export type Sessions = Map<number, Session>

/** Opens a session and closes the one used least recently when there are more than `max`. */
export function openSession(sessions: Sessions, number: number, max: number): void {
  sessions.set(number, { ackedUpTo: 0, results: [] })
  if (sessions.size <= max) return
  for (const oldest of sessions.keys()) {
    sessions.delete(oldest)
    return
  }
}

/** The session, used just now; `undefined` when it is closed. */
export function useSession(sessions: Sessions, number: number): Session | undefined {
  const session = sessions.get(number)
  if (session === undefined) return undefined
  sessions.delete(number)
  sessions.set(number, session)
  return session
}

/** The first number from `from` on, below `end`, that was not applied before; `end` when all were. */
export function firstFresh(session: Session, from: number, end: number): number {
  let number = Math.max(from, session.ackedUpTo + 1)
  for (let at = placeOf(session, number); number < end; at++) {
    const results = session.results[at]
    if (results === undefined || results.first > number) return number
    number = endOf(results)
  }
  return end
}

/** The first number from `from` on, below `end`, that was applied before; `end` when none was. */
export function firstApplied({ ackedUpTo, results }: Session, from: number, end: number): number {
  if (from <= ackedUpTo) return from
  const last = results.at(-1)
  // Nearly always: commands come in the order of their numbers.
  if (last === undefined || endOf(last) <= from) return end
  const next = results.find((earlier) => endOf(earlier) > from)
  return next === undefined ? end : Math.min(end, Math.max(from, next.first))
}

/**
 * What the numbers from `first` on, below `end`, came to, all of which were applied before. Of one that was acknowledged, so
 * that nobody waits for it, any outcome will do.
 */
export function earlierOutcomes(session: Session, first: number, end: number): Outcomes {
  const values: unknown[] = []
  const failures: NonNullable<Outcomes['failures']>[number][] = []
  let at = placeOf(session, first)
  for (let number = first; number < end; number++) {
    let results = session.results[at]
    while (results !== undefined && endOf(results) <= number) results = session.results[++at]
    values.push(results === undefined ? undefined : results.values[number - results.first])
  }
  for (const results of session.results)
    for (const failure of results.failures ?? [])
      if (failure.number >= first && failure.number < end) failures.push(failure)
  return failures.length === 0 ? { first, values } : { first, values, failures }
}

/** Keeps what commands came to that were not applied before. */
export function remember({ results }: Session, outcomes: Outcomes): void {
  let at = results.length
  while (at > 0 && (results[at - 1] as Outcomes).first > outcomes.first) at--
  if (at === results.length) results.push(outcomes)
  else results.splice(at, 0, outcomes)
}

/** Forgets what the client has the results of. */
export function forgetAcked(session: Session, ackedUpTo: number): void {
  if (ackedUpTo <= session.ackedUpTo) return
  session.ackedUpTo = ackedUpTo
  const { results } = session
  let count = 0
  while (count < results.length && endOf(results[count] as Outcomes) <= ackedUpTo + 1) count++
  if (count > 0) results.splice(0, count)
}

/** Where in the results `number` is, or would be. */
function placeOf({ results }: Session, number: number): number {
  let at = results.length
  while (at > 0 && endOf(results[at - 1] as Outcomes) > number) at--
  return at
}

function endOf({ first, values }: Outcomes): number {
  return first + values.length
}
