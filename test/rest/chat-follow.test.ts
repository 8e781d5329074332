import { once } from 'node:events';
import { get } from 'node:http';
import { encodeGlobalID } from '@pothos/plugin-relay';
import { expect, test } from 'vitest';
import { runCompleted } from './fixtures.ts';
import { allFrames } from './frames.ts';
import { createGraphqlDouble } from './graphql-double.ts';
import { useRestServer } from './rest-server.ts';
import { createRunEventSource } from './run-event-source.ts';

const graphql = createGraphqlDouble();
const server = useRestServer(graphql);

const runs = {
  session: (fields: object) => () => ({ __typename: 'Session', databaseId: 5, ...fields }),
  run: (databaseId: number, status: string, lastSeq = 0, session = 5) => ({
    databaseId,
    status,
    lastSeq,
    session: { databaseId: session },
  }),
};

test('a repeated POST with Last-Event-ID resumes after that frame and sends no prompt', async () => {
  const source = createRunEventSource('runEvents');
  source.emit(runCompleted(5));
  graphql.script({
    run: () => runs.run(7, 'RUNNING'),
    runEvents: () => source,
  });

  const prompt = { prompt: 'Hello' };
  const response = await server.request('POST', '/sessions/5/chat', prompt, { 'last-event-id': '7:4' });

  expect(await allFrames(response)).toEqual([expect.stringMatching(/^7:5 \{"type":"finish"/)]);
  expect(graphql.calls).toEqual([
    { operation: 'GetRunToResume', variables: { runId: encodeGlobalID('Run', 7) } },
    { operation: 'FollowRun', variables: { runId: encodeGlobalID('Run', 7), after: 4 } },
  ]);
});

test('a POST that resumes after the last frame of a run gets a stream without frames', async () => {
  graphql.script({ run: () => runs.run(7, 'COMPLETED', 5) });

  const prompt = { prompt: 'Hello' };
  const response = await server.request('POST', '/sessions/5/chat', prompt, { 'last-event-id': '7:5' });

  // A client that repeats the POST until it gets a stream would repeat a 204 for ever.
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(await response.text()).toBe(':\n');
});

test.for([
  ['does not exist', null],
  ['belongs to another session', runs.run(7, 'RUNNING', 0, 6)],
] as const)('resuming a run that %s gets 404', async ([, run]) => {
  graphql.script({ run: () => run });

  const response = await server.request('GET', '/sessions/5/chat', undefined, { 'last-event-id': '7:5' });

  expect(response.status).toBe(404);
  expect(await response.json()).toEqual({ detail: 'Run 7 not found in session 5' });
});

test.for([
  [
    'the run in progress',
    { activeRun: runs.run(7, 'RUNNING'), lastRun: runs.run(8, 'QUEUED') },
    undefined,
    7,
    0,
  ],
  [
    'the last run if no run is in progress',
    { activeRun: null, lastRun: runs.run(7, 'COMPLETED', 5) },
    undefined,
    7,
    0,
  ],
  ['the run of Last-Event-ID', { activeRun: runs.run(8, 'RUNNING') }, '7:2', 7, 2],
  [
    'the next run if the run of Last-Event-ID was received to its end',
    { activeRun: runs.run(8, 'RUNNING') },
    '7:5',
    8,
    0,
  ],
] as const)('GET of a chat follows %s', async ([, session, lastEventId, run, after]) => {
  const source = createRunEventSource('runEvents');
  source.emit(runCompleted(5));
  graphql.script({
    session: runs.session(session),
    run: () => runs.run(7, 'COMPLETED', 5),
    runEvents: () => source,
  });

  const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  const response = await server.request('GET', '/sessions/5/chat', undefined, headers);

  expect(await allFrames(response)).toHaveLength(1);
  expect(graphql.calls.at(-1)).toEqual({
    operation: 'FollowRun',
    variables: { runId: encodeGlobalID('Run', run), after },
  });
});

test.for([
  ['the session never had a run', {}, undefined],
  ['the last run was received to its end', { lastRun: runs.run(7, 'COMPLETED', 5) }, '7:5'],
] as const)('GET of a chat gets 204 if %s', async ([, session, lastEventId]) => {
  graphql.script({
    session: runs.session(session),
    run: () => runs.run(7, 'COMPLETED', 5),
  });

  const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  const response = await server.request('GET', '/sessions/5/chat', undefined, headers);

  expect(response.status).toBe(204);
});

test('GET of the chat of a session that does not exist gets 404', async () => {
  expect((await server.request('GET', '/sessions/5/chat')).status).toBe(404);
});

test('HEAD of a chat returns the content type of a stream and starts no subscription', async () => {
  graphql.script({ session: runs.session({ activeRun: runs.run(7, 'RUNNING') }) });

  const response = await server.request('HEAD', '/sessions/5/chat');

  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  expect(graphql.calls.map(({ operation }) => operation)).toEqual(['GetRunsToFollow']);
});

test('the connection of a stream can be used for another request', async () => {
  const source = createRunEventSource('chat');
  source.emit(runCompleted(1));
  graphql.script({ chat: () => source });
  await allFrames(await server.request('POST', '/sessions/5/chat', { prompt: 'Hi' }));

  const request = get(`${server.origin}/api/v1/sessions/5`);
  const [response] = await once(request, 'response');

  expect(response.statusCode).toBe(404);
  response.resume();
});

test.for(['lastEventId', 'Last-Event-ID', 'last_event_id', 'evs_last_event_id'])(
  'a client that cannot send the header resumes with the parameter %s',
  async (name) => {
    const source = createRunEventSource('runEvents');
    source.emit(runCompleted(5));
    const session = runs.session({ lastRun: runs.run(7, 'COMPLETED', 5) });
    graphql.script({ session: session, run: () => runs.run(7, 'COMPLETED', 5), runEvents: () => source });
    const follow = (cursor: string, headers = {}) =>
      server.request('GET', `/sessions/5/chat?${name}=${cursor}`, undefined, headers);

    expect(await allFrames(await follow('7%3A4'))).toHaveLength(1);
    expect(graphql.calls.at(-1)).toMatchObject({ operation: 'FollowRun', variables: { after: 4 } });
    expect((await follow('7:5')).status).toBe(204);
    expect((await follow('7:3', { 'last-event-id': '7:5' })).status).toBe(204);
    const refused = await follow('junk');
    expect([refused.status, await refused.json()]).toMatchObject([
      422,
      { detail: [{ loc: ['query', name] }] },
    ]);
  },
);
