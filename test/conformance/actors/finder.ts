/** Actors that find each other: singers register and join, a listener subscribes and notes what it hears. */
import { type ActorRef, actorKey, defineActor, group, type NodeChoice, receptionist, refKey } from '@troupe/core'

type Notes = ActorRef<{ note: (text: string) => void }>
type SingerProtocol = {
  sing: (text: string) => string
  register: () => void
  unregister: () => void
  join: () => void
  leave: () => void
  broadcast: (texts: string[]) => void
  fail: () => void
  spawnSinger: (node: NodeChoice) => ActorRef<SingerProtocol>
  lookup: (path: string) => ActorRef<any> | undefined
  found: () => readonly ActorRef<SingerProtocol>[]
}

export const Singers = actorKey<SingerProtocol>('singers')

export const Singer = defineActor<SingerProtocol>()({
  name: 'Singer',
  module: import.meta.url,
  init: (args: { to: Notes; registers?: boolean }) => args,
  started(state, ctx) {
    if (state.registers) receptionist.register(ctx, Singers)
  },
  on: {
    sing(state, text, ctx) {
      ctx.tell(state.to, 'note', `${text} from ${ctx.sender === undefined ? 'outside' : refKey(ctx.sender)}`)
      return refKey(ctx.self)
    },
    register: (_state, _message, ctx) => receptionist.register(ctx, Singers),
    unregister: (_state, _message, ctx) => receptionist.unregister(ctx, Singers),
    join: (_state, _message, ctx) => group.join(ctx, Singers),
    leave: (_state, _message, ctx) => group.leave(ctx, Singers),
    broadcast(_state, texts, ctx) {
      for (const text of texts) group.broadcast(ctx, Singers, 'sing', text)
    },
    fail() {
      throw new Error('out of tune')
    },
    spawnSinger: (state, node, ctx): any => ctx.spawnOn(node, Singer as any, { to: state.to }),
    lookup: (_state, path, ctx) => ctx.lookup(path),
    found: (_state, _message, ctx) => receptionist.find(ctx, Singers),
  },
})

/** Notes the lists that it is sent, by how many they name. */
export const Listener = defineActor<{
  singers: (refs: readonly ActorRef<SingerProtocol>[]) => void
  unsubscribe: () => void
}>()({
  name: 'Listener',
  module: import.meta.url,
  init: (args: { to: Notes }) => args,
  started: (_state, ctx) => receptionist.subscribe(ctx, Singers, 'singers'),
  on: {
    singers: (state, refs, ctx) => ctx.tell(state.to, 'note', `singers: ${refs.length}`),
    unsubscribe: (_state, _message, ctx) => receptionist.unsubscribe(ctx, Singers),
  },
})

/** Keeps references in a Map and a Set, and says whom it knows. */
export const AddressBook = defineActor({
  name: 'AddressBook',
  module: import.meta.url,
  init: () => ({ byName: new Map<string, ActorRef<SingerProtocol>>(), all: new Set<ActorRef<SingerProtocol>>() }),
  on: {
    keep(
      state,
      book: { byName: ReadonlyMap<string, ActorRef<SingerProtocol>>; all: ReadonlySet<ActorRef<SingerProtocol>> },
    ) {
      state.byName = new Map(book.byName)
      state.all = new Set(book.all)
    },
    book: (state) => ({ byName: new Map(state.byName), all: new Set(state.all) }),
    callOn: (state, name: string, ctx) => {
      const ref = state.byName.get(name)
      return ref === undefined ? undefined : ctx.ask(ref, 'sing', name)
    },
  },
})
