import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, describe, inject } from 'vitest';

const chromiumUrl = inject('chromiumUrl');
const inCI = Boolean(process.env['CI']);

/** A small machine that does other things as well takes seconds to start a browser. */
const timeout = 60_000;

/** The connection of a file to the one browser of all: its tests are kept apart by contexts. */
let browser: Promise<Browser> | undefined;

/** A `describe` for tests that need a browser. Without one they are skipped, in CI they fail. */
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
  /** The addresses that were asked for, without `blob:` and `data:`. */
  requests: string[];
  /** Errors in the console, and what scripts threw. */
  faults: string[];
}

export interface PageOptions {
  /** Whether a script may do in the page what its policy forbids: for pages that a test makes its own. */
  bypassCSP?: boolean;
}

/** A page of a browser that can reach this machine and nothing else. */
export async function openPage({ bypassCSP = false }: PageOptions = {}): Promise<BrowserPage> {
  browser ??= connect();
  // Events of the context are those of all its pages: a test may open more.
  const context = await (await browser).newContext({ viewport: { width: 1280, height: 1200 }, bypassCSP });
  const page = await context.newPage();
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
  return chromium.connect(chromiumUrl);
}
