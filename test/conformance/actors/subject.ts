/** The actor that most cases are about: it does what it is told, and notes what happens to it. */
import {
  type ActorDefinition,
  type ActorRef,
  defineActor,
  defineService,
  namedRef,
  type PayloadArguments,
  type ReplyToken,
  refKey,
  type SpawnOptions,
} from '@troupe/core'

/** A service that every host of the suite is given, and one that none is. */
export const Greeter = defineService<{ greet(name: string): string }>('greeter')
export const Missing = defineService<{ greet(name: string): string }>('missing')

type Notes = ActorRef<{ note: (text: string) => void }>
type Held = ActorRef<{ wait: () => void }>

/** An error of a class that Troupe does not know. */
export class InsufficientFundsError extends Error {
  readonly code = 'E_FUNDS'
  override name = 'InsufficientFundsError'
}

export interface SubjectArgs {
  readonly to: Notes
  readonly name?: string
  /** Notes its starts and stops. */
  readonly life?: boolean
  /** `init` throws when this is set. */
  readonly initFails?: boolean
}

type SubjectProtocol = {
  note: (text: string) => void
  /** Tells itself `note` so many times, then notes `end`. */
  countTo: (message: { to: number; peer: Notes }) => void
  echo: (value: unknown) => unknown
  count: () => number
  logText: (text: string) => void
  where: () => string
  whoSent: () => string
  askWhoSent: (to: ActorRef<{ whoSent: () => string }>) => string
  fail: (message: { error: 'range' | 'own' | 'async' }) => void
  failAfterNote: (text: string) => void
  hold: (gate: Held) => void
  holdThenNote: (message: { gate: Held; text: string }) => void
  mutate: () => { list: number; bytes: number; map: number }
  mutateReceived: (value: { list: number[]; map: Map<string, number> }) => string
  sendFunction: () => string
  spawn: (message: {
    name?: string
    life?: boolean
    options?: SpawnOptions
    initFails?: boolean
  }) => ActorRef<SubjectProtocol>
  spawnAndTell: (texts: string[]) => void
  spawnTwice: (name: string) => string
  spawnOn: (message: { node: string; name: string }) => ActorRef<SubjectProtocol>
  stopSelf: () => void
  stopSelfAfter: (text: string) => void
  stop: (ref: ActorRef) => void
  watch: (ref: ActorRef) => void
  watchTwice: (ref: ActorRef) => void
  watchNamed: (address: { node: string; name: string }) => void
  unwatch: (ref: ActorRef) => void
  sayAndStop: (message: { to: ActorRef<{ note: (text: string) => void }>; count: number }) => void
  defer: () => string
  forward: (to: ActorRef<{ answer: (token: ReplyToken<string>) => void }>) => string
  answer: (token: ReplyToken<string>) => void
  answerDeferred: (text: string) => void
  failDeferred: () => void
  replyTwice: () => string
  askOther: (message: { to: ActorRef<SubjectProtocol>; timeoutMs?: number; what: 'defer' | 'fail' | 'count' }) => string
  /** Starts timers, in one turn, that deliver `note`. */
  timers: (timers: { key: string; delayMs: number; text: string }[]) => void
  /** Starts a timer, is held at the gate while it comes due, and cancels it. */
  timerComesDueThenCancel: (message: { gate: Held; text: string }) => void
  /** Starts a timer that repeats and delivers `note`, or `holdThenNote` where a gate is given. */
  repeat: (message: { kind: 'delay' | 'rate'; everyMs: number; text: string; gate?: Held }) => void
  cancelTimers: () => void
  activeTimers: (keys: string[]) => boolean[]
  monotonicNow: () => number
  timerThenFail: (message: { key: string; delayMs: number; text: string }) => void
  greet: (name: string) => string
  greetMissing: () => string
  keepContext: () => void
  staleContext: () => string | undefined
  spin: () => void
  tellUnknown: (to: ActorRef) => void
  persistAnyway: () => void
  remindAnyway: () => void
  draw: () => number[]
  passPoint: (name: string) => string
}

interface SubjectState {
  readonly args: SubjectArgs
  count: number
  token: ReplyToken<string> | undefined
  /** What came of a context that was used after its turn. */
  stale: string | undefined
  spinning: boolean
}

// Annotated, since it spawns its own kind and returns the reference.
export const Subject: ActorDefinition<SubjectProtocol, SubjectArgs> = defineActor<SubjectProtocol>()({
  name: 'Subject',
  module: import.meta.url,
  init(args: SubjectArgs): SubjectState {
    if (args.initFails) throw new RangeError('init failed')
    return { args, count: 0, token: undefined, stale: undefined, spinning: true }
  },
  started(state, ctx) {
    if (state.args.life) ctx.tell(state.args.to, 'note', `${state.args.name} started`)
  },
  stopped(state, ctx) {
    if (state.args.life) ctx.tell(state.args.to, 'note', `${state.args.name} stopped`)
  },
  terminated(state, ref, reason, ctx) {
    ctx.tell(state.args.to, 'note', `terminated ${refKey(ref)} ${reason}`)
  },
  on: {
    note(state, text, ctx) {
      state.count++
      ctx.tell(state.args.to, 'note', text)
    },
    countTo(_state, { to, peer }, ctx) {
      for (let index = 1; index <= to; index++) ctx.tell(peer, 'note', String(index))
    },
    echo: (_state, value) => value,
    count: (state) => state.count,
    where: (_state, _message, ctx) => ctx.node,
    whoSent: (_state, _message, ctx) => (ctx.sender === undefined ? 'nobody' : refKey(ctx.sender)),
    askWhoSent: (_state, to, ctx) => ctx.ask(to, 'whoSent'),
    fail(_state, { error }) {
      if (error === 'own') throw new InsufficientFundsError('not enough')
      const thrown = new RangeError('out of range')
      if (error === 'async') return Promise.reject(thrown) as Promise<void>
      throw thrown
    },
    failAfterNote(state, text, ctx) {
      ctx.tell(state.args.to, 'note', text)
      throw new RangeError('after the note')
    },
    async hold(state, gate, ctx) {
      await ctx.ask(gate, 'wait')
      state.count++
    },
    async holdThenNote(state, { gate, text }, ctx) {
      await ctx.ask(gate, 'wait')
      ctx.tell(state.args.to, 'note', text)
    },
    async mutate(_state, _message, ctx) {
      const bytes = new Uint8Array([1])
      const list = [1]
      const map = new Map([['a', 1]])
      const child = ctx.spawn(Keeper, undefined)
      ctx.tell(child, 'keep', { list, map, bytes })
      for (const change of [() => list.push(2), () => map.set('a', 2), () => bytes.fill(2)]) {
        try {
          change()
        } catch (error) {
          if (!(error instanceof TypeError)) throw error
        }
      }
      return ctx.ask(child, 'kept')
    },
    mutateReceived(_state, value) {
      const outcomes = [() => value.list.push(2), () => value.map.set('a', 2), () => value.list.sort()].map(
        (change) => {
          try {
            change()
            return 'changed'
          } catch (error) {
            return error instanceof TypeError ? 'refused' : String(error)
          }
        },
      )
      return outcomes.join(' ')
    },
    sendFunction(state, _message, ctx) {
      try {
        ctx.tell(state.args.to, 'note', { deep: [() => 1] } as never)
        return 'sent'
      } catch (error) {
        return `${(error as { code: string }).code} ${(error as { facts: { path: string } }).facts.path}`
      }
    },
    logText: (_state, text, ctx) => ctx.log.info(text, { text }),
    spawn(state, { name, life, options, initFails }, ctx) {
      const args = { to: state.args.to, name: name ?? 'child', life: life ?? false, initFails: initFails ?? false }
      const child = ctx.spawn(Subject, args, { ...options, ...(name === undefined ? {} : { name }) })
      return child
    },
    spawnAndTell(state, texts, ctx) {
      const child = ctx.spawn(Subject, { to: state.args.to })
      for (const text of texts) ctx.tell(child, 'note', text)
    },
    spawnTwice(state, name, ctx) {
      ctx.spawn(Subject, { to: state.args.to }, { name })
      try {
        ctx.spawn(Subject, { to: state.args.to }, { name })
        return 'spawned'
      } catch (error) {
        return (error as { code: string }).code
      }
    },
    spawnOn: (state, { node, name }, ctx) =>
      ctx.spawnOn(node, Subject, { to: state.args.to, name, life: true }, { name }),
    stopSelf: (_state, _message, ctx) => ctx.stop(),
    stopSelfAfter(state, text, ctx) {
      ctx.stop()
      ctx.tell(state.args.to, 'note', text)
    },
    stop: (_state, ref, ctx) => ctx.stop(ref),
    watch: (_state, ref, ctx) => ctx.watch(ref),
    watchTwice(_state, ref, ctx) {
      ctx.watch(ref)
      ctx.watch(ref)
    },
    watchNamed: (_state, address, ctx) => ctx.watch(namedRef(Subject, address)),
    unwatch: (_state, ref, ctx) => ctx.unwatch(ref),
    sayAndStop(_state, { to, count }, ctx) {
      for (let index = 1; index <= count; index++) ctx.tell(to, 'note', `last words ${index}`)
      ctx.stop()
    },
    defer(state, _message, ctx) {
      state.token = ctx.deferReply<string>()
      return state.token
    },
    forward(_state, to, ctx) {
      const token = ctx.deferReply<string>()
      ctx.tell(to, 'answer', token)
      return token
    },
    answer: (_state, token, ctx) => ctx.reply(token, 'answered'),
    answerDeferred(state, text, ctx) {
      if (state.token !== undefined) ctx.reply(state.token, text)
    },
    failDeferred(state, _message, ctx) {
      if (state.token !== undefined) ctx.replyError(state.token, new InsufficientFundsError('not now'))
    },
    replyTwice(_state, _message, ctx) {
      const token = ctx.deferReply<string>()
      ctx.reply(token, 'first')
      ctx.reply(token, 'second')
      return token
    },
    async askOther(_state, { to, timeoutMs, what }, ctx) {
      try {
        const options = timeoutMs === undefined ? {} : { timeoutMs }
        if (what === 'defer') return await ctx.askWith(options, to, 'defer')
        if (what === 'count') return String(await ctx.askWith(options, to, 'count'))
        await ctx.askWith(options, to, 'fail', { error: 'own' })
        return 'no failure'
      } catch (error) {
        return `${(error as Error).name} ${(error as { code?: string }).code}`
      }
    },
    timers(_state, timers, ctx) {
      for (const { key, delayMs, text } of timers) ctx.timers.once({ key, delayMs }, 'note', text)
    },
    async timerComesDueThenCancel(_state, { gate, text }, ctx) {
      ctx.timers.once({ key: 'due', delayMs: 1 }, 'note', text)
      await ctx.ask(gate, 'wait')
      ctx.timers.cancel('due')
    },
    repeat(_state, { kind, everyMs, text, gate }, ctx) {
      const send = <Name extends 'note' | 'holdThenNote'>(
        name: Name,
        ...payload: PayloadArguments<SubjectProtocol, Name>
      ) =>
        kind === 'delay'
          ? ctx.timers.fixedDelay({ key: 'repeat', delayMs: everyMs }, name, ...payload)
          : ctx.timers.fixedRate({ key: 'repeat', periodMs: everyMs, initialDelayMs: 1 }, name, ...payload)
      if (gate === undefined) send('note', text)
      else send('holdThenNote', { gate, text })
    },
    cancelTimers: (_state, _message, ctx) => ctx.timers.cancelAll(),
    activeTimers: (_state, keys, ctx) => keys.map((key) => ctx.timers.isActive(key)),
    monotonicNow: (_state, _message, ctx) => ctx.monotonicNow(),
    timerThenFail(_state, { key, delayMs, text }, ctx) {
      ctx.timers.once({ key, delayMs }, 'note', text)
      throw new Error('after the timer')
    },
    greet: (_state, name, ctx) => ctx.use(Greeter).greet(name),
    greetMissing: (_state, _message, ctx) => ctx.use(Missing).greet('nobody'),
    keepContext(state, _message, ctx) {
      // Runs after this turn is over.
      void Promise.resolve()
        .then(() => ctx.tell(state.args.to, 'note', 'a stale context worked'))
        .catch((error) => {
          state.stale = error.code
        })
    },
    staleContext: ({ stale }) => stale,
    spin(state, _message, ctx) {
      if (state.spinning) ctx.tell(ctx.self, 'spin')
    },
    tellUnknown: (_state, to, ctx) => ctx.tell(to as ActorRef<{ whatever: () => void }>, 'whatever'),
    persistAnyway: (_state, _message, ctx) => (ctx as any).persist('anything', 1),
    remindAnyway: (_state, _message, ctx) => ctx.reminders.set({ key: 'any', delayMs: 0 }, 'draw'),
    async passPoint(_state, name, ctx) {
      const passed = ctx.faultPoint(name)
      await passed
      return typeof passed
    },
    draw: (_state, _message, ctx) => Array.from({ length: 4 }, () => ctx.random.int(1_000_000)),
  },
})

/** Keeps a message and says later what it has of it. */
export const Keeper = defineActor({
  name: 'Keeper',
  module: import.meta.url,
  init: () => ({ kept: undefined as { list: number[]; map: Map<string, number>; bytes: Uint8Array } | undefined }),
  on: {
    keep(state, value: { list: number[]; map: Map<string, number>; bytes: Uint8Array }) {
      state.kept = value
    },
    kept: ({ kept }) => ({ list: kept?.list.length ?? 0, bytes: kept?.bytes[0] ?? 0, map: kept?.map.get('a') ?? 0 }),
  },
})
