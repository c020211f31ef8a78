/**
 * What clients of a register saw, as a part of the state: each operation from its invocation to its return, with the last
 * operation that every other client had completed by then. It decides whether the history is linearizable.
 */
import type { CheckedHistory } from '../history-table.ts'
import type { MessageView } from '../state-view.ts'

/** A write of a value, or a read. */
type RegisterOperation = { readonly write: string } | 'read'

interface Invoked {
  readonly operation: RegisterOperation
  /** For each other client that has completed any: the place of its last completed operation at the invocation. */
  readonly after: Readonly<Record<string, number>>
}

interface Completed extends Invoked {
  /** What a read returned. */
  readonly read?: string
}

/** By client. */
export interface RegisterHistory {
  readonly completed: Readonly<Record<string, readonly Completed[]>>
  readonly underWay: Readonly<Record<string, Invoked>>
}

/** Records `put` and `get` when they are sent, `putOk` and `getOk` when they are delivered. */
export const registerHistory: CheckedHistory<RegisterHistory> = {
  initial: { completed: {}, underWay: {} },
  sent(history, { from, name, payload }: MessageView) {
    if (name !== 'put' && name !== 'get') return undefined
    const others = Object.entries(history.completed).filter(([client]) => client !== from)
    const invoked: Invoked = {
      operation: name === 'put' ? { write: (payload as { value: string }).value } : 'read',
      after: Object.fromEntries(others.map(([client, operations]) => [client, operations.length - 1])),
    }
    return { ...history, underWay: { ...history.underWay, [from]: invoked } }
  },
  delivered(history, { to, name, payload }: MessageView) {
    if (name !== 'putOk' && name !== 'getOk') return undefined
    const { [to]: invoked, ...underWay } = history.underWay
    if (invoked === undefined) return undefined
    const done: Completed = name === 'getOk' ? { ...invoked, read: (payload as { value: string }).value } : invoked
    return { completed: { ...history.completed, [to]: [...(history.completed[to] ?? []), done] }, underWay }
  },
}

const verdicts = new WeakMap<RegisterHistory, boolean>()

/** Whether some order of the operations, in which each took place between its invocation and its return, explains all reads. */
export function isLinearizable(history: RegisterHistory, initial: string): boolean {
  let verdict = verdicts.get(history)
  if (verdict === undefined) {
    verdict = explains(history, initial)
    verdicts.set(history, verdict)
  }
  return verdict
}

function explains({ completed, underWay }: RegisterHistory, initial: string): boolean {
  const clients = [...new Set([...Object.keys(completed), ...Object.keys(underWay)])]
  const operations = new Map<string, readonly Completed[]>(
    clients.map((client) => {
      const own = underWay[client]
      return [client, [...(completed[client] ?? []), ...(own === undefined ? [] : [own])]]
    }),
  )
  const done = new Map(clients.map((client) => [client, 0]))
  const visited = new Set<string>()
  const search = (value: string): boolean => {
    const isComplete = clients.every((client) => (done.get(client) as number) >= (completed[client]?.length ?? 0))
    if (isComplete) return true
    const key = `${value} ${[...done.values()].join()}`
    if (visited.has(key)) return false
    visited.add(key)
    for (const client of clients) {
      const at = done.get(client) as number
      const next = operations.get(client)?.[at]
      // It comes after everything that had returned when it was invoked.
      if (next === undefined || Object.entries(next.after).some(([other, last]) => (done.get(other) as number) <= last))
        continue
      const isUnderWay = at >= (completed[client]?.length ?? 0)
      const { operation } = next
      if (operation === 'read' && !isUnderWay && next.read !== value) continue
      done.set(client, at + 1)
      if (search(operation === 'read' ? value : operation.write)) return true
      done.set(client, at)
    }
    return false
  }
  return search(initial)
}
