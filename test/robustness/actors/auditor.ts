/** The auditor: lives on the main thread, which never dies, and keeps what the others counted and found. */
import { type ActorRef, defineActor } from '@troupe/core'

/** What was counted, by name. */
export type Counts = Readonly<Record<string, number>>

export type AuditorProtocol = {
  /** Adds to the counts. */
  count: (counts: Counts) => void
  /** Something that must not be, in a sentence. */
  finding: (sentence: string) => void
  /** The counts, and the findings since the last report. */
  report: () => { readonly counts: Counts; readonly findings: readonly string[] }
}

export type AuditorRef = ActorRef<AuditorProtocol>

/** Findings that are kept until the next report. */
const findingsMax = 200

export const Auditor = defineActor<AuditorProtocol>()({
  name: 'Auditor',
  module: import.meta.url,
  init: () => ({ counts: {} as Record<string, number>, findings: [] as string[] }),
  on: {
    count({ counts }, added) {
      for (const [name, n] of Object.entries(added)) counts[name] = (counts[name] ?? 0) + n
    },
    finding({ findings }, sentence) {
      if (findings.length < findingsMax) findings.push(sentence)
    },
    report: ({ counts, findings }) => ({ counts: { ...counts }, findings: findings.splice(0) }),
  },
})
