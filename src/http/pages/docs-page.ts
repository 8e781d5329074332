import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { constantResponse } from '../../base/constant-response.ts';
import { pagePolicy } from './page-policy.ts';

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Switchyard REST API</title>
    <link rel="stylesheet" href="/docs/swagger-ui.css">
    <link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

const start = `SwaggerUIBundle({ url: '/api/v1/openapi.json', dom_id: '#swagger-ui', validatorUrl: null });
`;

/** Swagger UI sets styles inline, and its icons are data URLs. */
const policy = pagePolicy(
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
);

const javascript = 'text/javascript; charset=utf-8';

/** The files of the page that come from its package, with their types. */
const files = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': javascript,
  'favicon-32x32.png': 'image/png',
};

/** Serves Swagger UI at `/docs`, with all its files, so that it works without the internet. */
export function createDocsPage(): Hono<{ Bindings: HttpBindings }> {
  const root = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  const app = new Hono<{ Bindings: HttpBindings }>();
  const headers = { 'Content-Security-Policy': policy };
  const type = 'text/html; charset=UTF-8';
  app.on(
    'GET',
    ['/docs', '/docs/'],
    constantResponse(() => ({ body: page, type, headers })),
  );
  app.get(
    '/docs/start.js',
    constantResponse(() => ({ body: start, type: javascript })),
  );
  for (const [file, fileType] of Object.entries(files)) {
    const read = () => readFile(join(root, file));
    app.get(
      `/docs/${file}`,
      constantResponse(async () => ({ body: await read(), type: fileType })),
    );
  }
  return app;
}
