import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, describe } from 'vitest';

const chromiumPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (path) => existsSync(path),
);

const inCI = Boolean(process.env['CI']);

if (chromiumPath === undefined && !inCI) {
  process.stderr.write('No Chromium found: the browser tests are skipped (apt-get install chromium).\n');
}

/** A small machine that does other things as well takes seconds to start a browser. */
const timeout = 60_000;

/** One for all tests of a file: they are kept apart by its contexts. */
let browser: Promise<Browser> | undefined;

/** A `describe` for tests that need a browser. Without one they are skipped, in CI they fail. */
export function describeInBrowser(name: string, tests: () => void): void {
  describe.skipIf(chromiumPath === undefined && !inCI)(name, { timeout }, () => {
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
  browser ??= launch();
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

async function launch(): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error('No Chromium found: apt-get install chromium.');
  return chromium.launch({
    executablePath: chromiumPath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
    ],
  });
}
