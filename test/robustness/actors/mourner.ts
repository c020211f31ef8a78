/** Death watches and links between all nodes: each must be told of each death, once, and with the right reason. */
import {
  type ActorContext,
  type ActorRef,
  defineActor,
  type RefOf,
  type ReplyToken,
  refKey,
  type TerminationReason,
} from '@troupe/core'
import type { AuditorRef } from './auditor.ts'

/** Lives until its node dies or somebody stops it. */
export const Mortal = defineActor({
  name: 'Mortal',
  module: import.meta.url,
  init: () => ({}),
  on: { ping: () => true },
})
type MortalRef = RefOf<typeof Mortal>

/** Linked to another, so that it must end as failed when that one dies, and the other when this one does. */
const Tied = defineActor({
  name: 'Tied',
  module: import.meta.url,
  init: ({ to }: { readonly to: MortalRef }) => ({ to }),
  started({ to }, ctx) {
    ctx.link(to)
  },
  on: {
    /** Answers when the other side is known to have its end of the link: it had that before the ping. */
    confirm: ({ to }, _message: void, ctx) => ctx.ask(to, 'ping'),
  },
})

/** Somebody whose death is to be told: the one who is mourned, or the child that is tied to him. */
interface Mourned {
  /** The key of the one who is mourned. */
  readonly key: string
  readonly expected: TerminationReason
  told: number
}

interface State {
  readonly auditor: AuditorRef
  /** By the key of whose end is told. */
  readonly mourned: Map<string, Mourned>
  /** The children that are tied to others and were not confirmed. */
  unconfirmed: RefOf<typeof Tied>[]
  /** The keys of those whose death is still to be told. */
  readonly open: Set<string>
  waiting: { readonly keys: readonly string[]; readonly token: ReplyToken<number> }[]
}

type MournerProtocol = {
  /** Watches these; those that are watched already are left out. */
  mourn: (refs: readonly ActorRef<any>[]) => void
  /** Links a child to each of these, and watches the child; those that have one already are left out. */
  tie: (refs: readonly MortalRef[]) => void
  /** Answers when both sides have all links that were made since the last time. */
  confirm: () => void
  /** Answers when the deaths of all of these, by key, were told. */
  heard: (keys: readonly string[]) => number
  /** Forgets those that were told dead, by key: should it be told again, it is of somebody unknown. */
  forget: (keys: readonly string[]) => void
}

export const Mourner = defineActor<MournerProtocol>()({
  name: 'Mourner',
  module: import.meta.url,
  init: ({ auditor }: { readonly auditor: AuditorRef }): State => ({
    auditor,
    mourned: new Map(),
    open: new Set(),
    unconfirmed: [],
    waiting: [],
  }),
  on: {
    mourn({ mourned, open }, refs, ctx) {
      for (const ref of refs) {
        const key = refKey(ref)
        if (mourned.has(key)) continue
        ctx.watch(ref)
        // A watch that is there already is not a second one.
        ctx.watch(ref)
        mourned.set(key, { key, expected: 'node-down', told: 0 })
        open.add(key)
      }
    },
    tie({ mourned, open, unconfirmed }, refs, ctx) {
      for (const to of refs) {
        const key = refKey(to)
        if ([...mourned.values()].some((other) => other.key === key)) continue
        const tied = ctx.spawn(Tied, { to })
        ctx.watch(tied)
        unconfirmed.push(tied)
        mourned.set(refKey(tied), { key, expected: 'failed', told: 0 })
        open.add(key)
      }
    },
    async confirm(state, _message, ctx) {
      const links = state.unconfirmed.splice(0)
      await Promise.all(links.map((tied) => ctx.ask(tied, 'confirm')))
    },
    heard(state, keys, ctx) {
      const token = ctx.deferReply<number>()
      state.waiting.push({ keys, token })
      answer(state, ctx)
      return token
    },
    forget({ mourned, open, unconfirmed }, keys) {
      unconfirmed.splice(0)
      for (const [told, { key }] of mourned) if (keys.includes(key)) mourned.delete(told)
      for (const key of keys) open.delete(key)
    },
  },
  terminated(state, ref, reason, ctx) {
    const told = refKey(ref)
    const mourned = state.mourned.get(told)
    const find = (what: string) => ctx.tell(state.auditor, 'finding', `${ctx.node}: terminated(${told}) ${what}`)
    if (mourned === undefined) {
      find(`came with ${reason}, and nobody watches that one`)
      return
    }
    if (reason !== mourned.expected) find(`says ${reason} where ${mourned.expected} is so`)
    if (mourned.told++ > 0) find(`came ${mourned.told} times`)
    state.open.delete(mourned.key)
    answer(state, ctx)
  },
})

function answer(state: State, ctx: ActorContext): void {
  state.waiting = state.waiting.filter(({ keys, token }) => {
    if (keys.some((key) => state.open.has(key))) return true
    ctx.reply(token, keys.length)
    return false
  })
}
