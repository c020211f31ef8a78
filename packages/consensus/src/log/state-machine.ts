/** What a replicated log replicates: a deterministic state machine, given by the user. */

/**
 * The machine. `apply` and `query` are functions of their arguments and of nothing else: no clock, no randomness, no
 * outside world, and the same result on every replica. Commands, queries and results are plain data.
 */
export interface StateMachine<State extends object, Command, Result, Query = never, Answer = never> {
  /**
   * The state before the first command: an object, an array, a Map or a Set, which `apply` changes in place. Plain data, as messages
   * are, since that is what comes back from a snapshot; else `snapshot` and `restore` are needed both. `replicate` looks at it.
   */
  readonly initial: () => State
  /**
   * Carries out a command: changes `state` in place and returns the result. `command` is a copy for it alone, of which it may
   * keep parts and change them; the result is copied, so that it may be a part of the state. One that throws must throw before it
   * changes anything; the client's call rejects with a `CommandError` that has its message. So it does when the result
   * cannot be a message (a promise, a function, an instance of a class), but then the command was applied. What is put into the
   * state stays plain data: a function in it is found with the next snapshot, which then is not stored, and told as the event `failure`.
   */
  readonly apply: (state: State, command: Command) => Result
  /** Answers a query without changing anything: the query is immutable, the answer is copied. Default: there are no queries. */
  readonly query?: (state: State, query: Query) => Answer
  /** The state as plain data (objects, arrays, Map, Set, typed arrays), for `restore`. Default: the state itself. */
  readonly snapshot?: (state: State) => unknown
  /** The state from what `snapshot` gave, or from the state as it was stored. Default: that value. */
  readonly restore?: (snapshot: any) => State
}

/** A machine whose types are known elsewhere. */
export type AnyMachine = StateMachine<any, any, any, any, any>
