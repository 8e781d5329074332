import { readdir, readFile } from 'node:fs/promises';
import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { type ConstantResponse, constantResponse } from '../../base/constant-response.ts';
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
  // The page has one policy, which lets it start the worker that highlights code.
  'trusted-types switchyard-highlight',
].join('; ');

const highlightPath = '/console/highlight/';
const highlightFolder = new URL('highlight/', folder);
/** A worker has the policy of its own response. It loads its other files, and can send nothing anywhere. */
const highlightHeaders = { 'Content-Security-Policy': "default-src 'none'; script-src 'self'" };

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
  serveHighlighting(app);
  return app;
}

/** Serves the worker that highlights code, and the files of the languages. The build chooses their names. */
function serveHighlighting(app: Hono<{ Bindings: HttpBindings }>): void {
  const responses = new Map<string, ConstantResponse>();
  const find = async (file: string): Promise<ConstantResponse | undefined> => {
    const known = responses.get(file);
    if (known) return known;
    // Only names that are in the folder are kept, so that requests for other names take up no memory.
    const files = await readdir(highlightFolder).catch((): string[] => []);
    if (!files.includes(file)) return undefined;
    const respond = constantResponse(async () => ({
      body: await readFile(new URL(file, highlightFolder)),
      type: 'text/javascript; charset=utf-8',
      headers: highlightHeaders,
    }));
    responses.set(file, respond);
    return respond;
  };
  app.get(`${highlightPath}*`, async (c) => {
    const respond = await find(c.req.path.slice(highlightPath.length));
    return respond ? respond(c) : c.notFound();
  });
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
