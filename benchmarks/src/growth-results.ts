/** The rows of the growth suite that are kept, and their plots. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import type { GrowthLine } from './growth.ts'
import { growthPlot } from './growth-plot.ts'

/** A row with the day and the machine that it was measured on. */
export interface SavedGrowthLine extends GrowthLine {
  readonly measured: string
  readonly machine: string
}

/** Puts the rows in the place of those of the same parts, plots all that there are, and returns the paths written. */
export async function saveGrowth(
  lines: readonly GrowthLine[],
  machine: string,
  folder = new URL('../results/', import.meta.url),
): Promise<string[]> {
  await mkdir(folder, { recursive: true })
  const rows = new URL('growth.jsonl', folder)
  const plot = new URL('growth.svg', folder)
  const measured = new Date().toISOString().slice(0, 10)
  const renewed = new Set(lines.map(({ part }) => part))
  const kept = (await savedLines(rows)).filter(({ part }) => !renewed.has(part))
  const all = [...kept, ...lines.map((line): SavedGrowthLine => ({ ...line, measured, machine }))]
  await writeFile(rows, all.map((line) => `${JSON.stringify(line)}\n`).join(''))
  await writeFile(plot, growthPlot(all))
  return [rows.pathname, plot.pathname]
}

async function savedLines(path: URL): Promise<SavedGrowthLine[]> {
  const text = await readFile(path, 'utf8').catch(() => '')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}
