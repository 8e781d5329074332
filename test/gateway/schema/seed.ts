import type { Prisma } from '../../../src/generated/prisma/client.ts';
import type { Database } from '../../../src/storage/database.ts';

export interface SeedOptions {
  sessions: number;
  userId?: string;
  /** Answered prompts in each session. Each makes two messages and a run. */
  turns?: number;
  /** Tool calls in each answer. */
  toolCalls?: number;
  /** How many models each session has used. */
  models?: number;
  /** The nodes that are attached to each session. */
  agentNodeIds?: number[];
}

const batch = 1_000;

export function globalId(type: 'Session' | 'Message' | 'Run', id: number): string {
  return Buffer.from(`${type}:${id}`).toString('base64');
}

/** Creates the rows of finished runs. Returns the ids of the sessions. */
export async function seed(database: Database, options: SeedOptions): Promise<number[]> {
  const { sessions, userId = 'alice', turns = 0, toolCalls = 0, models = 0, agentNodeIds = [] } = options;
  const ids: number[] = [];
  for (let index = 0; index < sessions; index += 1) {
    const { id } = await database.session.create({ data: { userId, title: `Chat ${index}` } });
    ids.push(id);
    for (let done = 0; done < turns; done += batch) {
      await seedTurns(database, id, Math.min(batch, turns - done), toolCalls);
    }
    const modelUsage = range(models).map((model) => ({
      sessionId: id,
      providerName: 'demo',
      modelName: `demo-${model}`,
      inputTokens: 10,
    }));
    await database.modelUsage.createMany({ data: modelUsage });
    const nodes = agentNodeIds.map((agentNodeId) => ({ sessionId: id, agentNodeId }));
    await database.sessionNode.createMany({ data: nodes });
  }
  return ids;
}

/** Creates nodes that have connected before. Returns their ids. */
export async function seedNodes(database: Database, nodes: number): Promise<number[]> {
  const first = await database.agentNode.count();
  const created = await database.agentNode.createManyAndReturn({
    data: range(nodes).map((index) => ({
      nodeId: `seeded-${first + index}`,
      userId: 'alice',
      displayName: `Node ${index}`,
      capabilities: ['run_command', 'read_file'],
    })),
    select: { id: true },
  });
  return created.map(({ id }) => id);
}

/** Creates a cancelled run with no log, only rows. Returns its id. */
export async function seedCancelledRun(database: Database, toolCalls: number): Promise<string> {
  const [sessionId = 0] = await seed(database, { sessions: 1, turns: 1, toolCalls });
  const { id } = await database.run.findFirstOrThrow({ where: { sessionId } });
  await database.run.update({ where: { id }, data: { status: 'CANCELLED', finishedAt: new Date() } });
  return globalId('Run', id);
}

/** Creates many messages in one statement, which is faster than one by one. */
export async function seedMessages(database: Database, sessionId: number, messages: number): Promise<void> {
  await database.$executeRaw`
    INSERT INTO "Message" ("sessionId", "role", "status", "content", "createdAt")
    WITH RECURSIVE counter(number) AS (
      SELECT 1 UNION ALL SELECT number + 1 FROM counter WHERE number < ${messages}
    )
    SELECT ${sessionId}, 'USER', 'COMPLETE', 'Message ' || number, '2026-01-31T12:00:00.000+00:00' FROM counter`;
}

/** Creates many sessions. Every ten of them have the same last activity, a second after the ten before. */
export async function seedManySessions(database: Database, userId: string, sessions: number): Promise<void> {
  await database.session.createMany({
    data: range(sessions).map((index) => ({
      userId,
      title: `Chat ${index + 1}`,
      lastActivityAt: new Date((1_700_000_000 + Math.floor((index + 1) / 10)) * 1_000),
    })),
  });
}

async function seedTurns(database: Database, sessionId: number, turns: number, toolCalls: number) {
  const messages = await database.message.createManyAndReturn({
    data: range(turns).flatMap((turn): Prisma.MessageCreateManyInput[] => [
      { sessionId, role: 'USER', status: 'COMPLETE', content: `Question ${turn}` },
      { sessionId, role: 'ASSISTANT', status: 'COMPLETE', content: `Answer ${turn}` },
    ]),
    select: { id: true },
  });
  const answers = range(turns).map((turn) => ({
    userMessageId: messages[turn * 2]?.id ?? null,
    assistantMessageId: messages[turn * 2 + 1]?.id ?? null,
  }));
  const model = { providerName: 'demo', modelName: 'demo-1' };
  await database.run.createMany({
    data: answers.map((answer) => ({
      ...answer,
      ...model,
      sessionId,
      status: 'COMPLETED' as const,
      lastSeq: 1,
    })),
  });
  await database.toolCall.createMany({
    data: answers.flatMap(({ assistantMessageId }) =>
      range(toolCalls).map((call) => ({
        messageId: assistantMessageId ?? 0,
        callId: `call-${call}`,
        name: 'echo',
        args: {},
        status: 'SUCCEEDED' as const,
        step: call,
        textOffset: 0,
      })),
    ),
  });
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}
