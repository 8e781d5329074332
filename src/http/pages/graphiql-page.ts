import { createHash } from 'node:crypto';
import { firstQuery, graphiqlOptions } from './graphiql.ts';
import { pagePolicy } from './page-policy.ts';

export interface Page {
  html: string;
  /** Its `Content-Security-Policy`. */
  policy: string;
}

// GraphiQL measures its tabs before their font is there, and a tab that is clicked jumps away from the mouse.
// A page that is loaded again before anything was edited opens one more tab, an empty one.
const repairs = `
  <style>.graphiql-tab { transform: none !important; }</style>
  <script>localStorage['graphiql:query'] ??= ${JSON.stringify(firstQuery)};</script>
`;

/** GraphiQL with everything in the page, so that it works without the internet: 9 MB, made when first asked for. */
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

/** The editor sets styles inline, and runs its workers from blobs. */
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
