/** The clients of a replicated key-value store in a campaign: what they do, what they see, and what it must amount to. */
import { type HistoryRecorder, type ObjectModel, unknownOutput } from '@troupe/checker'
import type { KeyValueCommand, Replicated, ReplicatedClient } from '@troupe/consensus'
import type { SimulatedWorld } from '@troupe/simulation'

export type Store = Replicated<KeyValueCommand, unknown, { readonly key: string }, unknown>
export type StoreClient = ReplicatedClient<KeyValueCommand, unknown, { readonly key: string }, unknown>

/** The keys that clients work on: few, so that they meet. */
export const keys = ['a', 'b', 'c'] as const

/** A client on a node that may fail, or on one that cannot; started again until its node is up. */
export async function clientOn(world: SimulatedWorld, store: Store, index: number): Promise<StoreClient> {
  const node = index === 0 ? 'local' : world.random.pick(world.nodes)
  for (;;) {
    try {
      return await store.client({ node })
    } catch {
      await world.sleep(100)
    }
  }
}

/** One operation, recorded. Returns true when it was answered. */
export async function operate(
  world: SimulatedWorld,
  client: StoreClient,
  history: HistoryRecorder<KeyValueCommand, unknown>,
  process: number,
  readShare: number,
): Promise<boolean> {
  const { random } = world
  const key = random.pick(keys)
  const command: KeyValueCommand = random.chance(readShare)
    ? { op: 'get', key }
    : changeOf(random.pick(changes), key, `${process}.${Math.round(world.now() * 1_000)}`)
  const id = history.invoke(process, command)
  try {
    const result =
      command.op === 'get' ? await client.read({ key }, { timeoutMs: 2_000 }) : await execute(client, command)
    history.return(id, result)
    return true
  } catch {
    // A read that was not answered changed nothing; anything else may have been carried out, or will be.
    if (command.op === 'get') history.fail(id)
    else history.abandon(id)
    await world.sleep(50)
    return false
  }
}

/** What clients do to a key. */
const changes = ['put', 'append', 'delete', 'compareAndSet'] as const

function changeOf(op: (typeof changes)[number], key: string, value: string): KeyValueCommand {
  switch (op) {
    case 'put':
      return { op, key, value }
    case 'append':
      return { op, key, value: `,${value}` }
    case 'delete':
      return { op, key }
    case 'compareAndSet':
      return { op, key, expected: undefined, value }
  }
}

function execute(client: StoreClient, command: KeyValueCommand): Promise<unknown> {
  return client.execute(command, { timeoutMs: 2_000 })
}

/** One key of the store. */
export const storeModel: ObjectModel<string | undefined, KeyValueCommand, unknown> = {
  name: 'replicated key-value store',
  init: () => undefined,
  step(state, command, output) {
    const [result, next] = stepOf(state, command)
    return output === unknownOutput || output === result ? [next] : []
  },
  partition: ({ key }) => key,
  readOnly: ({ op }) => op === 'get',
  key: (state) => (state === undefined ? 'none' : `:${state}`),
  describe: (command, output) => `${JSON.stringify(command)} = ${String(output)}`,
}

function stepOf(state: string | undefined, command: KeyValueCommand): [result: unknown, next: string | undefined] {
  switch (command.op) {
    case 'get':
      return [state, state]
    case 'put':
      return [state, command.value as string]
    case 'delete':
      return [state, undefined]
    case 'append': {
      const next = (state ?? '') + command.value
      return [next.length, next]
    }
    case 'compareAndSet':
      return state === command.expected ? [true, command.value as string] : [false, state]
  }
}
