import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BrowserServer } from 'playwright-core';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** A GET of this URL starts the one Chromium of all tests, and responds with where it takes connections. */
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

/**
 * Offers one Chromium to all files, which have contexts of their own in it. It starts when the first file asks for it,
 * because most runs of a few files need no browser. Returns what ends it.
 */
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
  let launched: Promise<BrowserServer> | undefined;
  const door = createServer((_request, response) => {
    launched ??= launch(path);
    launched.then(
      (chromium) => response.end(chromium.wsEndpoint()),
      (error: Error) => response.writeHead(500).end(error.message),
    );
  });
  await once(door.listen(0, '127.0.0.1'), 'listening');
  project.provide('chromiumUrl', `http://127.0.0.1:${(door.address() as AddressInfo).port}`);
  return async () => {
    door.close();
    await (await launched)?.close();
  };
}

async function launch(executablePath: string): Promise<BrowserServer> {
  const { chromium } = await import('playwright-core');
  return chromium.launchServer({
    host: '127.0.0.1',
    executablePath,
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
