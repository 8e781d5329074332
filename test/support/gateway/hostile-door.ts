import { expect } from 'vitest';
import { errorStatus } from '../../../src/errors.ts';
import type { GraphQLAnswer } from './gateway-api.ts';
import type { HostileAnswer, HostileGateway } from './hostile-gateway.ts';

const json = { 'content-type': 'application/json' };
const eventStream = { accept: 'text/event-stream' };

/** Sends the body of a GraphQL request, which may be invalid JSON, over one of the transports. */
export type Door = (gateway: HostileGateway, body: string) => Promise<HostileAnswer>;

const plain: Door = (gateway, body) => gateway.attack('/graphql', { method: 'POST', headers: json, body });

const distinct: Door = (gateway, body) =>
  gateway.attack('/graphql/stream', { method: 'POST', headers: { ...json, ...eventStream }, body });

/** Reserves a stream, opens it, starts the operation, and reads its results from the stream. */
const single: Door = async (gateway, body) => {
  const { text: token } = await gateway.attack('/graphql/stream', { method: 'PUT' });
  const stream = gateway.attack(`/graphql/stream?token=${token}`, {
    headers: eventStream,
    until: 'event: complete',
  });
  const headers = { ...json, 'x-graphql-event-stream-token': token, accept: 'application/json' };
  const withId = body.replace(/\}$/, ',"extensions":{"operationId":"1"}}');
  const answer = await gateway.attack('/graphql/stream', { method: 'POST', headers, body: withId });
  if (answer.status === 202) return stream;
  const stop = JSON.stringify({ query: '{ __typename }', extensions: { operationId: '2' } });
  await gateway.attack('/graphql/stream', { method: 'POST', headers, body: stop });
  await stream;
  return answer;
};

/** Every transport that accepts GraphQL requests in JSON. */
export const doors: [name: string, door: Door][] = [
  ['POST /graphql', plain],
  ['graphql-sse with distinct connections', distinct],
  ['graphql-sse with a single connection', single],
];

/**
 * Fails unless the operation was refused: errors with codes that `src/http/ERRORS.md` lists, whose messages do not
 * repeat a long request, and no field of data.
 */
export function expectRefused(answer: HostileAnswer): void {
  const { data, errors = [] } = resultIn(answer);
  expect(Object.values(data ?? {}).filter((value) => value !== null)).toEqual([]);
  expect(errors).not.toEqual([]);
  for (const { message, extensions } of errors) {
    expect(errorStatus).toHaveProperty(String(extensions['code']));
    expect(message.length).toBeLessThan(1_100);
  }
}

/** The result in a JSON response, or the first result in an event stream. */
export function resultIn({ text }: HostileAnswer): GraphQLAnswer {
  const [, data] = /^event: next\ndata: ([^\n]*)$/m.exec(text) ?? [];
  const { payload, ...result } = JSON.parse(data ?? text) as GraphQLAnswer & { payload?: GraphQLAnswer };
  return payload ?? result;
}
