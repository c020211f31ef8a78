/**
 * Client sessions, part of the replicated state: what each client has had applied, so that a command that comes again,
 * after a lost reply, a change of leader or a restart, is answered and not applied again (Ongaro, "Consensus: Bridging
 * Theory and Practice", 2014, section 6.3).
 *
 * A session's number is the index of the entry that opened it, and only an entry opens one. When there are too many the
 * one that was used least recently, in the order of the log, is closed: its client is told so, and nothing of it is
 * applied any more, which no late copy of an old command can change.
 */
import type { Outcome } from './messages.ts'

/** One client's. */
export interface Session {
  /** Up to there the client has its results. */
  ackedUpTo: number
  /** By command number, above `ackedUpTo`. */
  readonly outcomes: Map<number, Outcome>
}

/** By number; the one used least recently first. */
export type Sessions = Map<number, Session>

/** Opens a session and closes the one used least recently when there are more than `max`. */
export function openSession(sessions: Sessions, number: number, max: number): void {
  sessions.set(number, { ackedUpTo: 0, outcomes: new Map() })
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

/** What the command came to, if it was applied before. */
export function earlierOutcome({ ackedUpTo, outcomes }: Session, seq: number): Outcome | undefined {
  // Acknowledged, so that nobody waits for it: any outcome will do, as long as it is not applied again.
  return seq <= ackedUpTo ? acknowledged : outcomes.get(seq)
}

/** What as many commands from `first` on came to, if all of them were applied before. */
export function earlierOutcomes(session: Session, first: number, count: number): Outcome[] | undefined {
  const outcomes: Outcome[] = []
  for (let seq = first; seq < first + count; seq++) {
    const outcome = earlierOutcome(session, seq)
    if (outcome === undefined) return undefined
    outcomes.push(outcome)
  }
  return outcomes
}

/** Forgets what the client has the results of. */
export function forgetAcked(session: Session, ackedUpTo: number): void {
  if (ackedUpTo <= session.ackedUpTo) return
  session.ackedUpTo = ackedUpTo
  // In the order in which they were applied, which is nearly that of their numbers: what is left behind goes later.
  for (const old of session.outcomes.keys()) {
    if (old > ackedUpTo) break
    session.outcomes.delete(old)
  }
}

const acknowledged: Outcome = { ok: true, value: undefined }
