import { z } from 'zod';
import { escapeControls } from '../base/cut-text.ts';
import { isLoopback } from '../base/loopback.ts';
import { urlHost } from '../base/url-host.ts';
import { createMemoryBus } from '../bus/memory/memory-bus.ts';
import { operator } from '../changes/audit.ts';
import { ChangeLog } from '../changes/change-log.ts';
import { type Config, readConfig } from '../config/config.ts';
import { StartupError } from '../config/startup-error.ts';
import { GatewayError } from '../errors.ts';
import type { AgentNode } from '../generated/prisma/client.ts';
import { userIdText } from '../identity/user-id.ts';
import { anonymous } from '../identity/viewer.ts';
import { Quotas } from '../limits/quotas.ts';
import { createLog } from '../log.ts';
import { NodeChanges } from '../nodes/node-changes.ts';
import { nodeIdText } from '../nodes/node-id.ts';
import { Nodes } from '../nodes/nodes.ts';
import type { OpenDatabase } from '../storage/database.ts';
import { openDatabase } from '../storage/open/open-database.ts';
import { storedByUser } from '../storage/stored-bytes.ts';
import { checkArgument, nameText } from './check-argument.ts';
import { type CommandReport, table, toMinute } from './report.ts';

export type NodeAction =
  | { type: 'register'; nodeId: string; displayName: string | undefined; userId: string | undefined }
  | { type: 'rotate' | 'delete'; nodeId: string; userId: string | undefined }
  | { type: 'list' };

type Change = Exclude<NodeAction, { type: 'list' }>;

/**
 * Registers a node in the database that the environment names, gives one a new token, deletes one, or lists them. The
 * gateway may be running: it disconnects the agent of a node that was changed within seconds.
 *
 * @throws StartupError if an argument is wrong, the name is taken or unknown, or the database cannot be opened.
 */
export async function manageNodes(action: NodeAction): Promise<CommandReport> {
  const config = readConfig();
  if (action.type !== 'list') checkNames(action, config);
  const log = createLog({ ...config.log, level: 'silent' });
  await using opened = await openDatabase(config.database, log);
  if (action.type !== 'list') return await change(opened, action, config);
  const rows = await opened.db.agentNode.findMany({ orderBy: { id: 'asc' } });
  return rows.length === 0 ? { note: 'There are no nodes.' } : { output: table(head, rows.map(cells)) };
}

const head = ['NODE', 'USER', 'STATE', 'LAST SEEN', 'NAME'];

const displayNameText = nameText.refine((text) => text.trim() !== '', 'expected some text');

function checkNames(action: Change, { auth }: Config): void {
  const { nodeId, userId } = action;
  checkArgument('<nodeId>', nodeIdText, nodeId);
  if (action.type === 'register') checkArgument('--name', displayNameText.optional(), action.displayName);
  if (auth === undefined)
    checkArgument('--user', z.undefined('expected nothing: with AUTH=none there is one user'), userId);
  else if (userId === undefined)
    throw new StartupError('--user: expected the user that the node belongs to.');
  else checkArgument('--user', userIdText, userId);
}

async function change(
  { db: database, statements }: OpenDatabase,
  action: Change,
  config: Config,
): Promise<CommandReport> {
  const { nodeId, userId = anonymous.userId } = action;
  const nodes = new Nodes({
    database,
    quotas: new Quotas({
      limits: config.quotas,
      read: (user) => storedByUser(database, user),
      diskShare: async () => undefined,
    }),
    // A gateway that is running notices by itself: see `Registry`.
    disconnect: () => undefined,
    changes: new NodeChanges({
      statements,
      changes: new ChangeLog({ dialect: statements.dialect, bus: createMemoryBus() }),
    }),
  });
  const asker = { userId, isAdmin: true, isAnonymous: config.auth === undefined };
  const name = { nodeId, userId: action.userId };
  try {
    if (action.type === 'register') {
      const { token } = await nodes.register({ ...name, displayName: action.displayName }, asker, operator);
      return { output: token, note: noteOf(nodeId, userId, config) };
    }
    const node = await nodes.find(name, asker);
    const owned = `Node ${nodeId} of the user ${escapeControls(node.userId)}`;
    if (action.type === 'rotate') {
      const { token } = await nodes.rotateToken(node, operator);
      return { output: token, note: `${owned} has a new token, shown only now. ${leaves}` };
    }
    await nodes.delete(node, operator);
    return { note: `${owned} is deleted. ${leaves}` };
  } catch (error) {
    if (error instanceof GatewayError) throw new StartupError(error.message, { cause: error });
    throw error;
  }
}

const leaves = 'A running gateway disconnects its agent within seconds.';

function noteOf(nodeId: string, userId: string, { http }: Config): string {
  const host =
    isLoopback(http.host) || http.host === '0.0.0.0' || http.host === '::' ? 'localhost' : http.host;
  return [
    `Node ${nodeId} of the user ${userId} is registered. Its token is shown only now. Start its agent with it:`,
    `  SWITCHYARD_TOKEN=swn_… switchyard agent --gateway http://${urlHost(host)}:${http.port} --workspace .`,
  ].join('\n');
}

function cells({ nodeId, userId, isActive, tokenHash, lastSeenAt, displayName }: AgentNode): string[] {
  const state = isActive ? 'active' : 'switched off';
  return [
    escapeControls(nodeId),
    escapeControls(userId),
    tokenHash === null ? 'not registered' : state,
    lastSeenAt ? toMinute(lastSeenAt) : 'never',
    escapeControls(displayName),
  ];
}
