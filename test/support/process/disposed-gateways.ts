import { join } from 'node:path';
import { chat, collect } from '../gateway/chat.ts';
import { startTestGateway } from '../gateway/gateway.ts';

// A script: starts two gateways in the given folder, chats with one, watches a session of the other, and disposes both.
// Prints the last run event and the resources that are still open.

const [, , folder = ''] = process.argv;
const alices = await startTestGateway({ dataDir: join(folder, 'alice') });
const bobs = await startTestGateway({ dataDir: join(folder, 'bob') });
const watched = await bobs.createSession();
const watching = new Promise<void>((resolve) => {
  bobs.client().subscribe(
    {
      query: 'subscription ($id: ID!) { sessionEvents(sessionId: $id) { __typename } }',
      variables: { id: watched },
    },
    { next: () => {}, error: () => resolve(), complete: resolve },
  );
});
const sessionId = await alices.createSession();
const seen = await collect(chat(alices.client(), { sessionId, prompt: 'Hello' }));
await Promise.all([alices, bobs].map((gateway) => gateway[Symbol.asyncDispose]()));
await watching;
const lastEvent = seen.at(-1)?.__typename;
process.stdout.write(JSON.stringify({ lastEvent, openResources: process.getActiveResourcesInfo() }));
