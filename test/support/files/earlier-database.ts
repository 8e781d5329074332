import Sqlite from 'better-sqlite3';
import { readMigrations } from '../../../src/storage/migrations/migrations.ts';
import { migrate } from '../../../src/storage/sqlite/migrate-sqlite.ts';

/**
 * A row for each table, parents first, with all columns that some version of the schema demands. A new table needs a
 * row here as soon as a migration follows the one that creates it.
 */
const rows: Record<string, Record<string, unknown>> = {
  Session: { id: 1, userId: 'alice', title: 'Žluťoučký 🐎', createdAt: 1, updatedAt: 2 },
  Message: { id: 1, sessionId: 1, role: 'USER', status: 'COMPLETE', content: 'é 🐎', createdAt: 3 },
  MessageAudio: { messageId: 1, sha256: 'a'.repeat(64), mimeType: 'audio/wav', size: 7, uploadedAt: 4 },
  ReleasedBlob: { sha256: 'b'.repeat(64) },
  MessageLine: {
    firstId: 1,
    sessionId: 1,
    ...{ parentId: 0, parentLineId: 0, rootLineId: 1, level: 1, jumpId: 0, messagesBefore: 0 },
  },
  RemovedMessages: { sessionId: 1, firstId: 1, lastId: 1 },
  AnswerStep: { messageId: 1, step: 1, providerName: 'demo', modelName: 'demo-1', parts: '[]' },
  ContextSummary: {
    throughId: 1,
    sessionId: 1,
    ...{
      text: 'é 🐎',
      tokenCount: 3,
      coveredMessages: 1,
      providerName: 'demo',
      modelName: 'demo-1',
      createdAt: 12,
    },
  },
  ToolCall: {
    id: 1,
    messageId: 1,
    callId: 'c1',
    name: 'run_command',
    args: '{}',
    status: 'SUCCEEDED',
    result: 'ok',
    step: 1,
    textOffset: 0,
  },
  Run: {
    id: 1,
    sessionId: 1,
    requestId: 'r1',
    status: 'COMPLETED',
    userMessageId: 1,
    providerName: 'demo',
    modelName: 'demo-1',
    lastSeq: 5,
    createdAt: 5,
  },
  ModelUsage: { sessionId: 1, providerName: 'demo', modelName: 'demo-1', inputTokens: 8 },
  DailyUsage: {
    userId: 'alice',
    day: '2026-03-31',
    ...{ featureName: 'default', providerName: 'demo', modelName: 'demo-1', runs: 1, inputTokens: 8 },
  },
  UserBudget: { userId: 'alice', perDay: '2.50', updatedAt: 13 },
  AuditEntry: {
    id: 1,
    at: 14,
    userId: 'alice',
    action: 'SESSION_DELETED',
    ownerId: 'alice',
    subject: 'Session:9',
  },
  AgentNode: {
    id: 1,
    nodeId: 'laptop',
    userId: 'alice',
    displayName: 'Laptop',
    capabilities: '[]',
    tokenHash: 'b',
    updatedAt: 6,
  },
  SessionNode: { sessionId: 1, agentNodeId: 1 },
  Attachment: {
    id: 1,
    sessionId: 1,
    messageId: 1,
    sha256: '9'.repeat(64),
    mimeType: 'image/png',
    size: 5,
    tokenCount: 3,
    uploadedAt: 11,
  },
  ToolGrant: {
    id: 1,
    sessionId: 1,
    toolName: 'run_command',
    argsHash: '',
    agentNodeId: 1,
    grantedBy: 'alice',
  },
  SessionOrigin: { sessionId: 1, origin: 'a:1:1', userId: 'alice' },
  ToolSet: { id: 1, sessionId: 1, hash: 'a', tools: '[]' },
  Workspace: { sessionId: 1, workspaceId: 'w1' },
  WorkspaceFile: { sessionId: 1, path: 'a', sha256: 'e'.repeat(64), modifiedAt: 10, revision: 1 },
  WorkspaceContent: { sessionId: 1, sha256: 'e'.repeat(64), blob: 'f'.repeat(64), offset: 16, size: 3 },
  WorkspaceConflict: { id: 1, sessionId: 1, path: 'a', keptPath: 'a (conflict)' },
  Secret: { name: 'tickets', value: 'd' },
  Gateway: { id: 'g1', startedAt: 7, leaseUntil: 8 },
  Change: { id: 1, sessionId: 1, userId: 'alice', kind: 'SessionUpdated', payload: '{}', at: 9 },
  ApiToken: { id: 1, tokenHash: 'c', userId: 'alice', name: 'laptop' },
};

/** Writes the database of an earlier version of the gateway, with a row in every table. */
export function createEarlierDatabase(file: string, lastMigration: string): void {
  const connection = new Sqlite(file);
  migrate(
    connection,
    readMigrations().filter(({ name }) => name <= lastMigration),
  );
  const tables = tablesOf(connection);
  for (const [table, row] of Object.entries(rows).filter(([name]) => tables.includes(name))) {
    const names = Object.keys(row);
    const columns = names.map((name) => `"${name}"`).join(', ');
    const insert = `INSERT INTO "${table}" (${columns}) VALUES (${names.map((name) => `@${name}`).join(', ')})`;
    connection.prepare(insert).run(row);
  }
  connection.close();
}

/**
 * All rows of the database, by table, without `storedBytes`, which a migration counts anew, and without the
 * tables that triggers fill from others.
 */
export function readAllRows(file: string): Record<string, Record<string, unknown>[]> {
  const connection = new Sqlite(file);
  const all = tablesOf(connection).map((table) => {
    const found = connection.prepare<[], Record<string, unknown>>(`SELECT * FROM "${table}"`).all();
    return [table, found.map(({ storedBytes: _, ...row }) => row)];
  });
  connection.close();
  return Object.fromEntries(all);
}

function tablesOf(connection: Sqlite.Database): string[] {
  return connection
    .prepare<[], string>(
      `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'SessionTitle%' AND name NOT LIKE 'MessageT%'
       AND name NOT IN ('_prisma_migrations', 'SessionTag')`,
    )
    .pluck()
    .all();
}
