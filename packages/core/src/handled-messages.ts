/** Which messages the actors of a definition take, for options that name some of them. */
import { adviceFor } from './known-options.ts'

/** The parts of a compiled definition that say so. */
export interface HandledMessages {
  readonly handlers: ReadonlyMap<string, unknown>
  readonly behaviors: ReadonlyMap<string, ReadonlyMap<string, unknown>>
  readonly otherwise: unknown
}

/** True when the definition's `on`, one of its behaviors or its `otherwise` takes the message. */
export function handlesSomewhere({ handlers, behaviors, otherwise }: HandledMessages, message: string): boolean {
  if (otherwise !== undefined || handlers.has(message)) return true
  for (const table of behaviors.values()) if (table.has(message)) return true
  return false
}

/** The names of all messages that `on` and the behaviors take. */
export function messagesOf({ handlers, behaviors }: HandledMessages): string[] {
  return [...new Set([handlers, ...behaviors.values()].flatMap((table) => [...table.keys()]))]
}

/** What is wrong with the priorities of a mailbox for actors of that definition: a message that they never take. */
export function unknownPriorityProblem(
  definition: HandledMessages,
  mailbox: { readonly priority?: Readonly<Record<string, number>> } | undefined,
): string | undefined {
  const unknown = Object.keys(mailbox?.priority ?? {}).find((message) => !handlesSomewhere(definition, message))
  if (unknown === undefined) return undefined
  return `mailbox.priority names '${unknown}', for which it has no handler; ${adviceFor(unknown, messagesOf(definition)).advice}`
}
