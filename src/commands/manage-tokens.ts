import { escapeControls } from '../base/cut-text.ts';
import { readConfig } from '../config/config.ts';
import { StartupError } from '../config/startup-error.ts';
import type { ApiToken } from '../generated/prisma/client.ts';
import { ApiTokens } from '../identity/api-tokens.ts';
import { createLog } from '../log.ts';
import { openDatabase } from '../storage/open/open-database.ts';
import { type CommandReport, table, toMinute } from './report.ts';

export type TokenAction =
  | { type: 'create'; userId: string; isAdmin: boolean; name: string | null; lifetimeMs: number | null }
  | { type: 'list' }
  | { type: 'revoke'; id: number };

/**
 * Creates, lists or revokes tokens in the database that the environment names. The gateway may be running.
 *
 * @throws StartupError if the database cannot be opened, or if there is no such token.
 */
export async function manageTokens(action: TokenAction): Promise<CommandReport> {
  const { database, log: logOptions } = readConfig();
  const log = createLog({ ...logOptions, level: 'silent' });
  await using opened = await openDatabase(database, log);
  const tokens = new ApiTokens({ database: opened.db, statements: opened.statements, log });
  if (action.type === 'create') return await create(tokens, action);
  if (action.type === 'revoke') return await revoke(tokens, action.id);
  const rows = await tokens.list();
  return rows.length === 0 ? { note: 'There are no tokens.' } : { output: table(head, rows.map(cells)) };
}

const head = ['ID', 'USER', 'ADMIN', 'STATE', 'CREATED', 'LAST USED', 'NAME'];

async function create(
  tokens: ApiTokens,
  { userId, isAdmin, name, lifetimeMs }: Extract<TokenAction, { type: 'create' }>,
): Promise<CommandReport> {
  const expiresAt = lifetimeMs === null ? null : new Date(Date.now() + lifetimeMs);
  const { token, row } = await tokens.create({ userId, isAdmin, name, expiresAt });
  const until = expiresAt ? `until ${expiresAt.toISOString()}` : 'until it is revoked';
  const owner = `${isAdmin ? 'the admin' : 'the user'} ${userId}`;
  return { output: token, note: `Token ${row.id} of ${owner}, valid ${until}. The token is shown only now.` };
}

async function revoke(tokens: ApiTokens, id: number): Promise<CommandReport> {
  if (!(await tokens.revoke(id))) throw new StartupError(`There is no token ${id}.`);
  return { note: `Token ${id} is revoked.` };
}

function cells({ id, userId, isAdmin, createdAt, lastUsedAt, name, ...ends }: ApiToken): string[] {
  const used = lastUsedAt ? toMinute(lastUsedAt) : 'never';
  const [admin, state] = [isAdmin ? 'yes' : 'no', stateOf(ends)];
  // Earlier versions allowed control characters in names, which could forge a row.
  return [
    String(id),
    escapeControls(userId),
    admin,
    state,
    toMinute(createdAt),
    used,
    escapeControls(name ?? ''),
  ];
}

function stateOf({ expiresAt, revokedAt }: Pick<ApiToken, 'expiresAt' | 'revokedAt'>): string {
  if (revokedAt) return 'revoked';
  if (!expiresAt) return 'valid';
  return expiresAt <= new Date() ? 'expired' : `valid until ${toMinute(expiresAt)}`;
}
