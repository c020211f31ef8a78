/** The table of options on the package's page has what the types have, and nothing else. */
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import {
  knownOfChannels,
  knownOfLimits,
  knownOfReplacement,
  knownOfSystem,
  knownOfWatchdog,
} from '../src/system-options.ts'
import { knownOfTasks } from '../src/tasks/task-options.ts'

const page = await readFile(new URL('../README.md', import.meta.url), 'utf8')
const [, section = ''] = /## Options\n([\s\S]*?)\n## /.exec(page) ?? []
const rows = section
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split(' | '))
const named = rows.flatMap(([first = '']) => [...first.matchAll(/`([\w.]+)`/g)].map(([, name]) => name as string))

test('each option of createSystem is in the table', () => {
  const options = Object.keys(knownOfSystem).filter((name) => name !== 'channels')
  const ofChannels = Object.keys(knownOfChannels).map((name) => `channels.${name}`)
  expect(named.toSorted()).toEqual([...options, ...ofChannels].toSorted())
})

test.each([
  ['watchdog', knownOfWatchdog],
  ['replacement', knownOfReplacement],
  ['tasks', knownOfTasks],
  ['resourceLimits', knownOfLimits],
])('what %s takes is in its row', (option, known) => {
  const [, text = ''] = rows.find(([first = '']) => first.includes(`\`${option}\``)) ?? []
  for (const name of Object.keys(known)) expect(text).toContain(`\`${name}\``)
})
