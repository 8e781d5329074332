import { readConfig } from './config.ts';
import type { ApiToken } from './generated/prisma/client.ts';
import { ApiTokens } from './identity/api-tokens.ts';
import { userIdText } from './identity/user-id.ts';
import { createLog } from './log.ts';
import { StartupError } from './startup-error.ts';
import { openDatabase } from './storage/open-database.ts';

/** What is to be done with API tokens. */
export type TokenOrder =
  | { do: 'create'; userId: string; isAdmin: boolean; name: string | null; lifetimeMs: number | null }
  | { do: 'list' }
  | { do: 'revoke'; id: number };

/** What is told: `output` is what was asked for, `remark` what to know about it. */
export interface TokenReport {
  output?: string;
  remark?: string;
}

/**
 * Carries out an order on the database of the gateway that the environment describes, whether it runs or not.
 *
 * @throws StartupError where the database cannot be opened, or the order makes no sense.
 */
export async function manageTokens(order: TokenOrder): Promise<TokenReport> {
  const { database, log: logOptions } = readConfig();
  const log = createLog({ ...logOptions, level: 'silent' });
  await using opened = await openDatabase({ url: database.url, log });
  const tokens = new ApiTokens(opened.db, log);
  if (order.do === 'create') return await create(tokens, order);
  if (order.do === 'revoke') return await revoke(tokens, order.id);
  const rows = await tokens.list();
  return rows.length === 0 ? { remark: 'There are no tokens.' } : { output: table(rows) };
}

async function create(
  tokens: ApiTokens,
  { userId, isAdmin, name, lifetimeMs }: Extract<TokenOrder, { do: 'create' }>,
): Promise<TokenReport> {
  const checked = userIdText.safeParse(userId);
  if (!checked.success) throw new StartupError(`--user: ${checked.error.issues[0]?.message}.`);
  const expiresAt = lifetimeMs === null ? null : new Date(Date.now() + lifetimeMs);
  const { token, row } = await tokens.create({ userId, isAdmin, name, expiresAt });
  const until = expiresAt ? `until ${expiresAt.toISOString()}` : 'until it is revoked';
  const whose = `${isAdmin ? 'the admin' : 'the user'} ${userId}`;
  return { output: token, remark: `Token ${row.id} of ${whose}, good ${until}. It is shown only now.` };
}

async function revoke(tokens: ApiTokens, id: number): Promise<TokenReport> {
  if (!(await tokens.revoke(id))) throw new StartupError(`There is no token ${id}.`);
  return { remark: `Token ${id} is revoked.` };
}

function table(rows: ApiToken[]): string {
  const head = ['ID', 'USER', 'ADMIN', 'STATE', 'CREATED', 'LAST USED', 'NAME'];
  const lines = [head, ...rows.map(cells)];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function cells({ id, userId, isAdmin, createdAt, lastUsedAt, name, ...ends }: ApiToken): string[] {
  const used = lastUsedAt ? toMinute(lastUsedAt) : 'never';
  return [String(id), userId, isAdmin ? 'yes' : 'no', stateOf(ends), toMinute(createdAt), used, name ?? ''];
}

function stateOf({ expiresAt, revokedAt }: Pick<ApiToken, 'expiresAt' | 'revokedAt'>): string {
  if (revokedAt) return 'revoked';
  if (!expiresAt) return 'good';
  return expiresAt <= new Date() ? 'expired' : `good until ${toMinute(expiresAt)}`;
}

/** In UTC. */
function toMinute(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace('T', ' ')}Z`;
}
