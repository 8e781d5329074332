import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the one Chromium of all tests takes connections. */
    chromiumUrl: string | undefined;
  }
}

/** The headless shell comes first: without a user interface it needs half of the processor time. */
const path = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((file) => existsSync(file));

/** Starts one Chromium for all files: each has contexts of its own in it. Returns what ends it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (path === undefined) {
    if (!process.env['CI']) {
      process.stderr.write(
        'No Chromium found: the browser tests are skipped (apt-get install chromium-headless-shell).\n',
      );
    }
    project.provide('chromiumUrl', undefined);
    return async () => {};
  }
  const server = await chromium.launchServer({
    host: '127.0.0.1',
    executablePath: path,
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
  project.provide('chromiumUrl', server.wsEndpoint());
  return () => server.close();
}
