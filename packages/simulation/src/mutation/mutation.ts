/**
 * A mutation: one mistake that could have been made in a definition, as data. Which ones there are for a definition is
 * found by watching it run (`mutation-points.ts`); what each does to a turn is in `mutant-variation.ts`.
 */

/** The kinds of mistake. */
export const mutationOperators = [
  'drop-persist',
  'send-early',
  'forget-field',
  'deliver-twice',
  'swap-sends',
  'ignore-message',
  'lower-quorum',
] as const

/** The kind of a mistake. */
export type MutationOperator = (typeof mutationOperators)[number]

/**
 * One mistake. `definition` is the definition's name; `turn` the name of the message that is handled, or `@started`,
 * `@terminated`, `@stopped`.
 */
export type Mutation =
  /** The event changes the state and never reaches the journal. */
  | { readonly operator: 'drop-persist'; readonly definition: string; readonly turn: string; readonly event: string }
  /** What the turn sends after the event leaves before the event is synced; `answers`: replies do too. */
  | {
      readonly operator: 'send-early'
      readonly definition: string
      readonly turn: string
      readonly event: string
      readonly answers: boolean
    }
  /** An actor that comes back has in this field of its state what `init` puts there. */
  | { readonly operator: 'forget-field'; readonly definition: string; readonly field: string }
  /** The message is handled twice in a row. */
  | { readonly operator: 'deliver-twice'; readonly definition: string; readonly turn: string }
  /** Two messages that are sent one after the other, to the same receiver, leave in the other order. */
  | {
      readonly operator: 'swap-sends'
      readonly definition: string
      readonly turn: string
      readonly first: string
      readonly second: string
    }
  /** The message is not handled, and never answered. */
  | { readonly operator: 'ignore-message'; readonly definition: string; readonly turn: string }
  /** A whole number in the arguments of `init` is one less; `path` says where, as in `configuration.quorums.election`. */
  | { readonly operator: 'lower-quorum'; readonly definition: string; readonly path: string }

/** The mutation's name, unique in a run: `Acceptor.prepare: drop persist promised`. */
export function mutationName(mutation: Mutation): string {
  const { definition } = mutation
  switch (mutation.operator) {
    case 'drop-persist':
      return `${definition}.${mutation.turn}: drop persist ${mutation.event}`
    case 'send-early':
      return `${definition}.${mutation.turn}: send before ${mutation.event} is synced`
    case 'forget-field':
      return `${definition}: forget ${mutation.field} at recovery`
    case 'deliver-twice':
      return `${definition}.${mutation.turn}: handle twice`
    case 'swap-sends':
      return `${definition}.${mutation.turn}: send ${mutation.second} before ${mutation.first}`
    case 'ignore-message':
      return `${definition}.${mutation.turn}: ignore`
    case 'lower-quorum':
      return `${definition}: lower ${mutation.path} by one`
  }
}
