/** The corpus service of real threads: the SciFact abstracts, read from the file once in each thread that uses them. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

let texts: readonly string[] | undefined

/** What a host is given as `services`. */
export const services = {
  corpus: {
    texts(): readonly string[] {
      texts ??= readTexts()
      return texts
    },
  },
}

function readTexts(): string[] {
  const file = new URL('../data/scifact-corpus.jsonl.gz', import.meta.url)
  const lines = gunzipSync(readFileSync(file)).toString('utf8').trimEnd().split('\n')
  return lines.map((line) => {
    const { title, text } = JSON.parse(line) as { title: string; text: string }
    return `${title} ${text}`
  })
}
