/** Profiles as V8 writes them (`--cpu-prof`): the time of each function itself, without what it called. */
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The part of a `.cpuprofile` that is read here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: {
      readonly functionName: string
      readonly url: string
      /** From 0. */
      readonly lineNumber: number
    }
  }[]
  /** Microseconds, by the clock of `process.hrtime`. */
  readonly startTime: number
  /** The node on top of the stack at each sample. */
  readonly samples: readonly number[]
  /** Microseconds between each sample and the one before. */
  readonly timeDeltas: readonly number[]
}

/** A span of time, in microseconds by the clock of `process.hrtime`. */
export interface Span {
  readonly fromUs: number
  readonly toUs: number
}

/** What one function took. */
export interface SelfTime {
  readonly name: string
  /** File and line; empty for what is not JavaScript. */
  readonly place: string
  readonly milliseconds: number
}

/** What of a profile is wanted, and how it is shown. */
export interface ProfileView {
  /** What places are relative to. */
  readonly root: string
  /** The samples that count: those within one of these spans. */
  readonly within: readonly Span[]
}

/** The functions of a profile, those that took most first. */
export function selfTimes(profile: CpuProfile, { root, within }: ProfileView): SelfTime[] {
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]))
  const times = new Map<string, SelfTime>()
  let now = profile.startTime
  profile.samples.forEach((id, index) => {
    now += profile.timeDeltas[index] ?? 0
    const frame = frames.get(id)
    if (frame === undefined || !within.some(({ fromUs, toUs }) => fromUs <= now && now < toUs)) return
    const place = frame.url === '' ? '' : `${placeOf(frame.url, root)}:${frame.lineNumber + 1}`
    const name = frame.functionName === '' ? '(anonymous)' : frame.functionName
    const key = `${name} ${place}`
    // The time until the next sample is the time of this one.
    const milliseconds = (times.get(key)?.milliseconds ?? 0) + (profile.timeDeltas[index + 1] ?? 0) / 1_000
    times.set(key, { name, place, milliseconds })
  })
  return [...times.values()].sort((left, right) => right.milliseconds - left.milliseconds)
}

/** A table of the functions that took most, each with its share of the time in which the thread was not idle. */
export function profileTable(profile: CpuProfile, { top, ...view }: ProfileView & { readonly top: number }): string {
  const times = selfTimes(profile, view)
  const busy = times.filter(({ name }) => name !== '(idle)')
  const total = busy.reduce((sum, { milliseconds }) => sum + milliseconds, 0)
  const idle = times.find(({ name }) => name === '(idle)')?.milliseconds ?? 0
  const lines = busy.slice(0, top).map(({ name, place, milliseconds }) => {
    const share = `${((100 * milliseconds) / total).toFixed(1)} %`
    return `${share.padStart(7)} ${milliseconds.toFixed(0).padStart(7)} ms  ${name.padEnd(32)} ${place}`.trimEnd()
  })
  return [`busy ${total.toFixed(0)} ms, idle ${idle.toFixed(0)} ms; time of each function itself:`, ...lines].join('\n')
}

/** The thread of a profile, by the name of its file: `CPU.date.time.pid.thread.sequence.cpuprofile`. */
export function threadNameOf(file: string): string {
  const thread = Number(file.split('.').at(-3))
  return thread === 0 ? 'main thread' : `worker thread ${thread}`
}

function placeOf(url: string, root: string): string {
  if (!url.startsWith('file:')) return url
  return relative(root, fileURLToPath(url))
}
