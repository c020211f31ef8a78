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
interface Session {
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

/** What the command came to, if it was applied before; `'expired'` when its session is closed. */
export function earlierOutcome(sessions: Sessions, number: number, seq: number): Outcome | 'expired' | undefined {
  const session = sessions.get(number)
  if (session === undefined) return 'expired'
  // Acknowledged, so that nobody waits for it: any outcome will do, as long as it is not applied again.
  if (seq <= session.ackedUpTo) return { ok: true, value: undefined }
  return session.outcomes.get(seq)
}

/** Remembers an outcome, forgets what the client has acknowledged, and counts as a use. */
export function remember(sessions: Sessions, number: number, seq: number, ackedUpTo: number, outcome: Outcome): void {
  const session = sessions.get(number) as Session
  sessions.delete(number)
  sessions.set(number, session)
  session.outcomes.set(seq, outcome)
  if (ackedUpTo <= session.ackedUpTo) return
  session.ackedUpTo = ackedUpTo
  for (const old of session.outcomes.keys()) if (old <= ackedUpTo) session.outcomes.delete(old)
}
