import { HttpAgent } from '@ag-ui/client';
import * as ai from 'ai';
import OpenAI from 'openai';
import { expect, test } from 'vitest';
import { readPage, snippets } from '../../support/files/readme.ts';
import { runSnippet } from '../../support/files/run-snippet.ts';
import { shareScriptedGateway } from '../../support/gateway/shared-gateway.ts';
import { text } from '../../support/model/turn.ts';

const shared = shareScriptedGateway();

/** The first snippet of a page, for this gateway and its model. */
function snippetOf(page: string, language = 'js'): string {
  const [code = ''] = snippets(language, readPage(page));
  const { url } = shared();
  return code
    .replaceAll('http://127.0.0.1:8000', url)
    .replaceAll('demo/demo-1', 'openai-compatible/scripted');
}

test('the page of the OpenAI API begins with a chat that works', async () => {
  shared().model.script([text('Hel', 'lo.')]);
  const written = await runSnippet(snippetOf('src/openai/README.md', 'ts'), { openai: { default: OpenAI } });
  expect(written.join('')).toBe('Hello.');
});

test('the page of the AI SDK begins with a chat that works', async () => {
  shared().model.script([text('Hello.')]);
  const written = await runSnippet(snippetOf('src/ai-sdk/README.md'), { ai });
  expect(written.at(-1)).toMatchObject([{ type: 'step-start' }, { type: 'text', text: 'Hello.' }]);
});

test('the page of AG-UI begins with a chat that works', async () => {
  shared().model.script([text('Hello.')]);
  const written = await runSnippet(snippetOf('src/ag-ui/README.md'), { '@ag-ui/client': { HttpAgent } });
  expect(written).toEqual(['Hello.']);
});
