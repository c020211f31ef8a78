/**
 * The sessions of one replica as they were when they were last looked at, and their digest. When one client's commands are
 * applied the sessions of all others are as they were: they are looked at, and nothing is made for them.
 */
import type { Outcomes } from './messages.ts'
import type { Session, Sessions } from './sessions.ts'
import { type Digest, DigestWalk } from './value-digest.ts'

/** One session, taken down again whenever it has changed. */
class TakenSession implements Digest {
  readonly session: Session
  low = 0
  high = 0
  #number = 0
  #ackedUpTo = -1
  /** Outcomes are immutable. */
  #results: readonly Outcomes[] = []

  constructor(session: Session) {
    this.session = session
  }

  /** Takes it down, if it is not as it was, under the same number. */
  take(number: number): void {
    const { ackedUpTo, results } = this.session
    if (number === this.#number && ackedUpTo === this.#ackedUpTo && this.#has(results)) return
    this.#number = number
    this.#ackedUpTo = ackedUpTo
    this.#results = results.slice()
    const walk = new DigestWalk().number(number).number(ackedUpTo)
    for (let index = 0; index < results.length; index++) {
      const { first, values, failures } = results[index] as Outcomes
      walk.number(first).value(values).value(failures)
    }
    this.low = walk.low
    this.high = walk.high
  }

  /** As it was taken down, with its number. */
  kept(): readonly [number, Session] {
    return [this.#number, { ackedUpTo: this.#ackedUpTo, results: [...this.#results] }]
  }

  #has(results: readonly Outcomes[]): boolean {
    const taken = this.#results
    if (results.length !== taken.length) return false
    for (let index = 0; index < taken.length; index++) if (results[index] !== taken[index]) return false
    return true
  }
}

/** The sessions of one replica; once they are taken, their digest is that of all of them in their order. */
export class TakenSessions implements Digest {
  low = 0
  high = 0
  /** In their order. */
  readonly #taken: TakenSession[] = []

  /** Takes down the sessions as they are now. */
  take(sessions: Sessions): void {
    const taken = this.#taken
    const walk = new DigestWalk()
    let at = 0
    // Two iterators: one of entries makes a pair for each of them.
    const numbers = sessions.keys()
    for (const session of sessions.values()) {
      if (at === taken.length || (taken[at] as TakenSession).session !== session) this.#bring(session, at)
      const own = taken[at++] as TakenSession
      own.take(numbers.next().value as number)
      walk.part(own)
    }
    if (taken.length > at) taken.length = at
    walk.number(at)
    this.low = walk.low
    this.high = walk.high
  }

  /** As they were taken down. */
  kept(): readonly (readonly [number, Session])[] {
    return this.#taken.map((session) => session.kept())
  }

  /** `session` is to stand at `at`: those that stand from there up to it were used since, and are the last ones now, or were closed. */
  #bring(session: Session, at: number): void {
    const taken = this.#taken
    const end = taken.length - 1
    let place = at
    while (place <= end && (taken[place] as TakenSession).session !== session) place++
    if (place > end) {
      taken.splice(at, 0, new TakenSession(session))
      return
    }
    for (; place > at; place--) {
      const used = taken[at] as TakenSession
      for (let index = at; index < end; index++) taken[index] = taken[index + 1] as TakenSession
      taken[end] = used
    }
  }
}
