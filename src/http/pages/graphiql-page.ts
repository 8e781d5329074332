import { createHash } from 'node:crypto';
import { type ConstantResponse, constantResponse } from '../../base/constant-response.ts';
import { firstQuery, graphiqlOptions, sessionPlaceholder } from './graphiql.ts';
import { type GraphiQLScriptOptions, improveGraphiQL } from './graphiql-script.ts';
import { pagePolicy } from './page-policy.ts';

// GraphiQL measures its tabs before their font has loaded, so a clicked tab would jump away from the mouse.
const style = '<style>.graphiql-tab { transform: none !important; }</style>';
const options: GraphiQLScriptOptions = { firstQuery, sessionPlaceholder };
// `__name`: tsx, which runs the sources in development, writes calls of it into every function.
const script = `<script>{ const __name = (value) => value; (${improveGraphiQL})(${JSON.stringify(options)}); }</script>`;

/** Answers with GraphiQL and all its files in one page (9 MB), so that it works without the internet. */
export function createGraphiQLPage(): ConstantResponse {
  return constantResponse(async () => {
    const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
    const html = renderGraphiQL(graphiqlOptions)
      .replace('</head>', () => `${style}${script}</head>`)
      // The script reaches the editors only then.
      .replace('globalAPI: false', 'globalAPI: true');
    return {
      body: html,
      type: 'text/html; charset=UTF-8',
      headers: { 'Content-Security-Policy': policyOf(html) },
    };
  });
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
