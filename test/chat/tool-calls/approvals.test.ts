import { expect, test } from 'vitest';
import { Approvals } from '../../../src/chat/tool-calls/approvals.ts';

test('a tool call whose run has ended stops waiting for a decision', async () => {
  const approvals = new Approvals();
  const signal = new AbortController().signal;
  const pending = approvals.ask(1, 'a', { timeoutMs: 600_000, signal });

  approvals.forget(1);

  expect(await pending.verdict).toBeUndefined();
});
