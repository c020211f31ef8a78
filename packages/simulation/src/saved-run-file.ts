/** Saved runs as files, and the programs that they name. */
import { access, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { loadRun, type SavedProgram, type SavedRun, saveRun } from './saved-run.ts'
import { SavedRunError, ScenarioNotFoundError } from './saved-run-errors.ts'
import { asScenario, type SimulationScenario } from './simulation-scenario.ts'

/** Writes the run to a file, and makes the folder that it is in. */
export async function writeSavedRun(path: string, saved: SavedRun): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, saveRun(saved))
}

/**
 * Where the file of a saved run is that a test is told of: a relative path is taken from `directory`, and then from each
 * folder above the test's file that has a `package.json`, the nearest first. Rejects with a {@link SavedRunError} that says
 * where it was looked for.
 */
export async function findSavedRun(path: string, testFile: string, directory = process.cwd()): Promise<string> {
  const looked = [resolve(directory, path)]
  for (const folder of isAbsolute(path) ? [] : foldersAbove(testFile)) {
    const candidate = join(folder, path)
    if (!looked.includes(candidate) && (await isThere(join(folder, 'package.json')))) looked.push(candidate)
  }
  for (const candidate of looked) if (await isThere(candidate)) return candidate
  throw new SavedRunError(`there is no saved run ${path}; looked for ${looked.join(', ')}`, { path, looked })
}

function* foldersAbove(file: string): Iterable<string> {
  for (let folder = dirname(file), below = file; folder !== below; below = folder, folder = dirname(folder))
    yield folder
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** Reads what {@link writeSavedRun} wrote; rejects with a {@link SavedRunError}, which names the file. */
export async function readSavedRun(path: string): Promise<SavedRun> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new SavedRunError(`${path} cannot be read: ${(cause as Error).message}`, { path }, { cause })
  }
  try {
    return loadRun(text)
  } catch (cause) {
    if (!(cause instanceof SavedRunError)) throw cause
    throw new SavedRunError(`${path}: ${cause.message}`, { ...cause.facts, path }, { cause })
  }
}

/** How a saved run names a module: by its path from `directory` if it is below, else by its URL. */
export function moduleName(url: URL | string, directory = process.cwd()): string {
  const href = String(url)
  if (!href.startsWith('file:')) return href
  const path = relative(directory, fileURLToPath(href))
  return path.startsWith('..') || isAbsolute(path) ? href : path.split(sep).join('/')
}

/**
 * The scenario that a saved run names, its module taken from `directory`. `file`: the run's, for what the error says. Rejects with a {@link ScenarioNotFoundError} when
 * there is no such module, it does not export the scenario, or the run's program is not in a module of its own.
 */
export async function loadScenario(
  program: SavedProgram,
  directory = process.cwd(),
  file = 'FILE',
): Promise<SimulationScenario> {
  const { module, export: name = 'default' } = program
  const facts = { ...program, directory }
  if (module === undefined) {
    throw new ScenarioNotFoundError(
      `the program of the saved run is in no module of its own${elsewhere(program, file)}`,
      facts,
    )
  }
  const url = /^[a-z]+:/.test(module) ? module : pathToFileURL(join(directory, module)).href
  let exported: Record<string, unknown>
  try {
    exported = await import(url)
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause)
    throw new ScenarioNotFoundError(`the program ${url} cannot be imported: ${problem}`, facts, { cause })
  }
  const scenario = asScenario(exported[name])
  if (scenario !== undefined) return scenario
  const names = Object.keys(exported).join(', ') || 'nothing'
  throw new ScenarioNotFoundError(`${url} does not export a scenario named ${name}; it exports ${names}`, facts)
}

/** Where the program is instead. */
function elsewhere({ scenario, test }: SavedProgram, file: string): string {
  if (test !== undefined) return `, but in a test: run ${replayCommand(file, test)}`
  return scenario === undefined ? '' : `, but the scenario '${scenario}' of the command line: troupe replay ${file}`
}

/** What to type to have the test run again what the file has. */
export function replayCommand(path: string, test: { readonly file: string; readonly name: string }): string {
  return `TROUPE_REPLAY=${path} ${testCommand(test)}`
}

/** What to type to run this test alone; Vitest takes the name as a regular expression. */
export function testCommand({ file, name }: { readonly file: string; readonly name: string }): string {
  const pattern = name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll("'", '.')
  return `vitest run ${file} -t '${pattern}'`
}
