import type { z } from 'zod';
import { wellFormedLine } from '../base/well-formed-text.ts';
import { readConfig } from '../config/config.ts';
import { StartupError } from '../config/startup-error.ts';
import type { ApiToken } from '../generated/prisma/client.ts';
import { ApiTokens } from '../identity/api-tokens.ts';
import { userIdText } from '../identity/user-id.ts';
import { createLog } from '../log.ts';
import { openDatabase } from '../storage/open-database.ts';

const nameText = wellFormedLine.max(200, 'expected at most 200 characters');

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
  check('--user', userIdText, userId);
  if (name !== null) check('--name', nameText, name);
  const expiresAt = lifetimeMs === null ? null : new Date(Date.now() + lifetimeMs);
  const { token, row } = await tokens.create({ userId, isAdmin, name, expiresAt });
  const until = expiresAt ? `until ${expiresAt.toISOString()}` : 'until it is revoked';
  const whose = `${isAdmin ? 'the admin' : 'the user'} ${userId}`;
  return { output: token, remark: `Token ${row.id} of ${whose}, good ${until}. It is shown only now.` };
}

function check(option: string, text: z.ZodType, value: string): void {
  const { error } = text.safeParse(value);
  if (error) throw new StartupError(`${option}: ${error.issues[0]?.message}.`);
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
  const [admin, state] = [isAdmin ? 'yes' : 'no', stateOf(ends)];
  return [String(id), printable(userId), admin, state, toMinute(createdAt), used, printable(name ?? '')];
}

/** What earlier versions took for names forges no row, and does nothing to a terminal. */
function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
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
