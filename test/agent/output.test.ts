import { expect, test } from 'vitest';
import { formatCommand } from '../../src/agent/output/format.ts';
import { openTestTools } from '../support/node/agent-tools.ts';

const openShell = () => openTestTools({ policy: 'mode: permissive' });

test('output is passed on while the command runs', async () => {
  await using tools = await openShell();
  const cancel = new AbortController();
  const pieces: string[] = [];
  const onOutput = (text: string) => {
    pieces.push(text);
    cancel.abort();
  };

  await tools.command('echo first; sleep 60', { cancel: cancel.signal, onOutput });

  expect(pieces).toEqual(['first\n']);
});

test('the beginning of a long output is shown live, and the result has its beginning and its end', async () => {
  await using tools = await openShell();
  let live = '';
  const onOutput = (text: string) => {
    live += text;
  };

  const { result } = await tools.command('seq 100000', { maxOutputBytes: 2_048, onOutput });

  const [head = '', notice, tail = ''] = result.split(/\n(\[… \d+ bytes cut …\])\n/);
  const all = Array.from({ length: 100_000 }, (_, index) => `${index + 1}\n`).join('');
  expect(all.startsWith(head)).toBe(true);
  expect(all.endsWith(tail)).toBe(true);
  expect(notice).toBe(`[… ${all.length - head.length - tail.length} bytes cut …]`);
  expect(head.length).toBe(1_024);
  expect(Buffer.byteLength(result)).toBeGreaterThan(1_800);
  expect(Buffer.byteLength(result)).toBeLessThanOrEqual(2_048);
  expect(live).toBe(`${head}\n[… there is more output; the result has the end of it …]\n`);
});

test('characters of several bytes stay whole when the output is cut or read in pieces', async () => {
  await using tools = await openShell();
  await tools.put('text', 'aé€😀'.repeat(2_000));
  for (const maxOutputBytes of [1_024, 1_025, 1_026, 1_027, 19_999, 20_200, 40_000]) {
    const { result } = await tools.command('for i in $(seq 20); do head -c 1001; sleep 0; done < text', {
      maxOutputBytes,
    });
    expect(result.replace(/\n\[… \d+ bytes cut …\]\n/, '')).toMatch(/^[aé€😀]+$/u);
  }
});

test('100 MB of output need no memory', async () => {
  await using tools = await openShell();
  await tools.command('head -c 20000000 /dev/zero | tr "\\0" x');
  const before = process.memoryUsage.rss();

  const { result } = await tools.command('head -c 100000000 /dev/zero | tr "\\0" x');

  expect(result).toMatch(/^x+\n\[… 99\d{6} bytes cut …\]\nx+$/);
  expect(process.memoryUsage.rss() - before).toBeLessThan(30_000_000);
});

test.each([
  ['from its first byte', 'head -c 5000 /dev/zero', '[5000 bytes of binary output are not shown]'],
  [
    'after some text',
    'echo text; head -c 5000 /dev/zero',
    'text\n\n[5000 bytes of binary output are not shown]',
  ],
])('output that is binary %s is counted and not shown', async (_where, command, shown) => {
  await using tools = await openShell();
  expect(await tools.command(command)).toEqual({ status: 'SUCCEEDED', result: shown, exitCode: 0 });
});

test.each([
  ['ls \u202e\u200b\u2060', 'ls \\u{202e}\\u{200b}\\u{2060}'],
  ['rm\u00a0-rf\u3164x\ufe0f\u2800', 'rm\\u{a0}-rf\\u{3164}x\\u{fe0f}\\u{2800}'],
  ['echo a\nrm b', 'echo a\\nrm b'],
  ['rm \u05d0\u05d1 123', 'rm \\u{5d0}\\u{5d1} 123'],
  ['ls /\u0338a\u0301\u0301\u0301\u0301', 'ls /\\u{338}a\u0301\u0301\u0301\\u{301}'],
  ['ls \\\u0338\ue000', 'ls \\\\\\u{338}\\u{e000}'],
  ['echo café हिन्दी 日本語', 'echo café हिन्दी 日本語'],
  ['echo a\\nrm b', 'echo a\\\\nrm b'],
  ['echo a\\\nrm b', 'echo a\\\\\\nrm b'],
  ['grep "\\." a', 'grep "\\." a'],
  ['x'.repeat(500), 'x'.repeat(500)],
])('the command %j is shown whole, and no other command looks like it', (command, shown) => {
  expect(formatCommand(command)).toBe(shown);
});
