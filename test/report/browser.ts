/** Debian's chromium, for pages from files: no network, and everything that the page reports as an error is kept. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'

const executablePath = '/usr/bin/chromium'

/** Why there is no browser to test with; in CI there is to be one. */
export const missingBrowser =
  existsSync(executablePath) || process.env.CI !== undefined ? undefined : `there is no ${executablePath}`

/** A page, and what went wrong in it. */
export interface OpenPage {
  readonly page: Page
  readonly errors: readonly string[]
  /** Addresses that the page asked for, beside its own. */
  readonly requests: readonly string[]
}

/** A browser and a folder for its files; both are gone after `close`. */
export class PageBrowser {
  readonly #browser: Browser
  readonly #folder = mkdtempSync(join(tmpdir(), 'troupe-report-'))
  #files = 0

  private constructor(browser: Browser) {
    this.#browser = browser
  }

  static async launch(): Promise<PageBrowser> {
    const quiet = ['--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
    const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', ...quiet]
    return new PageBrowser(await chromium.launch({ executablePath, args }))
  }

  /** Opens `html` from a file, and waits until its script says that it is ready. */
  async open(html: string): Promise<OpenPage> {
    const file = join(this.#folder, `${++this.#files}.html`)
    writeFileSync(file, html)
    const address = pathToFileURL(file).href
    const page = await this.#browser.newPage({ viewport: { width: 1400, height: 900 } })
    const errors: string[] = []
    const requests: string[] = []
    page.on('pageerror', (error) => errors.push(error.message))
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
    page.on('request', (request) => request.url() !== address && requests.push(request.url()))
    await page.goto(address)
    await page.waitForSelector('html[data-ready]')
    await painted(page)
    return { page, errors, requests }
  }

  async close(): Promise<void> {
    await this.#browser.close()
    rmSync(this.#folder, { recursive: true })
  }
}

/** Waits until what is due has been drawn: drawing is put off to the next frame. */
export async function painted(page: Page): Promise<void> {
  await page.evaluate(
    'new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(undefined))))',
  )
}
