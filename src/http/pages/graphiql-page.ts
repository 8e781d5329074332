import { createHash } from 'node:crypto';
import { firstQuery, graphiqlOptions } from './graphiql.ts';
import { pagePolicy } from './page-policy.ts';

export interface Page {
  html: string;
  /** The value of its header `Content-Security-Policy`. */
  policy: string;
}

// The style: GraphiQL measures its tabs before their font has loaded, so a clicked tab would jump away from the mouse.
// The script: a page that is loaded again before the user has edited anything would open one more tab, an empty one.
const repairs = `
  <style>.graphiql-tab { transform: none !important; }</style>
  <script>localStorage['graphiql:query'] ??= ${JSON.stringify(firstQuery)};</script>
`;

/** Renders GraphiQL with all its files in the page (9 MB), so that it works without the internet. Renders it once. */
export function createGraphiQLPage(): () => Promise<Page> {
  let page: Promise<Page> | undefined;
  return () => {
    page ??= render();
    return page;
  };
}

async function render(): Promise<Page> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const html = renderGraphiQL(graphiqlOptions).replace('</head>', () => `${repairs}</head>`);
  return { html, policy: policyOf(html) };
}

/** The editor sets styles inline and runs its workers from `blob:` URLs. */
function policyOf(html: string): string {
  const scripts = [...html.matchAll(/<script>(.*?)<\/script>/gs)].map(([, script = '']) => script);
  return pagePolicy(
    `script-src ${scripts.map(hashOf).join(' ')}`,
    'worker-src blob:',
    "style-src 'unsafe-inline'",
    'font-src data:',
    'img-src data:',
    "connect-src 'self'",
  );
}

function hashOf(script: string): string {
  return `'sha256-${createHash('sha256').update(script).digest('base64')}'`;
}
