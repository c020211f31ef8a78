/**
 * The load of a campaign of kills. On every node, the main thread's among them: a server and a receiver, who are asked
 * and told; an asker and a teller, who ask and tell all of them; a mourner, who watches and is linked to a mortal of each
 * worker thread. On every worker thread a ledger, which is durable, and a doomed actor. From outside: numbers for the
 * ledgers, spawns and tasks.
 */
import {
  type ActorHandle,
  type ActorRef,
  mainNode,
  type NodeInspection,
  type NodeTables,
  namedRef,
  type ProtocolOf,
  refKey,
  type TerminationReason,
} from '@troupe/core'
import type { ThreadSystem } from '@troupe/threads'
import { Ledger } from '../durability/ledger.ts'
import { Asker, endsWithinMs, triangle } from './actors/asker.ts'
import { Auditor } from './actors/auditor.ts'
import { Doomed } from './actors/doomed.ts'
import { Mortal, Mourner } from './actors/mourner.ts'
import { Server } from './actors/server.ts'
import { Sweeper } from './actors/sweeper.ts'
import { Receiver, Teller } from './actors/teller.ts'
import { collectGarbage } from './memory.ts'
import { within } from './node-watch.ts'

/** Numbers that one ledger is given at a time. */
const numbersInFlight = 8
/** Actors that each node has, without those of the links. */
const actorsOnMain = 7
const actorsOnWorker = 9
/** Tables that have nothing in them while nothing is under way. */
const underWay: readonly (keyof NodeTables)[] = [
  'asks',
  'deferredReplies',
  'incomingStreams',
  'outgoingStreams',
  'tasks',
  'timers',
]
/** How long after the load has ended its last messages may take, in milliseconds. */
const settlesWithinMs = 5_000
/** Errors that the death of a node explains. */
const explained = ['ERR_TROUPE_NODE_DOWN', 'ERR_TROUPE_ACTOR_STOPPED']

/** What was sent to a ledger. */
interface Numbers {
  next: number
  readonly acknowledged: Set<number>
}

/** What is open and in use while nothing is under way. */
export interface Rest {
  readonly tables: Readonly<Record<string, NodeTables>>
  /** Bytes: of the main thread's heap and buffers, of the worker threads' together, and of the process. */
  readonly mainBytes: number
  readonly workerBytes: number
  readonly residentBytes: number
}

/** Nodes that are about to die, and whose deaths are to be told then. */
export interface Dying {
  readonly nodes: readonly string[]
  readonly mortals: readonly ActorRef<any>[]
  /** The mortals of pairs, `from>node`, of which a side dies. */
  readonly tied: ReadonlyMap<string, ActorRef<any>>
  /** Their ends, as they are told outside. */
  readonly ends: ReadonlyMap<string, Promise<TerminationReason>>
}

export class KillLoad {
  readonly #system: ThreadSystem
  readonly #workers: readonly string[]
  readonly #everywhere: readonly string[]
  readonly #auditor: ActorHandle<ProtocolOf<typeof Auditor>>
  /** The mortals that are watched, by node, and those that are linked to, by pair. */
  readonly #tied = new Map<string, ActorRef<any>>()
  readonly #mortals = new Map<string, ActorRef<any>>()
  readonly #numbers = new Map<string, Numbers>()
  readonly #findings: string[] = []
  readonly #counts: Record<string, number> = {}
  #tablesAtRest: Rest['tables'] | undefined
  #running = false
  #loops: Promise<void>[] = []

  private constructor(system: ThreadSystem, auditor: ActorHandle<ProtocolOf<typeof Auditor>>) {
    this.#system = system
    this.#auditor = auditor
    this.#workers = system.nodes
    this.#everywhere = [mainNode, ...system.nodes]
  }

  /** Spawns all actors, which begin at once, and the load from outside. */
  static async start(system: ThreadSystem): Promise<KillLoad> {
    const auditor = await system.spawn(Auditor, undefined, { node: 'local', name: 'auditor' })
    const load = new KillLoad(system, auditor)
    const nodes = load.#everywhere
    for (const node of nodes) {
      const args = { nodes, auditor: auditor.ref }
      await system.spawn(Server, undefined, { node, name: 'server' })
      await system.spawn(Receiver, args, { node, name: 'receiver' })
      await system.spawn(Mourner, args, { node, name: 'mourner' })
      await system.spawn(Sweeper, undefined, { node, name: 'sweeper' })
      if (node === mainNode) continue
      await system.spawn(Mortal, undefined, { node, name: 'mortal' })
      await system.spawn(Doomed, undefined, { node, name: 'doomed' })
      await system.spawn(Ledger, undefined, { node, name: 'ledger', durableId: 'ledger' })
      load.#numbers.set(node, { next: 1, acknowledged: new Set() })
    }
    // Those who ask and tell come last, so that whom they ask is there.
    for (const node of nodes) {
      await system.spawn(Asker, { nodes, auditor: auditor.ref }, { node, name: 'asker' })
      await system.spawn(Teller, { nodes }, { node, name: 'teller' })
    }
    load.#startLoops()
    await load.mournAnew(load.#workers)
    return load
  }

  /** What was counted, and the findings since the last report. */
  async report(): Promise<{ counts: Readonly<Record<string, number>>; findings: string[] }> {
    const { counts, findings } = await this.#auditor.ask('report')
    return { counts: { ...counts, ...this.#counts }, findings: [...findings, ...this.#findings.splice(0)] }
  }

  find(sentence: string): void {
    this.#findings.push(sentence)
  }

  // Death watches and links.

  /**
   * The lives of these nodes have just begun: everybody watches their mortals. For each mourner and worker thread there
   * is a mortal of that pair besides, to which a child of the mourner is linked; where either side died it is a new one.
   */
  async mournAnew(nodes: readonly string[]): Promise<void> {
    for (const node of nodes) {
      const mortal = await this.#bounded(`looking up the mortal of ${node}`, this.#system.lookup(`/${node}/mortal`))
      if (mortal === undefined) this.find(`${node} is up, and its mortal did not come back`)
      else this.#mortals.set(node, mortal)
    }
    const mortals = [...this.#mortals.values()]
    for (const from of this.#everywhere) {
      const mourner = this.#mourner(from)
      // One that was replaced has nothing; the others leave out what they have.
      mourner.mourn(mortals)
      for (const node of this.#workers) {
        if (!nodes.includes(from) && !nodes.includes(node)) continue
        const spawn = this.#system.spawn(Mortal, undefined, { node, supervise: { onFailure: 'stop' } })
        const { ref } = await this.#bounded(`a spawn on ${node}`, spawn)
        this.#tied.set(`${from}>${node}`, ref)
        mourner.tie([ref])
      }
      // One that is killed now would otherwise leave no link behind that could end the other side.
      await this.#bounded(`the mourner of ${from} has its links`, mourner.confirm())
    }
  }

  /** What is known of these nodes while they live, for {@link heard}. */
  dying(nodes: readonly string[]): Dying {
    const tied = [...this.#tied].filter(([pair]) => nodes.some((node) => pair.split('>').includes(node)))
    return {
      nodes,
      mortals: nodes.flatMap((node) => this.#mortals.get(node) ?? []),
      tied: new Map(tied),
      ends: new Map(tied.map(([pair, ref]) => [pair, this.#system.terminated(ref)])),
    }
  }

  /** Whoever has survived watches those who are dead already, and is linked to them. */
  mournTheDead({ nodes, mortals, tied }: Dying): void {
    for (const node of this.#survivors(nodes)) {
      this.#mourner(node).mourn(mortals)
      this.#mourner(node).tie(tiedTo(node, nodes, tied))
    }
  }

  /** Resolves when all survivors were told of these deaths, and all ended that were linked to somebody dead. */
  async heard({ nodes, mortals, tied, ends }: Dying): Promise<void> {
    for (const node of this.#survivors(nodes)) {
      const mourner = this.#mourner(node)
      const watched = mortals.map((ref) => refKey(ref))
      const linked = tiedTo(node, nodes, tied).map((ref) => refKey(ref))
      const keys = [...watched, ...linked]
      await this.#bounded(`the mourner of ${node} hears of ${keys.join(', ')}`, mourner.heard(keys))
      mourner.forget(keys)
      this.#count('deaths heard by watch', watched.length)
      this.#count('ends by a link to the dead', linked.length)
    }
    for (const [pair, end] of ends) {
      const reason = await this.#bounded(`the end of the mortal of ${pair}`, end)
      const [, home] = pair.split('>') as [string, string]
      // One whose own node lives ends since the other side of the link is dead.
      const expected = nodes.includes(home) ? ['node-down', 'failed'] : ['failed']
      if (!expected.includes(reason)) this.find(`outside, the end of the mortal of ${pair} was told as ${reason}`)
      this.#count(nodes.includes(home) ? 'deaths heard from outside' : 'ends by a link from the dead')
    }
  }

  #survivors(dead: readonly string[]): string[] {
    return this.#everywhere.filter((node) => !dead.includes(node))
  }

  #mourner(node: string) {
    const ref = namedRef(Mourner, { node, name: 'mourner' })
    return {
      mourn: (refs: readonly ActorRef<any>[]) => this.#system.tell(ref, 'mourn', refs),
      tie: (refs: readonly ActorRef<any>[]) => this.#system.tell(ref, 'tie', refs),
      confirm: () => this.#system.askWith({ timeoutMs: 2 * endsWithinMs }, ref, 'confirm'),
      heard: (keys: readonly string[]) => this.#system.askWith({ timeoutMs: 2 * endsWithinMs }, ref, 'heard', keys),
      forget: (keys: readonly string[]) => this.#system.tell(ref, 'forget', keys),
    }
  }

  // Ledgers.

  /** Holds what the ledger of a node came back with against what it had acknowledged. */
  async compareLedger(node: string): Promise<void> {
    const acknowledged = [...this.#of(node).acknowledged]
    const ledger = namedRef(Ledger, { node, name: 'ledger' })
    const asked = this.#system.askWith({ timeoutMs: 2 * endsWithinMs }, ledger, 'contents')
    const { ranges, twice } = await this.#bounded(`the contents of the ledger of ${node}`, asked)
    const has = (number: number) => ranges.some(([first, last]) => first <= number && number <= last)
    const missing = acknowledged.filter((number) => !has(number))
    if (missing.length > 0) {
      this.find(`the ledger of ${node} lost ${missing.length} acknowledged numbers, the first is ${missing[0]}`)
    }
    if (twice > 0) this.find(`the ledger of ${node} has ${twice} numbers twice`)
    this.#count('ledgers compared after a return')
  }

  async #numberLoop(node: string): Promise<void> {
    const numbers = this.#of(node)
    const ledger = namedRef(Ledger, { node, name: 'ledger' })
    const note = 'x'.repeat(40)
    while (this.#running) {
      const number = numbers.next++
      await this.#attempt(`number ${number} for the ledger of ${node}`, async () => {
        await this.#system.askWith({ timeoutMs: endsWithinMs }, ledger, 'add', { number, note })
        numbers.acknowledged.add(number)
        this.#count('numbers acknowledged by ledgers')
      })
    }
  }

  #of(node: string): Numbers {
    const numbers = this.#numbers.get(node)
    if (numbers === undefined) throw new Error(`${node} has no ledger`)
    return numbers
  }

  // From outside.

  async #spawnLoop(node: string): Promise<void> {
    while (this.#running) {
      await this.#attempt(
        `a spawn on ${node} from outside`,
        async () => {
          // Otherwise it would come back with its node, and nobody would know its new address.
          const mortal = await this.#system.spawn(Mortal, undefined, { node, supervise: { onFailure: 'stop' } })
          await mortal.stop()
          this.#count('spawns and stops from outside')
        },
        true,
      )
    }
  }

  async #taskLoop(): Promise<void> {
    while (this.#running) {
      await this.#attempt('a task from outside', async () => {
        const sum = await this.#system.task(triangle, { n: 1_000 })
        if (sum !== 500_500) this.find(`a task from outside gave ${sum}`)
        this.#count('tasks from outside')
      })
    }
  }

  /** One after the other, with a breath where nobody is there: the event loop is others' too. */
  async #attempt(what: string, run: () => Promise<void>, isSpawn = false): Promise<void> {
    try {
      await this.#bounded(what, run())
    } catch (error) {
      const { code, message } = error as Error & { readonly code?: string }
      if (explained.includes(code ?? '')) this.#count('asks and spawns from outside that a death ended')
      // The one thing whose timeout cannot be raised, asked of a node that is busy with its end.
      else if (isSpawn && code === 'ERR_TROUPE_ASK_TIMEOUT') this.#count('spawns from outside that timed out')
      else this.find(`${what} ended by ${code ?? (error as Error).name}: ${message}`)
    }
    await new Promise((resolve) => setImmediate(resolve))
  }

  // Rest.

  /** Brings everything to rest, checks that nothing is left open, and measures; then everything goes on. */
  async rest(): Promise<Rest> {
    this.#running = false
    await this.#bounded('the end of the load from outside', Promise.all(this.#loops))
    for (const definition of [Asker, Teller]) {
      const name = definition === Asker ? 'asker' : 'teller'
      for (const node of this.#everywhere) {
        const ref = namedRef(definition as typeof Teller, { node, name })
        const asked = this.#system.askWith({ timeoutMs: 2 * endsWithinMs }, ref, 'pause')
        await this.#bounded(`the ${name} of ${node} comes to rest`, asked)
      }
    }
    const sweeps = this.#everywhere.map(async (node) => {
      const ref = namedRef(Sweeper, { node, name: 'sweeper' })
      return [node, await this.#bounded(`the sweep of ${node}`, this.#system.ask(ref, 'sweep'))] as const
    })
    const swept = await Promise.all(sweeps)
    const nodes = await this.#settled()
    const rest: Rest = {
      tables: Object.fromEntries(nodes.map(({ node, tables }) => [node, tables])),
      mainBytes: collectGarbage(),
      workerBytes: swept.reduce((sum, [node, bytes]) => (node === mainNode ? sum : sum + bytes), 0),
      residentBytes: process.memoryUsage.rss(),
    }
    this.#tablesAtRest ??= rest.tables
    this.#go()
    return rest
  }

  /** The nodes once nothing is open on them, as far as that comes; what is left over then is a finding. */
  async #settled(): Promise<readonly NodeInspection[]> {
    const deadline = performance.now() + settlesWithinMs
    for (;;) {
      const { nodes } = await this.#system.inspect({ timeoutMs: endsWithinMs })
      const left = nodes.flatMap((node) => this.#leftOn(node))
      if (left.length === 0) return nodes
      if (performance.now() > deadline) {
        for (const sentence of left) this.find(`at rest ${sentence}`)
        return nodes
      }
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  #leftOn({ node, status, actors, tables }: NodeInspection): string[] {
    if (status !== 'up') return [`${node} is ${status}`]
    // The children that its mourner linked to others, and the mortals that those of others are linked to.
    const [children, mortals] = [this.#workers.length, this.#everywhere.length]
    const expected = node === mainNode ? actorsOnMain + children : actorsOnWorker + children + mortals
    const left = actors === expected ? [] : [`${node} has ${actors} actors where ${expected} are at home`]
    const before = this.#tablesAtRest?.[node]
    for (const table of Object.keys(tables) as (keyof NodeTables)[]) {
      const wanted = underWay.includes(table) ? 0 : (before?.[table] ?? tables[table])
      if (tables[table] !== wanted) left.push(`${node} has ${tables[table]} ${table} where ${wanted} are to be`)
    }
    return left
  }

  #go(): void {
    for (const node of this.#everywhere) {
      this.#system.tell(namedRef(Asker, { node, name: 'asker' }), 'go')
      this.#system.tell(namedRef(Teller, { node, name: 'teller' }), 'go')
    }
    this.#startLoops()
  }

  #startLoops(): void {
    this.#running = true
    this.#loops = [
      this.#taskLoop(),
      ...this.#workers.flatMap((node) => [
        this.#spawnLoop(node),
        ...Array.from({ length: numbersInFlight }, () => this.#numberLoop(node)),
      ]),
    ]
  }

  /** No load from outside begins any more. */
  async end(): Promise<void> {
    this.#running = false
    await Promise.allSettled(this.#loops)
  }

  #bounded<Value>(what: string, promise: Promise<Value>): Promise<Value> {
    return within(2 * endsWithinMs + 5_000, what, promise)
  }

  #count(name: string, by = 1): void {
    this.#counts[name] = (this.#counts[name] ?? 0) + by
  }
}

/** Those of a mourner's pairs whose other side dies. */
function tiedTo(from: string, dying: readonly string[], tied: Dying['tied']): ActorRef<any>[] {
  return dying.flatMap((node) => tied.get(`${from}>${node}`) ?? [])
}
