/**
 * The cell: the runtime's record of one living actor. What every turn needs is in the cell itself; what few actors need is
 * in its {@link CellExtras}, made when the first of it is set.
 */
import type { CompiledDefinition, TerminationReason } from './actor-definition.ts'
import { type ActorProfile, profileOf } from './actor-profile.ts'
import type { Ref, ReplyToken } from './actor-ref.ts'
import { CellExtras, noBehaviors, type Watcher } from './cell-extras.ts'
import type { Children } from './children.ts'
import type { Envelope } from './envelope.ts'
import type { HandlerTable } from './handler-table.ts'
import { Mailbox } from './mailbox.ts'
import { Phase } from './phase.ts'
import type { SpawnOptions } from './spawn-options.ts'
import type { Supervision } from './supervision.ts'
import type { TurnContext } from './turn-context.ts'

/** The bits of {@link ActorCell.obstacles}: its phase, and what else there is to be looked at. */
const phaseBits = 7
/** Something holds back or takes back what its turns do. */
const indirectBit = 8
const startsBit = 16
const stopBit = 32
const stashingBit = 64

export class ActorCell {
  // What each message touches comes first, so that it is close together.
  readonly mailbox: Mailbox
  /**
   * All that keeps its turns from being plain ones, as bits: 0 when it is ready, and there is nothing but its mailbox to be
   * looked at. So that a turn asks one question for all of it, and writes no reference.
   */
  obstacles: number = Phase.starting
  /** True while the cell is in the run queue or being run. */
  scheduled = false
  /** Given once `init` went well. */
  ref: Ref
  /** `undefined`: everything in it is as it was at the start. */
  extras: CellExtras | undefined = undefined
  context: TurnContext | undefined = undefined
  /** The handlers of the current behavior, those of `on` under them. */
  handlers: HandlerTable
  state: any
  #stopReason: TerminationReason | undefined = undefined
  /** Raised by each restart and by a kill: what an earlier generation left running has no effect. */
  generation = 0
  readonly profile: ActorProfile
  readonly parent: ActorCell | undefined
  readonly args: unknown
  /** True once a graceful stop waits in the mailbox. */
  stopRequested = false
  /** The message of the asynchronous turn under way. */
  current: Envelope | undefined = undefined
  children: Children | undefined = undefined
  previousSibling: ActorCell | undefined = undefined
  nextSibling: ActorCell | undefined = undefined

  constructor(
    definition: CompiledDefinition,
    ref: Ref,
    parent: ActorCell | undefined,
    args: unknown,
    options: SpawnOptions,
    state: unknown,
  ) {
    this.profile = profileOf(definition, options)
    this.ref = ref
    this.state = state
    this.handlers = definition.handlers
    this.parent = parent
    this.args = args
    this.mailbox = new Mailbox(this.profile.mailbox)
  }

  get definition(): CompiledDefinition {
    return this.profile.definition
  }

  get options(): SpawnOptions {
    return this.profile.options
  }

  get supervision(): Supervision {
    return this.profile.supervision
  }

  get phase(): Phase {
    return (this.obstacles & phaseBits) as Phase
  }
  set phase(value: Phase) {
    this.obstacles = (this.obstacles & ~phaseBits) | value
  }

  #mark(bit: number, isSet: boolean): void {
    this.obstacles = isSet ? this.obstacles | bit : this.obstacles & ~bit
  }

  /** True while nothing holds back or takes back what its turns do: it has no journal, and rolls nothing back. */
  get isDirect(): boolean {
    return (this.obstacles & indirectBit) === 0
  }

  /** True when the turn of `started` comes before the mailbox's next, after a start or a restart. */
  get starts(): boolean {
    return (this.obstacles & startsBit) !== 0
  }
  set starts(value: boolean) {
    this.#mark(startsBit, value)
  }

  /** Set when the cell is to stop once its turn is over. */
  get stopReason(): TerminationReason | undefined {
    return this.#stopReason
  }
  set stopReason(value: TerminationReason | undefined) {
    this.#stopReason = value
    this.#mark(stopBit, value !== undefined)
  }

  /** True when nothing is under way but, perhaps, a synchronous turn, and nobody waits for the actor's end. */
  get isPlain(): boolean {
    return this.extras === undefined && this.current === undefined
  }

  /** True when it never had a turn. */
  get isNew(): boolean {
    return this.context === undefined && this.generation === 0 && this.interleaved === undefined
  }

  /** `/node/parent/child`, for people and logs. */
  path(): string {
    const own = this.options.name ?? `${this.definition.name}-${this.ref.incarnation}`
    return this.parent === undefined ? `/${this.ref.node}` : `${this.parent.path()}/${own}`
  }

  /** Who still waits for an answer of the turn of `envelope`: nobody, when its message was sent on. */
  asker(envelope: Envelope | undefined): ReplyToken | undefined {
    if (envelope === undefined) return undefined
    // What a durable actor sends on is held; a turn that is cut short lets none of it out.
    return this.durable === undefined && this.context?.hasForwarded(envelope) ? undefined : envelope.replyTo
  }

  /** What few actors have, made when the first of it is needed. */
  rare(): CellExtras {
    this.extras ??= new CellExtras()
    return this.extras
  }

  // What is in the extras; see there.

  get behavior(): string | undefined {
    return this.extras?.behavior
  }
  set behavior(value: string | undefined) {
    if (value !== undefined || this.extras !== undefined) this.rare().behavior = value
  }

  get behaviorsBefore(): readonly (string | undefined)[] {
    return this.extras?.behaviorsBefore ?? noBehaviors
  }
  set behaviorsBefore(value: readonly (string | undefined)[]) {
    if (value.length > 0 || this.extras !== undefined) this.rare().behaviorsBefore = value
  }

  get names(): CellExtras['names'] {
    return this.extras?.names
  }
  set names(value: CellExtras['names']) {
    if (value !== undefined || this.extras !== undefined) this.rare().names = value
  }

  get watchers(): Watcher[] | undefined {
    return this.extras?.watchers
  }
  set watchers(value: Watcher[] | undefined) {
    if (value !== undefined || this.extras !== undefined) this.rare().watchers = value
  }

  get watching(): CellExtras['watching'] {
    return this.extras?.watching
  }
  set watching(value: CellExtras['watching']) {
    if (value !== undefined || this.extras !== undefined) this.rare().watching = value
  }

  get links(): CellExtras['links'] {
    return this.extras?.links
  }
  set links(value: CellExtras['links']) {
    if (value !== undefined || this.extras !== undefined) this.rare().links = value
  }

  get timers(): CellExtras['timers'] {
    return this.extras?.timers
  }
  set timers(value: CellExtras['timers']) {
    if (value !== undefined || this.extras !== undefined) this.rare().timers = value
  }

  get handling(): CellExtras['handling'] {
    return this.extras?.handling
  }
  set handling(value: CellExtras['handling']) {
    if (value !== undefined || this.extras !== undefined) this.rare().handling = value
  }

  get stash(): Envelope[] | undefined {
    return this.extras?.stash
  }
  set stash(value: Envelope[] | undefined) {
    if (value !== undefined || this.extras !== undefined) this.rare().stash = value
  }

  get stashing(): Envelope | undefined {
    return this.extras?.stashing
  }
  set stashing(value: Envelope | undefined) {
    if (value === undefined && this.extras === undefined) return
    this.rare().stashing = value
    this.#mark(stashingBit, value !== undefined)
  }

  get deferred(): CellExtras['deferred'] {
    return this.extras?.deferred
  }
  set deferred(value: CellExtras['deferred']) {
    if (value !== undefined || this.extras !== undefined) this.rare().deferred = value
  }

  get givenUp(): Set<string> | undefined {
    return this.extras?.givenUp
  }
  set givenUp(value: Set<string> | undefined) {
    if (value !== undefined || this.extras !== undefined) this.rare().givenUp = value
  }

  get lastAsk(): CellExtras['lastAsk'] {
    return this.extras?.lastAsk
  }
  set lastAsk(value: CellExtras['lastAsk']) {
    if (value !== undefined || this.extras !== undefined) this.rare().lastAsk = value
  }

  get openTasks(): number {
    return this.extras?.openTasks ?? 0
  }
  set openTasks(value: number) {
    if (value !== 0 || this.extras !== undefined) this.rare().openTasks = value
  }

  get incoming(): CellExtras['incoming'] {
    return this.extras?.incoming
  }
  set incoming(value: CellExtras['incoming']) {
    if (value !== undefined || this.extras !== undefined) this.rare().incoming = value
  }

  get outgoing(): CellExtras['outgoing'] {
    return this.extras?.outgoing
  }
  set outgoing(value: CellExtras['outgoing']) {
    if (value !== undefined || this.extras !== undefined) this.rare().outgoing = value
  }

  get currentTurn(): number {
    return this.extras?.currentTurn ?? 0
  }
  set currentTurn(value: number) {
    if (value !== 0 || this.extras !== undefined) this.rare().currentTurn = value
  }

  get currentSince(): number {
    return this.extras?.currentSince ?? 0
  }
  set currentSince(value: number) {
    if (value !== 0 || this.extras !== undefined) this.rare().currentSince = value
  }

  get interleaved(): CellExtras['interleaved'] {
    return this.extras?.interleaved
  }
  set interleaved(value: CellExtras['interleaved']) {
    if (value !== undefined || this.extras !== undefined) this.rare().interleaved = value
  }

  get turnBeganNs(): number {
    return this.extras?.turnBeganNs ?? 0
  }
  set turnBeganNs(value: number) {
    if (value !== 0 || this.extras !== undefined) this.rare().turnBeganNs = value
  }

  get counters(): CellExtras['counters'] {
    return this.extras?.counters
  }
  set counters(value: CellExtras['counters']) {
    if (value !== undefined || this.extras !== undefined) this.rare().counters = value
  }

  get durable(): CellExtras['durable'] {
    return this.extras?.durable
  }
  set durable(value: CellExtras['durable']) {
    if (value !== undefined) this.#mark(indirectBit, true)
    if (value !== undefined || this.extras !== undefined) this.rare().durable = value
  }

  get rollback(): CellExtras['rollback'] {
    return this.extras?.rollback
  }
  set rollback(value: CellExtras['rollback']) {
    if (value !== undefined) this.#mark(indirectBit, true)
    if (value !== undefined || this.extras !== undefined) this.rare().rollback = value
  }

  get restartTimes(): number[] | undefined {
    return this.extras?.restartTimes
  }
  set restartTimes(value: number[] | undefined) {
    if (value !== undefined || this.extras !== undefined) this.rare().restartTimes = value
  }

  get restarting(): boolean {
    return this.extras?.restarting ?? false
  }
  set restarting(value: boolean) {
    if (value || this.extras !== undefined) this.rare().restarting = value
  }

  get restartTask(): CellExtras['restartTask'] {
    return this.extras?.restartTask
  }
  set restartTask(value: CellExtras['restartTask']) {
    if (value !== undefined || this.extras !== undefined) this.rare().restartTask = value
  }

  get childrenToStop(): ActorCell[] | undefined {
    return this.extras?.childrenToStop
  }
  set childrenToStop(value: ActorCell[] | undefined) {
    if (value !== undefined || this.extras !== undefined) this.rare().childrenToStop = value
  }

  get stoppingChild(): boolean {
    return this.extras?.stoppingChild ?? false
  }
  set stoppingChild(value: boolean) {
    if (value || this.extras !== undefined) this.rare().stoppingChild = value
  }

  get group(): CellExtras['group'] {
    return this.extras?.group
  }
  set group(value: CellExtras['group']) {
    if (value !== undefined || this.extras !== undefined) this.rare().group = value
  }

  get siblings(): CellExtras['siblings'] {
    return this.extras?.siblings
  }
  set siblings(value: CellExtras['siblings']) {
    if (value !== undefined || this.extras !== undefined) this.rare().siblings = value
  }

  get descent(): 'children' | 'last turn' | 'down' | undefined {
    return this.extras?.descent
  }
  set descent(value: 'children' | 'last turn' | 'down' | undefined) {
    if (value !== undefined || this.extras !== undefined) this.rare().descent = value
  }

  get isInternal(): boolean {
    return this.extras?.isInternal ?? false
  }
  set isInternal(value: boolean) {
    if (value || this.extras !== undefined) this.rare().isInternal = value
  }

  get draws(): boolean {
    return this.extras?.draws ?? false
  }
  set draws(value: boolean) {
    if (value || this.extras !== undefined) this.rare().draws = value
  }

  get scope(): CellExtras['scope'] {
    return this.extras?.scope
  }
  set scope(value: CellExtras['scope']) {
    if (value !== undefined || this.extras !== undefined) this.rare().scope = value
  }

  get rejections(): CellExtras['rejections'] {
    return this.extras?.rejections
  }
  set rejections(value: CellExtras['rejections']) {
    if (value !== undefined || this.extras !== undefined) this.rare().rejections = value
  }
}
