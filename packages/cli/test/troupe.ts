/** The command line, run in this process with what it writes collected. */
import { runTroupe } from '../src/troupe.ts'

/** What one command came to. */
export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** Standard output as one object a line. */
  rows(): any[]
}

/** Runs `troupe` with these words. */
export async function troupe(...args: string[]): Promise<Outcome> {
  let stdout = ''
  let stderr = ''
  const code = await runTroupe(args, {
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text) },
  })
  const rows = () => {
    if (!stdout.endsWith('\n')) throw new Error(`the last line has no end: ${stdout}`)
    return stdout
      .slice(0, -1)
      .split('\n')
      .map((line) => JSON.parse(line))
  }
  return { code, stdout, stderr, rows }
}
