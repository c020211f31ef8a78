/** Counting terms: the plain work that the actors share out. */

/** Occurrences by term. */
export type TermCounts = Map<string, number>

/** Lucene's English stop words: too frequent to say anything. */
const stopWords = new Set(
  'a an and are as at be but by for if in into is it no not of on or such that the their then there these they this to was will with'.split(
    ' ',
  ),
)

/** Adds to `counts` the terms of `texts`: words of two letters or more, in lower case, without stop words. */
export function countTerms(texts: Iterable<string>, counts: TermCounts = new Map()): TermCounts {
  for (const text of texts) {
    for (const [term] of text.toLowerCase().matchAll(/[a-z][a-z0-9]+/g)) {
      if (!stopWords.has(term)) counts.set(term, (counts.get(term) ?? 0) + 1)
    }
  }
  return counts
}

/** Adds `more` to `counts`. */
export function addCounts(counts: TermCounts, more: ReadonlyMap<string, number>): void {
  for (const [term, count] of more) counts.set(term, (counts.get(term) ?? 0) + count)
}

/** The `limit` most frequent terms, ties in alphabetical order. */
export function mostFrequent(counts: ReadonlyMap<string, number>, limit: number): [term: string, count: number][] {
  const best: [term: string, count: number][] = []
  for (const [term, count] of counts) {
    // Most terms are rarer than the last of the best, and cost one comparison.
    if (best.length === limit && count < (best.at(-1)?.[1] ?? 0)) continue
    best.push([term, count])
    best.sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    best.length = Math.min(best.length, limit)
  }
  return best
}
