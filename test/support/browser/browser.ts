import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, describe, inject } from 'vitest';

const chromiumUrl = inject('chromiumUrl');
const inCI = Boolean(process.env['CI']);

/** Milliseconds for a test. A small, busy machine takes seconds to open a page. */
const timeout = 60_000;

/** The connection to the browser that all files share. Each page has its own context, so tests do not share state. */
let browser: Promise<Browser> | undefined;

/** A `describe` for tests that need a browser. Without a browser they are skipped; in CI they fail. */
export function describeInBrowser(name: string, tests: () => void): void {
  describe.skipIf(chromiumUrl === undefined && !inCI)(name, { timeout }, () => {
    afterAll(async () => {
      const opened = browser;
      browser = undefined;
      await (await opened)?.close();
    });
    tests();
  });
}

export interface BrowserPage extends AsyncDisposable {
  page: Page;
  /** The URLs of all requests, without `blob:` and `data:`. */
  requests: string[];
  /** Errors that the browser's console shows, and errors that scripts throw. */
  faults: string[];
}

export interface PageOptions {
  /** Lets scripts do what the policy of the page forbids. For tests that run their own script in a page. */
  bypassCSP?: boolean;
}

/** Opens a page. The browser can reach only this machine. */
export async function openPage({ bypassCSP = false }: PageOptions = {}): Promise<BrowserPage> {
  browser ??= connect();
  const context = await (await browser).newContext({
    viewport: { width: 1280, height: 1200 },
    bypassCSP,
    // Nothing is animated: an animation draws the whole page up to 60 times a second, as long as a test waits.
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  // Listen to the context and not to the page, because a test may open more pages.
  const requests: string[] = [];
  const faults: string[] = [];
  context.on('request', (request) => {
    if (!/^(blob|data):/.test(request.url())) requests.push(request.url());
  });
  context.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  context.on('weberror', (webError) => {
    faults.push(webError.error().message);
  });
  return { page, requests, faults, [Symbol.asyncDispose]: () => context.close() };
}

async function connect(): Promise<Browser> {
  if (chromiumUrl === undefined) throw new Error('No Chromium found: apt-get install chromium.');
  const response = await fetch(chromiumUrl);
  const told = await response.text();
  if (!response.ok) throw new Error(`Chromium does not start: ${told}`);
  return chromium.connect(told);
}
