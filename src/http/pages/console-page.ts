import { readFile } from 'node:fs/promises';
import { Hono } from 'hono';
import { etag, RETAINED_304_HEADERS } from 'hono/etag';
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
  pagePolicy("script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'"),
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** Serves the web console at `/console`. Browsers ask every time whether a file has changed. */
export function createConsolePage(): Hono {
  const app = new Hono();
  // Without this option a 304 would carry the default policy, and the browser would replace the policy of its copy.
  app.use(etag({ retainedHeaders: [...RETAINED_304_HEADERS, 'Content-Security-Policy'] }));
  for (const [file, type] of Object.entries(types)) {
    const paths = file === 'index.html' ? ['/console', '/console/'] : [`/console/${file}`];
    const read = readOnce(file);
    const headers = {
      'Content-Type': type,
      'Cache-Control': 'no-cache',
      ...(file === 'index.html' && { 'Content-Security-Policy': policy }),
    };
    for (const path of paths) {
      app.get(path, async (c) => {
        const content = await read();
        if (content) return c.body(content, 200, headers);
        return c.text('The console is not built. Run `npm run build:console`.', 503);
      });
    }
  }
  return app;
}

/** Reads a file when it is first asked for. Returns undefined when the file does not exist. */
function readOnce(file: string): () => Promise<Uint8Array<ArrayBuffer> | undefined> {
  let content: Uint8Array<ArrayBuffer> | undefined;
  return async () => {
    content ??= await readFile(new URL(file, folder)).then(
      (read) => new Uint8Array(read),
      () => undefined,
    );
    return content;
  };
}
