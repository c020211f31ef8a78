/** The actor that carries scripts out and tells a witness what it sees, and the witness. In a module, for threads. */
import {
  type ActorContext,
  type ActorDefinition,
  type ActorRef,
  defineActor,
  namedRef,
  type ProtocolOf,
  type ReplyToken,
  refKey,
} from '@troupe/core'
import type { AskOp, Body, ChildOp, Op, Peer } from './script.ts'

/** One thing that an actor saw. */
export interface Note {
  readonly actor: string
  readonly lane: string
  /** Who sent what it is about; `undefined` when nobody did. */
  readonly from: string | undefined
  readonly what: string
}

/** Keeps the notes of one program; `when` answers once there are so many. */
export const Witness = defineActor({
  name: 'Witness',
  module: import.meta.url,
  init: () => ({ notes: [] as Note[], waiting: undefined as { count: number; token: ReplyToken<void> } | undefined }),
  on: {
    note(state, note: Note, ctx) {
      state.notes.push(note)
      if (state.waiting === undefined || state.notes.length < state.waiting.count) return
      ctx.reply(state.waiting.token, undefined)
      state.waiting = undefined
    },
    when(state, count: number, ctx) {
      if (state.notes.length >= count) return undefined
      const token = ctx.deferReply<void>()
      state.waiting = { count, token }
      return token
    },
    notes: (state) => [...state.notes],
  },
})

export interface ScriptedArgs {
  readonly id: string
  /** The program's actors by index, and the names of the nodes. */
  readonly peers: readonly { readonly node: string; readonly name: string }[]
  readonly nodes: readonly string[]
  readonly index: number
  readonly witness: ActorRef<ProtocolOf<typeof Witness>>
  readonly fails: boolean
}

interface RunMessage {
  readonly lane: string
  readonly from: string
  readonly body: Body
  readonly reply?: AskOp['reply'] | undefined
}

type Scripts = {
  /** References of all actors of the program. A restart forgets them; their names do as well. */
  meet: (refs: readonly ActorRef<Scripts>[]) => void
  run: (message: RunMessage) => unknown
  answer: (message: { token: ReplyToken<string>; value: string }) => void
  watch: (message: { ref: ActorRef; twice: boolean }) => void
}

interface ScriptedState {
  readonly args: ScriptedArgs
  refs: readonly ActorRef<Scripts>[]
}

/** Long enough to be no part of the program. */
const timeoutMs = 60_000

export const Scripted: ActorDefinition<Scripts, ScriptedArgs> = defineActor<Scripts>()({
  name: 'Scripted',
  module: import.meta.url,
  init(args: ScriptedArgs): ScriptedState {
    if (args.fails) throw new RangeError('init fails')
    return { args, refs: [] }
  },
  terminated(state, ref, reason, ctx) {
    new Run(state, ctx, 'terminated').note(`${refKey(ref)} ${reason}`)
  },
  on: {
    meet(state, refs) {
      state.refs = refs
    },
    run(state, message, ctx) {
      const { lane, from, body, reply } = message
      const run = new Run(state, ctx, lane)
      run.note(`body ${body.id}`, from)
      const done = run.from(body.ops, 0)
      const end = () => run.end(body, reply)
      return done === undefined ? end() : done.then(end)
    },
    answer: (_state, { token, value }, ctx) => ctx.reply(token, value),
    watch(_state, { ref, twice }, ctx) {
      ctx.watch(ref)
      if (twice) ctx.watch(ref)
    },
  },
})

/** One body being carried out. Its turn is asynchronous from the first operation on that waits for something. */
class Run {
  readonly #state: ScriptedState
  readonly #ctx: ActorContext<Scripts>
  readonly #lane: string

  constructor(state: ScriptedState, ctx: ActorContext<Scripts>, lane: string) {
    this.#state = state
    this.#ctx = ctx
    this.#lane = lane
  }

  note(what: string, from?: string): void {
    const { id, witness } = this.#state.args
    this.#ctx.tell(witness, 'note', { actor: id, lane: this.#lane, from, what })
  }

  from(ops: readonly Op[], first: number): Promise<void> | undefined {
    for (let index = first; index < ops.length; index++) {
      const waits = this.#perform(ops[index] as Op)
      if (waits !== undefined) return waits.then(() => this.from(ops, index + 1))
    }
    return undefined
  }

  end({ id, end }: Body, reply: AskOp['reply'] | undefined): unknown {
    const ctx = this.#ctx
    if (end === 'fail') throw new RangeError(`body ${id} fails`)
    if (end === 'stop') ctx.stop()
    const value = `reply of ${id}`
    if (reply === undefined || reply === 'now') return value
    const token = ctx.deferReply<string>()
    ctx.tell(reply === 'later' ? ctx.self : this.#ref(reply), 'answer', { token, value })
    return token
  }

  #perform(op: Op): Promise<void> | undefined {
    const ctx = this.#ctx
    switch (op.kind) {
      case 'tell':
        ctx.tell(this.#ref(op.to), 'run', this.#message(op.body))
        return undefined
      case 'ask':
        return this.#ask(op).then((outcome) => this.note(outcome))
      case 'askBoth':
        return Promise.all([this.#ask(op.left), this.#ask(op.right)]).then(([left, right]) => {
          this.note(left)
          this.note(right)
        })
      case 'askUnknown': {
        const to = this.#ref(op.to) as ActorRef<any>
        return outcomeOf(ctx.askWith({ timeoutMs }, to, 'unknown')).then((outcome) => this.note(outcome))
      }
      case 'spawnFails':
        try {
          ctx.spawn(Scripted, { ...this.#state.args, fails: true })
          this.note('spawned')
        } catch (error) {
          this.note((error as Error).name)
        }
        return undefined
      case 'timers':
        for (const { key, delayMs, body, replaces, cancelled } of op.timers) {
          const message = { ...this.#message(body), lane: `${this.#lane}>${this.#state.args.id} timers ${op.id}` }
          if (replaces) ctx.timers.once({ key, delayMs: 0 }, 'run', { ...message, lane: 'replaced' })
          ctx.timers.once({ key, delayMs }, 'run', message)
          if (cancelled) ctx.timers.cancel(key)
        }
        return undefined
      case 'child':
        return this.#child(op)
    }
  }

  #ask({ to, body, reply }: AskOp): Promise<string> {
    return outcomeOf(this.#ctx.askWith({ timeoutMs }, this.#ref(to), 'run', { ...this.#message(body), reply }))
  }

  #child(op: ChildOp): Promise<void> | undefined {
    const { id, node, onFailure } = op
    const { args } = this.#state
    const childArgs: ScriptedArgs = { ...args, id }
    const options = { supervise: { onFailure, maxRestarts: 1_000 } }
    if (node !== undefined) {
      const on = args.nodes[node % args.nodes.length] as string
      return this.#ctx.spawnOn(on, Scripted, childArgs, options).then((child) => this.#raise(child, op))
    }
    return this.#raise(this.#ctx.spawn(Scripted, childArgs, options), op)
  }

  #raise(child: ActorRef<Scripts>, { id, watch, watcher, life, late }: ChildOp): Promise<void> | undefined {
    const ctx = this.#ctx
    this.note(`born ${id} ${refKey(child)}`)
    if (watch !== 'no') ctx.watch(child)
    if (watch === 'twice') ctx.watch(child)
    if (watch === 'withdrawn') ctx.unwatch(child)
    if (watcher !== undefined) ctx.tell(this.#ref(watcher), 'watch', { ref: child, twice: watch === 'twice' })
    const end = () => {
      ctx.stop(child)
      return late === undefined ? undefined : this.#speak(child, late)
    }
    const lived = this.#live(child, life, 0)
    return lived === undefined ? end() : lived.then(end)
  }

  #live(child: ActorRef<Scripts>, life: ChildOp['life'], first: number): Promise<void> | undefined {
    for (let index = first; index < life.length; index++) {
      const waits = this.#speak(child, life[index] as ChildOp['life'][number])
      if (waits !== undefined) return waits.then(() => this.#live(child, life, index + 1))
    }
    return undefined
  }

  #speak(child: ActorRef<Scripts>, { isAsk, body }: ChildOp['life'][number]): Promise<void> | undefined {
    const message = this.#message(body)
    if (isAsk) {
      return outcomeOf(this.#ctx.askWith({ timeoutMs }, child, 'run', message)).then((outcome) => this.note(outcome))
    }
    this.#ctx.tell(child, 'run', message)
    return undefined
  }

  #message(body: Body): RunMessage {
    const { id } = this.#state.args
    return { lane: `${this.#lane}>${id}`, from: id, body }
  }

  #ref({ index, byName }: Peer): ActorRef<Scripts> {
    const known = byName ? undefined : this.#state.refs[index]
    return known ?? namedRef(Scripted, this.#state.args.peers[index] as { node: string; name: string })
  }
}

/** How an ask ended, in words that do not depend on addresses. */
async function outcomeOf(reply: Promise<unknown>): Promise<string> {
  try {
    return `got ${await reply}`
  } catch (error) {
    const { name, message, code } = error as Error & { code?: string }
    return `got ${name} ${code ?? message}`
  }
}
