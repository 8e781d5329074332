import { Agent, getGlobalDispatcher, setGlobalDispatcher } from 'undici';
import { expect, test } from 'vitest';
import { createModels } from '../../../../src/chat/models/models.ts';
import { call, outcome } from '../../../support/model/call.ts';
import { startModelServer } from '../../../support/model/model-server.ts';
import { createGate, text } from '../../../support/model/turn.ts';

/** The code with which a `fetch` of Node.js fails when the server stays silent. */
async function codeOfPlainFetch(url: string): Promise<string> {
  try {
    await (await fetch(url, { method: 'POST', body: '{}' })).text();
  } catch (error) {
    return (error as { cause: { code: string } }).cause.code;
  }
  return 'no error';
}

test('a model may be silent for longer than a fetch of Node.js waits, before its answer and within it', async () => {
  const restored = getGlobalDispatcher();
  // The five minutes of Node.js, made shorter.
  setGlobalDispatcher(new Agent({ headersTimeout: 10, bodyTimeout: 10 }));
  try {
    await using server = await startModelServer();
    const models = createModels({ demo: { delayMs: 0 }, openaiCompatible: { baseUrl: server.openaiUrl } });
    const { languageModel } = await models.resolve({ modelName: 'tiny' });
    const [before, within] = [createGate(), createGate()];
    server.script([before, text('Still '), within, text('here.')]);
    const ended = outcome(call(languageModel, { idleTimeoutMs: 60_000 }));

    await before.reached;
    server.script([createGate()]);
    expect(await codeOfPlainFetch(server.openaiUrl)).toBe('UND_ERR_HEADERS_TIMEOUT');
    before.release();
    await within.reached;
    server.script([text('Half'), createGate()]);
    expect(await codeOfPlainFetch(server.openaiUrl)).toBe('UND_ERR_BODY_TIMEOUT');
    within.release();

    expect(await ended).toEqual({ answer: 'Still here.', error: undefined });
  } finally {
    setGlobalDispatcher(restored);
  }
});
