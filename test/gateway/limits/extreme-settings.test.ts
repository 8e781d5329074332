import { expect, test } from 'vitest';
import { readConfig } from '../../../src/config/config.ts';
import { settings } from '../../../src/config/settings.ts';
import { chat, collect } from '../../support/gateway/chat.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';

/** The range of each setting that is a number, as the complaint about a wrong value names it. */
const ranges = settings.flatMap(({ name }) => {
  const [, least, most] = /from (\d+) to (\d+)/.exec(complaint({ [name]: '-' })) ?? [];
  return least === undefined || most === undefined || name === 'PORT' ? [] : [{ name, least, most }];
});

function complaint(env: Record<string, string>): string {
  try {
    readConfig(env);
    return '';
  } catch (error) {
    return String(error);
  }
}

/** Settings that refuse or cut requests when they are small. Each is tested alone, so that it hides no other fault. */
const refusing = ranges.filter(({ name }) =>
  /^MAX_(BODY|PROMPT|ANSWER|RESPONSE|QUERY|SUBSCRIPTION|LIST|CONNECTIONS)|(HEADER|BODY|RESPONSE|IDLE)_TIMEOUT_MS$/.test(
    name,
  ),
);
const others = ranges.filter((range) => !refusing.includes(range));

/** Creates a session, chats, lists the sessions over REST and stops. Returns how each step ended. */
async function live(settings: Record<string, string>) {
  const gateway = await startTestGateway({ settings });
  const steps = [await chatOnce(gateway), await listOverRest(gateway)];
  await gateway[Symbol.asyncDispose]();
  return steps;
}

async function chatOnce(gateway: TestGateway): Promise<string> {
  try {
    const { data, errors } = await gateway.graphql('mutation { createSession(input: {}) { id } }');
    // A request whose headers come too late is refused before its path is known, and so without a GraphQL error.
    if (!data) return `refused: ${errors?.[0]?.extensions?.['code'] ?? 'before it was read'}`;
    const prompt = { sessionId: data.createSession.id, prompt: 'Count to 3.' };
    const end = (await collect(chat(gateway.client(), prompt))).at(-1);
    return `${end?.__typename} ${end?.['code'] ?? ''}`.trim();
  } catch (error) {
    return `refused: ${String(error)} ${JSON.stringify(error)}`;
  }
}

async function listOverRest(gateway: TestGateway): Promise<string> {
  try {
    return String((await gateway.rest('/sessions/?user_id=anonymous')).status);
  } catch {
    return 'cut';
  }
}

test('with every setting at its largest value, a gateway starts, chats, lists and stops', async () => {
  const warnings: string[] = [];
  const warn = ({ name, message }: Error) => void warnings.push(`${name}: ${message}`);
  process.on('warning', warn);
  // With these two at their largest, the demo model and the stop would take weeks.
  const quick = { DEMO_DELAY_MS: '0', SHUTDOWN_GRACE_MS: '0' };
  const largest = Object.fromEntries(ranges.map(({ name, most }) => [name, most]));

  expect(await live({ ...largest, ...quick })).toEqual(['RunCompleted', '200']);
  process.off('warning', warn);
  expect(warnings.filter((line) => line.includes('Timeout'))).toEqual([]);
});

test('with the settings that refuse nothing at their least values, a gateway starts, chats, lists and stops', async () => {
  const least = Object.fromEntries(others.map(({ name, least }) => [name, least]));
  expect(await live(least)).toEqual(['RunCompleted', '200']);
});

test.each(refusing)(
  'with $name at $least, each request is answered or refused, and the gateway stops',
  async ({ name, least }) => {
    const [chatted, listed] = await live({ [name]: least });
    expect(chatted).not.toMatch(/INTERNAL|undefined/);
    expect(listed).not.toBe('500');
  },
);
