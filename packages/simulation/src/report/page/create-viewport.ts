/** Zoom, pan and the drawing of what is seen: never more than the rows in view, however long the run. Runs in the page. */
import type { Frame, PageView } from './page-view.ts'

export interface ViewportElements {
  readonly scroll: HTMLElement
  /** Has the size of the whole drawing, so that the browser's own scroll bars tell where one is. */
  readonly size: HTMLElement
  readonly drawing: SVGSVGElement
  readonly header: SVGSVGElement
  readonly overview: HTMLElement
}

export interface Viewport {
  show(view: PageView): void
  /** Multiplies the height of rows; around `anchorY` of the drawing, or the current row. */
  zoom(factor: number, anchorY?: number): void
  /** As small as is needed to see everything. */
  fit(): void
  reset(): void
  reveal(item: number): void
  paint(): void
}

export interface ViewportEvents {
  readonly current: () => number
  readonly isHit: (item: number) => boolean
  readonly hits: () => readonly number[]
  readonly selected: (item: number) => void
}

export function createViewport(elements: ViewportElements, events: ViewportEvents): Viewport {
  const gutter = 140
  const rowHeightUsual = 18
  const rowHeightMax = 60
  const rowHeightMin = 0.01
  /** The least of a row that is drawn when all of them are too low. */
  const drawnHeightMin = 0.3
  /** Below this, rows are too low for text. */
  const labelHeightMin = 14
  const characterWidth = 7.3
  /** Room right of the last lane for its labels. */
  const marginRight = 320
  const { scroll, size, drawing, header, overview } = elements
  const document = scroll.ownerDocument
  let view: PageView | undefined
  let rowHeight = rowHeightUsual
  let laneScale = 1
  let isDue = false

  const laneWidth = () => {
    if (view === undefined) return 1
    const room = (scroll.clientWidth - gutter - marginRight / 2) / Math.max(1, view.lanes.length)
    return clamp(room, view.laneWidthMin, view.laneWidth) * laneScale
  }
  const clamp = (value: number, least: number, most: number) => Math.max(least, Math.min(most, value))
  const x = (lane: number) => gutter + (lane + 0.5) * laneWidth() - scroll.scrollLeft
  const y = (row: number) => (row + 0.5) * rowHeight - scroll.scrollTop

  function drawer(target: Element): Frame['draw'] {
    return (name, attributes, text, title) => {
      const element = document.createElementNS('http://www.w3.org/2000/svg', name)
      for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value))
      if (text !== undefined) element.textContent = text
      if (title !== undefined) {
        const child = document.createElementNS('http://www.w3.org/2000/svg', 'title')
        child.textContent = title
        element.append(child)
      }
      target.append(element)
    }
  }

  function resize(): void {
    if (view === undefined) return
    size.style.width = `${gutter + view.lanes.length * laneWidth() + marginRight}px`
    size.style.height = `${Math.max(1, view.rowCount * rowHeight)}px`
  }

  function paintHeader(): void {
    header.replaceChildren()
    const draw = drawer(header)
    view?.lanes.forEach((lane, index) => {
      const middle = x(index)
      if (middle < gutter - laneWidth() || middle > scroll.clientWidth + laneWidth()) return
      const room = Math.max(1, Math.floor((laneWidth() - 6) / characterWidth))
      const text = lane.label.length > room ? `${lane.label.slice(0, room - 1)}\u2026` : lane.label
      const place = { x: middle, y: lane.isGroup ? 16 : 34, 'data-group': lane.isGroup ? lane.group : -1 }
      draw('text', { ...place, class: lane.isGroup ? 'lane group' : 'lane' }, text, lane.title)
    })
    draw('rect', { x: 0, y: 0, width: gutter, height: 44, class: 'gutter' })
  }

  function paintRow(row: number, item: number, draw: Frame['draw']): void {
    const isCurrent = item === events.current()
    const className = isCurrent
      ? 'current'
      : view?.markOf(item) !== undefined
        ? 'marked'
        : events.isHit(item)
          ? 'hit'
          : undefined
    if (className === undefined) return
    const height = Math.max(2, rowHeight)
    draw('rect', { x: 0, y: y(row) - height / 2, width: scroll.clientWidth, height, class: `row ${className}` })
  }

  function paintNow(): void {
    isDue = false
    if (view === undefined) return
    const { clientWidth: width, clientHeight: height } = scroll
    drawing.setAttribute('width', String(width))
    drawing.setAttribute('height', String(height))
    header.setAttribute('width', String(width))
    for (const child of [...drawing.children]) if (child.tagName !== 'defs') child.remove()
    // Dashes and smooth edges of thousands of lines would cost a second a frame.
    drawing.classList.toggle('tiny', rowHeight < 1)
    const draw = drawer(drawing)
    const firstRow = clamp(Math.floor(scroll.scrollTop / rowHeight), 0, Math.max(0, view.rowCount - 1))
    const lastRow = clamp(Math.ceil((scroll.scrollTop + height) / rowHeight), -1, view.rowCount - 1)
    const hasLabels = rowHeight >= labelHeightMin
    for (let row = firstRow; row <= lastRow; row++) {
      const item = view.itemOf(row)
      // Hits that are too close to be told apart are seen in the overview.
      if (rowHeight >= 1 || item === events.current() || view.markOf(item) !== undefined) paintRow(row, item, draw)
    }
    view.lanes.forEach(({ isGroup, title }, lane) => {
      if (isGroup) {
        const left = x(lane) - laneWidth() / 2
        draw('line', { x1: left, y1: 0, x2: left, y2: height, class: 'border' })
      }
      draw('line', { x1: x(lane), y1: 0, x2: x(lane), y2: height, class: isGroup ? 'lane group' : 'lane' }, '', title)
    })
    const stride = Math.max(1, Math.ceil(drawnHeightMin / rowHeight))
    const frame = {
      stride,
      firstRow,
      lastRow,
      rowHeight,
      laneWidth: laneWidth(),
      width,
      height,
      gutter,
      characterWidth,
    }
    view.paint({ ...frame, hasLabels, x, y, draw })
    draw('rect', { x: 0, y: 0, width: gutter, height, class: 'gutter' })
    const every = Math.max(1, Math.ceil(labelHeightMin / rowHeight))
    for (let row = firstRow - (firstRow % every); row <= lastRow; row += every) {
      draw('text', { x: gutter - 8, y: y(row) + 4, class: 'place' }, view.place(view.itemOf(row)))
    }
    paintHeader()
  }

  /** Where in the whole run the marks, the hits and the current row are. */
  function paintOverview(): void {
    overview.replaceChildren()
    if (view === undefined || view.rowCount === 0) return
    const tick = (item: number, className: string) => {
      if (view === undefined) return
      const element = document.createElement('i')
      element.className = className
      element.style.top = `${(100 * (view.rowOf(item) + 0.5)) / view.rowCount}%`
      overview.append(element)
    }
    for (const item of events.hits().slice(0, 1_000)) tick(item, 'hit')
    let marks = 0
    for (let item = 0; item < view.itemCount && marks < 1_000; item++) {
      if (view.markOf(item) === undefined) continue
      tick(item, 'marked')
      marks++
    }
    tick(events.current(), 'current')
  }

  function paint(): void {
    if (isDue) return
    isDue = true
    document.defaultView?.requestAnimationFrame(paintNow)
  }

  function setRowHeight(next: number, anchorY: number): void {
    const row = (scroll.scrollTop + anchorY) / rowHeight
    rowHeight = clamp(next, rowHeightMin, rowHeightMax)
    laneScale = clamp(rowHeight / rowHeightUsual, 1, 2)
    resize()
    scroll.scrollTop = row * rowHeight - anchorY
    paint()
  }

  function currentY(): number {
    const at = view === undefined ? 0 : y(view.rowOf(events.current()))
    return at >= 0 && at <= scroll.clientHeight ? at : scroll.clientHeight / 2
  }

  let drag: { readonly x: number; readonly y: number; readonly left: number; readonly top: number } | undefined
  let dragged = false
  drawing.addEventListener('pointerdown', ({ clientX, clientY }) => {
    drag = { x: clientX, y: clientY, left: scroll.scrollLeft, top: scroll.scrollTop }
    dragged = false
  })
  document.addEventListener('pointermove', ({ clientX, clientY }) => {
    if (drag === undefined) return
    if (Math.abs(clientX - drag.x) + Math.abs(clientY - drag.y) > 4) dragged = true
    if (dragged) scroll.scrollTo(drag.left - (clientX - drag.x), drag.top - (clientY - drag.y))
  })
  document.addEventListener('pointerup', () => {
    drag = undefined
  })
  drawing.addEventListener('click', ({ clientY }) => {
    if (dragged || view === undefined || view.rowCount === 0) return
    const row = Math.floor((clientY - drawing.getBoundingClientRect().top + scroll.scrollTop) / rowHeight)
    events.selected(view.itemOf(clamp(row, 0, view.rowCount - 1)))
  })
  header.addEventListener('click', ({ target }) => {
    const group = Number((target as Element).closest('[data-group]')?.getAttribute('data-group') ?? -1)
    if (group < 0) return
    view?.toggleGroup(group)
    resize()
    paint()
  })
  overview.addEventListener('click', ({ clientY }) => {
    const { top, height } = overview.getBoundingClientRect()
    if (view !== undefined) events.selected(view.itemOf(Math.floor(((clientY - top) / height) * view.rowCount)))
  })
  scroll.addEventListener('scroll', paint)
  document.defaultView?.addEventListener('resize', () => {
    resize()
    paint()
  })
  scroll.addEventListener(
    'wheel',
    (event) => {
      if (!event.ctrlKey && !event.metaKey && !event.altKey) return
      event.preventDefault()
      const anchor = event.clientY - scroll.getBoundingClientRect().top
      setRowHeight(rowHeight * 1.2 ** -Math.sign(event.deltaY), anchor)
    },
    { passive: false },
  )

  return {
    show: (next) => {
      view = next
      resize()
      paintOverview()
      paint()
    },
    zoom: (factor, anchorY = currentY()) => setRowHeight(rowHeight * factor, anchorY),
    fit: () => setRowHeight(Math.min(rowHeightUsual, scroll.clientHeight / Math.max(1, view?.rowCount ?? 1)), 0),
    reset: () => setRowHeight(rowHeightUsual, currentY()),
    reveal: (item) => {
      if (view === undefined) return
      const at = y(view.rowOf(item))
      const { clientHeight, clientWidth } = scroll
      const lane = view.laneOf(item)
      const left = lane === -1 ? gutter : x(lane) - laneWidth() / 2
      if (left < gutter || left > clientWidth - laneWidth()) scroll.scrollLeft += left - gutter - laneWidth()
      if (at < rowHeight || at > clientHeight - rowHeight) scroll.scrollTop += at - clientHeight / 2
      paintOverview()
      paint()
    },
    paint,
  }
}
