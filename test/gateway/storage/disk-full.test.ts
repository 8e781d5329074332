import { expect, test } from 'vitest';
import { fillDisk, makeRoom } from '../../support/gateway/full-disk.ts';
import { shareScriptedGateway } from '../../support/gateway/shared-gateway.ts';
import { text } from '../../support/model/turn.ts';

const shared = shareScriptedGateway();

const create =
  'mutation ($systemPrompt: String) { createSession(input: { systemPrompt: $systemPrompt }) { id } }';
const send = 'mutation ($input: ChatInput!) { sendMessage(input: $input) { id } }';
const longText = 'x'.repeat(50_000);

test('writes on a full disk are refused with INSUFFICIENT_STORAGE, reads are answered, and the gateway is not ready', async () => {
  const gateway = shared();
  const sessionId = await gateway.createSession();
  await fillDisk(gateway.services);
  try {
    const created = await gateway.graphql(create, { systemPrompt: longText });
    expect(created.errors?.[0]?.extensions).toMatchObject({ code: 'INSUFFICIENT_STORAGE' });
    const sent = await gateway.graphql(send, { input: { sessionId, prompt: longText } });
    expect(sent.errors?.[0]?.extensions).toMatchObject({ code: 'INSUFFICIENT_STORAGE' });
    const rest = await fetch(`${gateway.url}/api/v1/sessions/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ system_prompt: longText }),
    });
    expect(rest.status).toBe(507);
    const read = await gateway.query(
      'query ($id: ID!) { session(id: $id) { messages { edges { node { id } } } } }',
      {
        id: sessionId,
      },
    );
    expect(read.session.messages.edges).toEqual([]);
    expect(await ready()).toEqual([503, { status: 'unavailable', checks: { database: 'the disk is full' } }]);
  } finally {
    await makeRoom(gateway.services);
  }
  gateway.model.script([text('Room.')]);
  await gateway.query(send, { input: { sessionId, prompt: 'Hi' } });
  await expect.poll(ready, { timeout: 5_000 }).toEqual([200, { status: 'ok' }]);
});

async function ready(): Promise<[status: number, body: unknown]> {
  const response = await fetch(`${shared().url}/health/ready`);
  return [response.status, await response.json()];
}
