/** The examples of docs/consensus.md are the ones that are tested here. */
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'

const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8')

test.each(['bank-machine.ts', 'bank-model.ts', 'bank-machine.test.ts', 'agreed-leader.ts'])(
  'the page quotes %s whole, but for its first line',
  async (name) => {
    const source = await read(name)
    const code = source.slice(source.indexOf('\n') + 1)
    expect(await read('../../docs/consensus.md')).toContain(`\`\`\`ts\n// ${name}\n${code}\`\`\`\n`)
  },
)
