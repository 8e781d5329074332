import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSchema, createYoga } from 'graphql-yoga';
import { pino } from 'pino';
import { anyDocument } from '../../src/http/request/find-document.ts';
import { createStreamHandler } from '../../src/http/stream/handler.ts';

/**
 * The measured process: `bare` writes prepared strings, `alone` is the GraphQL stream with each result executed
 * for its follower, `shared` the same with results shared among the followers of a run.
 */
const mode = process.argv[2];
/** The number of run events by which the slowest subscriber may be behind. */
const maxLag = 8;

interface RunEvent {
  seq: number;
  runId: number;
  at: number;
  type: 'TextDelta';
  text: string;
}

const makeEvent = (seq: number): RunEvent => ({
  seq,
  runId: 7,
  at: 1_700_000_000_000 + seq,
  type: 'TextDelta',
  text: 'a few tokens ',
});

const log: RunEvent[] = [];
/** The position of each subscriber in the log. */
const cursors = new Set<{ at: number }>();
let ring = deferred();
let publishing = false;

async function* follow() {
  const cursor = { at: log.length };
  cursors.add(cursor);
  try {
    for (;;) {
      while (cursor.at < log.length) {
        cursor.at += 1;
        yield log[cursor.at - 1];
      }
      await ring.promise;
    }
  } finally {
    cursors.delete(cursor);
  }
}

const typeDefs = /* GraphQL */ `
  interface RunEvent { seq: Int!, runId: ID!, at: String! }
  type TextDelta implements RunEvent { seq: Int!, runId: ID!, at: String!, text: String! }
  type RunCompleted implements RunEvent { seq: Int!, runId: ID!, at: String! }
  type Query { hello: String }
  type Subscription { runEvents(runId: ID!): RunEvent! }
`;

function createGateway() {
  const schema = createSchema({
    typeDefs,
    resolvers: {
      RunEvent: { __resolveType: ({ type }: RunEvent) => type },
      Subscription: { runEvents: { subscribe: follow, resolve: (event: unknown) => event } },
    },
  });
  const handle = createStreamHandler({
    yoga: createYoga({ schema, logging: false }),
    owner: () => ({ name: 'alice', watch: () => undefined }),
    isShareable: () => mode === 'shared',
    log: pino({ level: 'silent' }),
    maxBodyBytes: 1_000_000,
    findDocument: anyDocument,
    maxReservations: 10_000,
    maxStreamsPerOwner: 0,
    reservationTtlMs: 60_000,
    maxOperationsPerStream: 100,
    heartbeatMs: 60_000,
  });
  return createServer((incoming, outgoing) => void handle(incoming, outgoing, {}));
}

const responses = new Set<ServerResponse>();

function createBare() {
  return createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    response.write(':\n\n');
    responses.add(response);
    response.once('close', () => responses.delete(response));
  });
}

function publish(seq: number): void {
  const event = makeEvent(seq);
  if (mode === 'bare') {
    const data = {
      __typename: event.type,
      seq,
      runId: String(event.runId),
      at: String(event.at),
      text: event.text,
    };
    const frame = `event: next\ndata: ${JSON.stringify({ data: { runEvents: data } })}\n\n`;
    for (const response of responses) response.write(frame);
    return;
  }
  log.push(event);
  const { resolve } = ring;
  ring = deferred();
  resolve();
}

function isBehind(): boolean {
  for (const response of responses) if (response.writableNeedDrain) return true;
  for (const cursor of cursors) if (log.length - cursor.at > maxLag) return true;
  return false;
}

async function publishUntilStopped(): Promise<void> {
  for (let seq = 1; publishing; seq += 1) {
    publish(seq);
    do await new Promise(setImmediate);
    while (isBehind() && publishing);
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

const server = mode === 'bare' ? createBare() : createGateway();
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('message', (command) => {
  if (command === 'publish') {
    publishing = true;
    void publishUntilStopped();
  }
  if (command === 'stop') publishing = false;
  if (command === 'cpu') {
    const { user, system } = process.cpuUsage();
    process.send?.({ micros: user + system, rss: process.memoryUsage().rss });
  }
});
process.on('disconnect', () => process.exit());
