/** The benchmarks' command, in a process of its own. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** Runs `pnpm bench` with these words. */
export async function bench(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const command = [join(import.meta.dirname, '../../benchmarks/src/main.ts'), ...args]
  try {
    return { code: 0, ...(await promisify(execFile)(process.execPath, command)) }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return { code, stdout, stderr }
  }
}
