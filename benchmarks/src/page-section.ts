/** A part of a page of the docs that a command writes: what stands between two marks. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The folder of the whole project, with a slash at its end. */
export const projectRoot = fileURLToPath(new URL('../../', import.meta.url))

const endMark = '<!-- /figures -->'

/**
 * Puts `section` between the marks that name `command` on the page of a path below the project's root. Throws when they
 * are not there.
 */
export function replaceSection(path: string, command: string, section: string): void {
  const mark = `<!-- figures: written by \`${command}\` -->`
  const text = readFileSync(projectRoot + path, 'utf8')
  const start = text.indexOf(mark)
  const end = text.indexOf(endMark, start)
  if (start < 0 || end < 0) throw new Error(`${path} lacks the marks ${mark} and ${endMark}`)
  writeFileSync(projectRoot + path, `${text.slice(0, start + mark.length)}\n\n${section}\n\n${text.slice(end)}`)
}
