import { expect, test } from 'vitest';
import { createRandom } from '../support/files/random.ts';
import { openMigratedFolder } from '../support/gateway/migrated-folder.ts';
import { type GatewayProcess, startGatewayProcess } from '../support/process/gateway-process.ts';

/** The first kill meets a fresh database, the second the runs that the first has left, the third those of both. */
const rounds = 3;
const sessionCount = 4;

const sessionDocument = `query ($id: ID!) {
  session(id: $id) {
    activeRun { id }
    messages(first: 1000) { edges { node { role content status run { status error { code } } } } }
  }
}`;

interface StoredMessage {
  role: 'USER' | 'ASSISTANT';
  content: string;
  status: string;
  run: { status: string; error: { code: string } | null };
}

async function messagesOf(gateway: GatewayProcess, id: string): Promise<StoredMessage[]> {
  const { session } = await gateway.query(sessionDocument, { id });
  return session.messages.edges.map(({ node }: { node: StoredMessage }) => node);
}

/** Sends prompts to all sessions at once. Kills the gateway when it has acknowledged `kill` prompts. */
async function sendUntilKilled(gateway: GatewayProcess, sessionIds: string[], round: number, kill: number) {
  const acknowledged = new Map(sessionIds.map((id) => [id, [] as string[]]));
  let left = kill;
  const sendOn = async (sessionId: string) => {
    for (let number = 0; left > 0; number += 1) {
      const prompt = `Prompt ${number} of round ${round}: write 40 words.`;
      await gateway.send({ sessionId, prompt, onBusy: 'ENQUEUE' });
      acknowledged.get(sessionId)?.push(prompt);
      left -= 1;
      if (left === 0) gateway.kill('SIGKILL');
    }
  };
  await Promise.allSettled(sessionIds.map(sendOn));
  await gateway.exited;
  return acknowledged;
}

test('every acknowledged prompt survives a kill at any moment, and every run ends', {
  timeout: 180_000,
}, async () => {
  await using folder = await openMigratedFolder();
  const settings = {
    DATA_DIR: folder.path,
    DEMO_DELAY_MS: '1',
    CHECKPOINT_MS: '5',
    MAX_QUEUED_RUNS: '1000',
    MAX_PAGE_SIZE: '1000',
  };
  const random = createRandom(2);
  const acknowledged = new Map<string, string[]>();
  for (let round = 1; round <= rounds; round += 1) {
    await using gateway = await startGatewayProcess(settings);
    if (round === 1) {
      for (let number = 0; number < sessionCount; number += 1)
        acknowledged.set(await gateway.createSession(), []);
    }
    const moment = 1 + Math.floor(random() * 30);
    const sent = await sendUntilKilled(gateway, [...acknowledged.keys()], round, moment);
    for (const [id, prompts] of sent) acknowledged.get(id)?.push(...prompts);
  }

  await using gateway = await startGatewayProcess({ ...settings, DEMO_DELAY_MS: '0' });
  for (const [id, prompts] of acknowledged) {
    const live = async () =>
      (await messagesOf(gateway, id)).filter(({ run }) => ['RUNNING', 'QUEUED'].includes(run.status));
    await expect.poll(live, { timeout: 30_000 }).toEqual([]);
    const messages = await messagesOf(gateway, id);
    const stored = messages.filter(({ role }) => role === 'USER').map(({ content }) => content);
    expect(stored.filter((prompt) => prompts.includes(prompt))).toEqual(prompts);
    const interrupted = messages.filter(({ role, status }) => role === 'ASSISTANT' && status !== 'COMPLETE');
    expect(interrupted.length).toBeLessThanOrEqual(rounds);
    for (const { status, run } of interrupted) {
      expect([status, run.status, run.error?.code]).toEqual(['INTERRUPTED', 'FAILED', 'INTERRUPTED']);
    }
  }
});
