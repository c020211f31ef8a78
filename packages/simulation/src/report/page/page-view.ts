/** What is shown in lanes and rows: the events of a run, or the operations of a history. */

/** A column. */
export interface Lane {
  readonly label: string
  readonly title: string
  /** The index of the node, or of the client. */
  readonly group: number
  /** True for the lane of a whole node, which opens and closes those of its actors. */
  readonly isGroup: boolean
}

/** The part of a view that is drawn, in pixels of the drawing. */
export interface Frame {
  readonly firstRow: number
  /** The last row that is seen, included. */
  readonly lastRow: number
  readonly rowHeight: number
  /** Of so many rows that fall on one pixel, one is drawn. */
  readonly stride: number
  readonly laneWidth: number
  readonly width: number
  readonly height: number
  readonly gutter: number
  /** The width of one character, for cutting labels. */
  readonly characterWidth: number
  /** Whether rows are high enough for text. */
  readonly hasLabels: boolean
  readonly x: (lane: number) => number
  readonly y: (row: number) => number
  /** Draws a shape of SVG. */
  readonly draw: (
    name: string,
    attributes: Readonly<Record<string, string | number>>,
    text?: string,
    title?: string,
  ) => void
}

/** Rows are those that are not filtered out; an item is a row's number among all. */
export interface PageView {
  readonly lanes: readonly Lane[]
  readonly rowCount: number
  readonly itemCount: number
  /** The usual width of a lane, and the least. Lanes are as wide as there is room for between the two. */
  readonly laneWidth: number
  readonly laneWidthMin: number
  itemOf(row: number): number
  /** The row of an item; of one that is filtered out, the next row's, or the last. */
  rowOf(item: number): number
  /** What a search looks through, in lower case. */
  searchText(item: number): string
  /** The lane of an item; -1: none. */
  laneOf(item: number): number
  markOf(item: number): string | undefined
  /** What stands in the gutter. */
  place(item: number): string
  /** Shows only the items for which `isShown` is true. */
  filter(isShown: (item: number) => boolean): void
  toggleGroup(group: number): void
  paint(frame: Frame): void
  /** Shows an item, and what is the case after it. */
  describe(panel: HTMLElement, item: number): void
}
