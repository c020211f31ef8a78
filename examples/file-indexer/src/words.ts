/** Counting the words of a text: the work that goes to the task pool. */
import { defineTask } from '@troupe/core'

/** How often each word occurs. */
export type WordCounts = ReadonlyMap<string, number>

/** Counts the words of a text: letters and digits of any script, in lower case. */
function wordsOf(text: string): WordCounts {
  const counts = new Map<string, number>()
  for (const [word] of text
    .normalize('NFC')
    .toLowerCase()
    .matchAll(/[\p{L}\p{M}\p{N}]+/gu)) {
    counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  return counts
}

export const countWords = defineTask({
  name: 'countWords',
  module: import.meta.url,
  run: ({ text }: { text: string }): WordCounts => wordsOf(text),
})
