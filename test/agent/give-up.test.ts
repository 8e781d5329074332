import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { createGatewayClient } from '../../src/agent/connection/gateway-client.ts';
import { FinishDispatchDocument } from '../../src/gql/graphql.ts';

test('an agent that gives up a report does not wait for a gateway that does not answer', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const address = silent.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const { query } = createGatewayClient({ url: `http://127.0.0.1:${port}`, token: 'swn_x' });
  const giveUp = new AbortController();
  const variables = { dispatchId: 'a', input: { status: 'SUCCEEDED', result: '' } } as const;

  const asked = query(FinishDispatchDocument, variables, { retry: true, signal: giveUp.signal });
  await once(silent, 'connection');
  giveUp.abort();

  await expect(asked).rejects.toBe(giveUp.signal.reason);
  silent.close();
});
