/** The page: its controls, and which view, item and search are current. Runs in the page, started with its parts. */
import type { createHistoryView } from './create-history-view.ts'
import type { createRows } from './create-rows.ts'
import type { createRunView } from './create-run-view.ts'
import type { createStates } from './create-states.ts'
import type { createViewport } from './create-viewport.ts'
import type { describeEvent } from './describe-event.ts'
import type { PageData } from './page-data.ts'
import type { PageView } from './page-view.ts'

/** The functions that the page consists of: each is written into it as text, and refers to the others by these names. */
export interface PageParts {
  readonly createHistoryView: typeof createHistoryView
  readonly createRows: typeof createRows
  readonly createRunView: typeof createRunView
  readonly createStates: typeof createStates
  readonly createViewport: typeof createViewport
  readonly describeEvent: typeof describeEvent
}

export function startPage(parts: PageParts, document: Document): void {
  const find = <Found extends Element = HTMLElement>(id: string) => document.getElementById(id) as unknown as Found
  const data = JSON.parse(find('data').textContent ?? '') as PageData
  const runView = parts.createRunView(parts, data, parts.createStates(data))
  const historyView = data.history === null ? undefined : parts.createHistoryView(parts, data.history)
  let view: PageView = runView
  let current = 0
  let query = ''
  let hits: number[] = []
  let hitSet = new Set<number>()
  const panel = find('panel')
  const slider = find<HTMLInputElement>('slider')
  const searchBox = find<HTMLInputElement>('search')
  const onlyHits = find<HTMLInputElement>('only-hits')
  const elements = {
    scroll: find('scroll'),
    size: find('size'),
    drawing: find<SVGSVGElement>('drawing'),
    header: find<SVGSVGElement>('header'),
    overview: find('overview'),
  }
  const viewport = parts.createViewport(elements, {
    current: () => current,
    isHit: (item) => hitSet.has(item),
    hits: () => hits,
    selected: select,
  })

  function select(item: number): void {
    current = Math.max(0, Math.min(view.itemCount - 1, item))
    slider.value = String(current)
    find('position').textContent = `${view.itemCount === 0 ? 0 : current + 1} / ${view.itemCount}`
    view.describe(panel, current)
    viewport.reveal(current)
    showHits()
  }

  function stepRows(rows: number): void {
    if (view.rowCount === 0) return
    const row = view.rowOf(current) + rows
    select(view.itemOf(Math.max(0, Math.min(view.rowCount - 1, row))))
  }

  function showView(next: PageView): void {
    view = next
    slider.max = String(Math.max(0, view.itemCount - 1))
    find('show-run').setAttribute('aria-pressed', String(view === runView))
    find('show-history').setAttribute('aria-pressed', String(view === historyView))
    search()
    const marks = Array.from({ length: view.itemCount }, (_, item) => item).filter((item) => view.markOf(item))
    find<HTMLButtonElement>('next-mark').disabled = marks.length === 0
    select(view === historyView ? (marks[0] ?? 0) : 0)
  }

  function search(): void {
    query = searchBox.value.trim().toLowerCase()
    hits = []
    if (query !== '') {
      for (let item = 0; item < view.itemCount; item++) if (view.searchText(item).includes(query)) hits.push(item)
    }
    hitSet = new Set(hits)
    const showsHitsOnly = onlyHits.checked && query !== ''
    view.filter((item) => !showsHitsOnly || hitSet.has(item))
    viewport.show(view)
    showHits()
  }

  function showHits(): void {
    const place = hits.indexOf(current)
    find('hits').textContent = query === '' ? '' : `${place === -1 ? '' : `${place + 1} of `}${hits.length} found`
  }

  /** To the next of the sorted `items` in a direction, round the end. */
  function stepThrough(items: readonly number[], direction: 1 | -1): void {
    const next =
      direction === 1
        ? (items.find((item) => item > current) ?? items[0])
        : (items.findLast((item) => item < current) ?? items.at(-1))
    if (next !== undefined) select(next)
  }

  function stepToMark(): void {
    const marks: number[] = []
    for (let item = 0; item < view.itemCount; item++) if (view.markOf(item) !== undefined) marks.push(item)
    stepThrough(marks, 1)
  }

  const actions: Readonly<Record<string, () => void>> = {
    'zoom-in': () => viewport.zoom(1.5),
    'zoom-out': () => viewport.zoom(1 / 1.5),
    fit: () => viewport.fit(),
    reset: () => viewport.reset(),
    first: () => stepRows(-view.rowCount),
    back: () => stepRows(-1),
    forward: () => stepRows(1),
    last: () => stepRows(view.rowCount),
    'previous-hit': () => stepThrough(hits, -1),
    'next-hit': () => stepThrough(hits, 1),
    'next-mark': stepToMark,
    'show-run': () => showView(runView),
    'show-history': () => historyView !== undefined && showView(historyView),
  }
  for (const [id, act] of Object.entries(actions)) find(id).addEventListener('click', act)

  const pan = (left: number, top: number) => () => elements.scroll.scrollBy(left, top)
  const keys: Readonly<Record<string, (() => void) | undefined>> = {
    ArrowDown: actions.forward,
    ArrowRight: actions.forward,
    ArrowUp: actions.back,
    ArrowLeft: actions.back,
    Home: actions.first,
    End: actions.last,
    '+': actions['zoom-in'],
    '=': actions['zoom-in'],
    '-': actions['zoom-out'],
    '0': actions.reset,
    f: actions.fit,
    n: actions['next-hit'],
    N: actions['previous-hit'],
    m: actions['next-mark'],
    h: pan(-120, 0),
    j: pan(0, 120),
    k: pan(0, -120),
    l: pan(120, 0),
    '/': () => searchBox.focus(),
  }
  document.addEventListener('keydown', (event) => {
    const { key, target, ctrlKey, metaKey, altKey } = event
    if (ctrlKey || metaKey || altKey) return
    if (target === searchBox) {
      if (key === 'Enter') stepThrough(hits, event.shiftKey ? -1 : 1)
      else if (key === 'Escape') searchBox.blur()
      return
    }
    const act = keys[key]
    if (act === undefined) return
    event.preventDefault()
    act()
  })
  slider.addEventListener('input', () => select(Number(slider.value)))
  searchBox.addEventListener('input', search)
  onlyHits.addEventListener('change', search)

  find('show-history').hidden = historyView === undefined
  find('show-run').hidden = historyView === undefined
  showView(data.events.length === 0 && historyView !== undefined ? historyView : runView)
  document.documentElement.dataset.ready = 'true'
}
