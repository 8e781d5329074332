import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { readPage, snippets } from '../support/files/readme.ts';
import { startTestGateway } from '../support/gateway/gateway.ts';

const run = promisify(execFile);

test('the example of the kit prints an answer', async () => {
  await using gateway = await startTestGateway();
  const [script = ''] = snippets('js', readPage('src/client/README.md'));
  const child = run(process.execPath, ['--input-type=module', '-']);
  child.child.stdin?.end(script.replaceAll('http://localhost:8000', gateway.url));

  const { stdout, stderr } = await child;

  expect(stdout).toBe(`${Array.from({ length: 20 }, (_, index) => index + 1).join(', ')}.`);
  expect(stderr).toMatch(/^[0-9]+ tokens\n$/);
});
