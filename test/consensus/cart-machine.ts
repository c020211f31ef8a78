/** A machine that makes what its commands bring a part of its state, and changes it later. */
import { replicate, type StateMachine } from '@troupe/consensus'

export type CartCommand =
  | { readonly op: 'new'; readonly id: string; readonly lines: string[] }
  | { readonly op: 'add'; readonly id: string; readonly line: string }

export const cartMachine: StateMachine<Map<string, string[]>, CartCommand, number, string, string[] | undefined> = {
  initial: () => new Map(),
  apply(carts, command) {
    if (command.op === 'new') {
      carts.set(command.id, command.lines)
      return command.lines.length
    }
    return (carts.get(command.id) as string[]).push(command.line)
  },
  query: (carts, id) => carts.get(id),
}

export const Carts = replicate({ name: 'Carts', module: import.meta.url, snapshotEvery: 10 }, cartMachine)
