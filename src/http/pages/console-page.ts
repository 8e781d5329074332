import { readFile } from 'node:fs/promises';
import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { constantResponse } from '../../base/constant-response.ts';
import { projectRoot } from '../../base/project-root.ts';
import { pagePolicy } from './page-policy.ts';

/** The build puts the files of the page here. The gateway reads them here when it runs from `src` and from `dist`. */
const folder = new URL('dist/console/', projectRoot);

const types: Record<string, string> = {
  'index.html': 'text/html; charset=utf-8',
  'main.js': 'text/javascript; charset=utf-8',
  'main.js.map': 'application/json',
  'main.css': 'text/css; charset=utf-8',
  'main.css.map': 'application/json',
  'icon.svg': 'image/svg+xml',
};

const policy = [
  // Audio and image elements can send no token: the page fetches a file, and shows it from a blob of its own.
  pagePolicy(
    ...[
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' blob:",
      "connect-src 'self'",
      'media-src blob:',
    ],
  ),
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** Serves the web console at `/console`. Browsers ask every time whether a file has changed. */
export function createConsolePage(): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  for (const [file, type] of Object.entries(types)) {
    const isPage = file === 'index.html';
    const respond = constantResponse(async () => ({
      body: await readFile(new URL(file, folder)),
      type,
      ...(isPage && { headers: { 'Content-Security-Policy': policy } }),
    }));
    app.on('GET', isPage ? ['/console', '/console/'] : [`/console/${file}`], async (c) => {
      try {
        return await respond(c);
      } catch (error) {
        if (!isMissing(error)) throw error;
        return c.text('The console is not built. Run `npm run build:console`.', 503);
      }
    });
  }
  return app;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
