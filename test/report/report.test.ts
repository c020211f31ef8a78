/** The report in a real browser: a simulated run, a counterexample of the checker, and a refuted history. */
import { check, checkLinearizable, counterexampleReport, historyReport, model, registerModel } from '@troupe/checker'
import type { SimulationFailure } from '@troupe/simulation'
import { type RunReport, reportHtml, simulationReport } from '@troupe/simulation/report'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { missingBrowser, PageBrowser, painted } from './browser.ts'
import { failedRun, invariant } from './rumour.ts'

const title = `the report in a browser${missingBrowser === undefined ? '' : ` (skipped: ${missingBrowser})`}`

/** A report of no run, for what is to be said of one event alone. */
const small: RunReport = {
  title: 'small',
  facts: [],
  nodes: ['main'],
  actors: [{ path: '/main/one', node: 'main' }],
  events: [],
}

describe.skipIf(missingBrowser !== undefined)(title, () => {
  let browser: PageBrowser
  let failure: SimulationFailure
  let report: RunReport
  let html: string

  beforeAll(async () => {
    browser = await PageBrowser.launch()
    failure = await failedRun(3, 5_000)
    report = simulationReport(failure, { title: 'rumours' })
    html = reportHtml(report)
  })
  afterAll(() => browser?.close())

  /** What the panel says of each actor: its lines after the current event, by path. */
  const panelStates = (page: Page) =>
    page.$$eval('#panel details', (elements) =>
      elements.map((element) => ({
        actor: element.getAttribute('data-actor'),
        lines: [...element.querySelectorAll('tr:not(.old)')].map((row) => [
          row.querySelector('th')?.textContent,
          row.querySelector('td')?.textContent,
        ]),
      })),
    )

  const setSlider = async (page: Page, item: number) => {
    await page.locator('#slider').fill(String(item))
    await painted(page)
  }

  test('5,000 events open without an error or a request, and only those in view are drawn', async () => {
    const { page, errors, requests } = await browser.open(html)
    expect(report.events.length).toBeGreaterThan(5_000)
    expect(await page.textContent('#position')).toBe(`1 / ${report.events.length}`)
    const seen = await page.$$eval('#drawing .event', (elements) => elements.length)
    const height = await page.$eval('#scroll', (element) => element.clientHeight)
    expect(seen).toBeGreaterThanOrEqual(Math.floor(height / 18) - 1)
    expect(await page.$$eval('#drawing *', (elements) => elements.length)).toBeLessThan(3_000)
    const scrolled = await page.$eval('#scroll', (element) => element.scrollHeight)
    expect(scrolled).toBe(report.events.length * 18)
    expect([errors, requests]).toEqual([[], []])
    await page.close()
  })

  test('labels do not overlap at the usual zoom, at any place of the run, and no text is below 10 pixels', async () => {
    const { page } = await browser.open(html)
    for (const part of [0, 0.3, 0.7, 1]) {
      await setSlider(page, Math.floor(part * (report.events.length - 1)))
      const { overlaps, labels, smallest } = await page.evaluate(() => {
        const boxesOf = (selector: string) =>
          [...document.querySelectorAll(selector)].map((element) => element.getBoundingClientRect())
        const drawing = boxesOf('#drawing text')
        let count = 0
        for (const boxes of [drawing, boxesOf('#header text')]) {
          boxes.forEach((one, index) => {
            for (const other of boxes.slice(index + 1)) {
              const across = Math.min(one.right, other.right) - Math.max(one.left, other.left)
              const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top)
              if (across > 1 && down > 1) count++
            }
          })
        }
        const all = [...document.querySelectorAll('body *')].filter((element) => element.textContent !== '')
        const smallest = Math.min(...all.map((element) => Number.parseFloat(getComputedStyle(element).fontSize)))
        return { overlaps: count, labels: drawing.length, smallest }
      })
      expect(labels).toBeGreaterThan(60)
      expect(overlaps).toBe(0)
      expect(smallest).toBeGreaterThanOrEqual(10)
    }
    await page.close()
  })

  test('stepping goes through time: the panel has the states that the run had after each event', async () => {
    const { page } = await browser.open(html)
    const { states = [] } = failure
    const withChange = report.events.flatMap((event, index) => (event.states === undefined ? [] : [index]))
    const places = [withChange[3], withChange[Math.floor(withChange.length / 2)], withChange.at(-1)] as number[]
    for (const place of places) {
      await setSlider(page, place)
      expect(await page.textContent('#position')).toBe(`${place + 1} / ${report.events.length}`)
      // Each actor's last state of those that were recorded up to this event.
      const last = new Map<string, { heard: number } | undefined>()
      const known = report.events.slice(0, place + 1).reduce((sum, event) => sum + (event.states?.length ?? 0), 0)
      const order = report.events.flatMap((event) => event.states ?? []).slice(0, known)
      for (const { actor, state, ended } of order) last.set(actor, ended ? undefined : (state as { heard: number }))
      const shown = await panelStates(page)
      for (const [actor, state] of last) {
        if (state === undefined) continue
        const lines = shown.find((entry) => entry.actor === actor)?.lines
        expect(lines).toContainEqual(['heard', String(state.heard)])
      }
    }
    const turns = states.filter(({ actor }) => actor === '/node-1/peer')
    expect(turns.length).toBeGreaterThan(10)
    await setSlider(page, 10)
    await page.keyboard.press('Escape')
    await page.locator('#scroll').click({ position: { x: 60, y: 200 } })
    const at = Number((await page.textContent('#position'))?.split(' ')[0])
    await page.keyboard.press('ArrowDown')
    expect(await page.textContent('#position')).toBe(`${at + 1} / ${report.events.length}`)
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('End')
    expect(await page.textContent('#position')).toBe(`${report.events.length} / ${report.events.length}`)
    await page.close()
  })

  test('a change is shown with what was there before', async () => {
    const { page } = await browser.open(html)
    const place = report.events.findIndex(
      ({ states }) => states?.length === 1 && (states[0]?.state as { heard?: number } | undefined)?.heard === 2,
    )
    await setSlider(page, place)
    const rows = await page.$$eval('#panel details.changed tr[data-path=heard]', (elements) =>
      elements.map((row) => `${row.className} ${row.querySelector('td')?.textContent}`),
    )
    expect(rows).toEqual(['old 1', 'new 2'])
    await page.close()
  })

  test('search finds every event, steps through them, and leaves out the others', async () => {
    const { page } = await browser.open(html)
    await page.keyboard.press('/')
    await page.keyboard.type('lost (')
    const lost = report.events.flatMap(({ kind }, index) => (kind === 'dropped' ? [index] : []))
    expect(lost.length).toBeGreaterThan(5)
    expect(await page.textContent('#hits')).toBe(`${lost.length} found`)
    for (const [place, item] of lost.slice(0, 3).entries()) {
      await page.keyboard.press('Enter')
      expect(await page.textContent('#position')).toBe(`${item + 1} / ${report.events.length}`)
      expect(await page.textContent('#hits')).toBe(`${place + 1} of ${lost.length} found`)
    }
    await page.check('#only-hits')
    await painted(page)
    expect(await page.$eval('#size', (element) => element.clientHeight)).toBe(lost.length * 18)
    expect(await page.$$eval('#drawing .event:not(.dropped)', (elements) => elements.length)).toBe(0)
    await page.close()
  })

  test('zoom: buttons, keys and the wheel change how much is seen; the whole run fits', async () => {
    const { page } = await browser.open(html)
    const seen = () => page.$$eval('#drawing .event', (elements) => elements.length)
    const usual = await seen()
    await page.click('#zoom-in')
    await painted(page)
    expect(await seen()).toBeLessThan(usual)
    await page.keyboard.press('0')
    await painted(page)
    expect(await seen()).toBe(usual)
    await page.hover('#scroll')
    await page.keyboard.down('Control')
    await page.mouse.wheel(0, 100)
    await page.keyboard.up('Control')
    await page.waitForFunction((before) => document.querySelectorAll('#drawing .event').length > before, usual)
    await page.click('#fit')
    await painted(page)
    const { scrollHeight, clientHeight } = await page.$eval('#scroll', (element) => ({
      scrollHeight: element.scrollHeight,
      clientHeight: element.clientHeight,
    }))
    expect(scrollHeight - clientHeight).toBeLessThanOrEqual(1)
    expect(await page.$$eval('#drawing *', (elements) => elements.length)).toBeLessThan(5_000)
    await page.close()
  })

  test('faults and the violated invariant are marked', async () => {
    const { page } = await browser.open(html)
    expect(await page.textContent('#verdict')).toContain(`always ${invariant}`)
    await page.click('#next-mark')
    await painted(page)
    expect(await page.textContent('#panel .mark')).toContain(invariant)
    expect(await page.$$eval('#drawing .event.violation', (elements) => elements.length)).toBe(1)
    expect(await page.$$eval('#overview .marked', (elements) => elements.length)).toBe(1)
    await page.click('#fit')
    await painted(page)
    for (const kind of ['down', 'paused', 'partition'] as const) {
      const nodes = report.bands?.filter((band) => band.kind === kind).flatMap((band) => band.nodes) ?? []
      expect(nodes.length).toBeGreaterThan(0)
      expect(await page.$$eval(`#drawing .band.${kind}`, (elements) => elements.length)).toBeGreaterThan(0)
    }
    expect(await page.$$eval('#drawing .arrow.lost', (elements) => elements.length)).toBeGreaterThan(0)
    expect(await page.$$eval('#drawing .arrow.again', (elements) => elements.length)).toBeGreaterThan(0)
    await page.close()
  })

  test('actors fold into their node', async () => {
    const { page } = await browser.open(html)
    const lanes = () =>
      page.$$eval('#header text.lane', (elements) => elements.map(({ firstChild }) => firstChild?.nodeValue))
    expect(await lanes()).toContain('peer')
    const before = (await lanes()).length
    await page.click('#header text.group:has-text("node-1")')
    await painted(page)
    expect((await lanes()).length).toBe(before - 1)
    await page.close()
  })

  test('hostile texts and states are shown as they are, and break nothing', async () => {
    const hostile = '</script><script>document.title="broken"</script><!--<img src=x onerror=alert(1)>\u2028\'"`'
    const state = JSON.parse(`{ "__proto__": { "admin": true }, "constructor": 1, "<b>": "</script>" }`)
    const { page, errors } = await browser.open(
      reportHtml({
        ...small,
        title: hostile,
        facts: [[hostile, hostile]],
        verdict: hostile,
        actors: [{ path: '__proto__', node: 'main' }],
        events: [
          {
            step: 1,
            kind: 'turn',
            node: 'main',
            actor: '__proto__',
            text: hostile,
            payload: hostile,
            states: [{ actor: '__proto__', state }],
          },
        ],
      }),
    )
    expect(errors).toEqual([])
    expect(await page.title()).toBe(hostile)
    expect(await page.textContent('#verdict')).toBe(hostile)
    expect(await page.textContent('#panel tr[data-path=payload] td')).toBe(hostile)
    expect(await panelStates(page)).toEqual([
      {
        actor: '__proto__',
        lines: [
          ['__proto__.admin', 'true'],
          ['["<b>"]', '"</script>"'],
          ['constructor', '1'],
        ],
      },
    ])
    expect(await page.$$eval('img', (elements) => elements.length)).toBe(0)
    await page.close()
  })

  test('beyond the limit the end of the run is shown, with its states, and a note', async () => {
    const { page } = await browser.open(reportHtml(report, { eventsMax: 100 }))
    expect(await page.textContent('#position')).toBe('1 / 100')
    expect(await page.textContent('#notes')).toContain(`The first ${report.events.length - 100} of`)
    await page.keyboard.press('End')
    const cut = await panelStates(page)
    await page.close()
    const whole = await browser.open(html)
    await whole.page.keyboard.press('End')
    expect(await panelStates(whole.page)).toEqual(cut)
    await whole.page.close()
  })

  test('a counterexample of the checker is shown by the same page', async () => {
    const counter = model({
      init: () => [{ left: 0, right: 0 }],
      actions: {
        *raise(state: { left: number; right: number }) {
          if (state.left < 3) yield { ...state, left: state.left + 1 }
        },
        *copy(state: { left: number; right: number }) {
          yield { ...state, right: state.left }
        },
      },
    })
    const { counterexample } = check({ model: counter, always: { 'right stays below 2': ({ right }) => right < 2 } })
    const { page, errors } = await browser.open(reportHtml(counterexampleReport(counterexample!)))
    expect(await page.textContent('#verdict')).toBe('invariant violated: right stays below 2')
    await page.keyboard.press('End')
    expect(await panelStates(page)).toEqual([
      {
        actor: 'state',
        lines: [
          ['left', '2'],
          ['right', '2'],
        ],
      },
    ])
    expect(errors).toEqual([])
    await page.close()
  })

  test('a history that is not linearizable is shown with the operations that fit nowhere', async () => {
    const register = registerModel<number>(0)
    const { counterexample } = checkLinearizable(register, [
      { process: 'ann', calledAt: 0, returnedAt: 5, input: { name: 'write', value: 1 }, output: undefined },
      { process: 'bob', calledAt: 1, returnedAt: 2, input: { name: 'read' }, output: 1 },
      { process: 'bob', calledAt: 3, returnedAt: 4, input: { name: 'read' }, output: 0 },
    ])
    const history = historyReport(register, counterexample!)
    const { page, errors } = await browser.open(reportHtml({ ...small, history, verdict: history.text }))
    expect(await page.$$eval('#drawing .operation', (elements) => elements.length)).toBe(3)
    expect(
      await page.$$eval('#drawing .operation.marked title', (titles) => titles.map((text) => text.textContent)),
    ).toEqual(['read 0'])
    expect(await page.textContent('#panel h2')).toBe('read 0')
    expect(await page.textContent('#panel .mark')).toContain('not linearizable: register')
    expect(errors).toEqual([])
    await page.close()
  })
})
