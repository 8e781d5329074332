import type { Logger } from 'pino';
import { hashToken, mintToken } from '../base/secret-token.ts';
import { type Actor, type Deed, noteDeedsWithin, operator } from '../changes/audit.ts';
import type { ApiToken } from '../generated/prisma/client.ts';
import type { Database } from '../storage/database.ts';
import { apiTokenByHash } from '../storage/statements/api-tokens.ts';
import type { Statements } from '../storage/statements/statement.ts';
import { expired, unauthenticated } from './unauthenticated.ts';
import { anonymous, type Viewer } from './viewer.ts';

/** The beginning of every API token. */
export const apiTokenPrefix = 'swu_';

/** `lastUsedAt` is written at most once in so many milliseconds, because every request would write otherwise. */
const lastUsedEveryMs = 60_000;

export interface NewApiToken {
  userId: string;
  isAdmin: boolean;
  name: string | null;
  expiresAt: Date | null;
}

export interface ApiTokensOptions {
  database: Database;
  statements: Statements;
  log: Logger;
}

/** The API tokens of users, in the database. */
export class ApiTokens {
  readonly #database: Database;
  readonly #statements: Statements;
  readonly #log: Logger;

  constructor({ database, statements, log }: ApiTokensOptions) {
    this.#database = database;
    this.#statements = statements;
    this.#log = log;
  }

  /** Returns the new token with its row. The row holds only a hash of the token. */
  async create(data: NewApiToken, actor: Actor = operator): Promise<{ token: string; row: ApiToken }> {
    const { token, tokenHash } = mintToken(apiTokenPrefix);
    const row = await this.#database.$transaction(async (tx) => {
      const created = await tx.apiToken.create({ data: { ...data, tokenHash } });
      const detail = [data.isAdmin ? 'of an admin' : 'of a user', data.name].filter(Boolean).join(': ');
      await noteDeedsWithin(tx, actor, [{ ...deedOf('TOKEN_CREATED', created), detail }]);
      return created;
    });
    return { token, row };
  }

  /** Lists all tokens, also revoked and expired ones, oldest first. */
  list(): Promise<ApiToken[]> {
    return this.#database.apiToken.findMany({ orderBy: { id: 'asc' } });
  }

  /** Returns undefined if there is no such token. Revoking a token again changes nothing. */
  async revoke(id: number, actor: Actor = operator): Promise<ApiToken | undefined> {
    return this.#database.$transaction(async (tx) => {
      const where = { id, revokedAt: null };
      const [revoked] = await tx.apiToken.updateManyAndReturn({ where, data: { revokedAt: new Date() } });
      if (revoked) await noteDeedsWithin(tx, actor, [deedOf('TOKEN_REVOKED', revoked)]);
      return revoked ?? (await tx.apiToken.findUnique({ where: { id } })) ?? undefined;
    });
  }

  /** @throws GatewayError UNAUTHENTICATED if the token is unknown, revoked or expired. */
  async authenticate(token: string): Promise<Viewer> {
    return this.#viewerOf(await this.#statements.get(apiTokenByHash, [hashToken(token)]));
  }

  /**
   * The viewer of a token that was checked before, for what the token has made since.
   *
   * @throws GatewayError as `authenticate` does.
   */
  async authenticateById(id: number): Promise<Viewer> {
    return this.#viewerOf(await this.#database.apiToken.findUnique({ where: { id } }));
  }

  async #viewerOf(row: ApiToken | null | undefined): Promise<Viewer> {
    if (!row) throw unauthenticated('The token is unknown.');
    if (row.revokedAt !== null) throw unauthenticated(revoked);
    if (row.expiresAt !== null && row.expiresAt <= new Date()) throw unauthenticated(expired);
    // Earlier versions created such tokens. `userIdText` refuses that name now.
    if (row.userId === anonymous.userId) throw unauthenticated(forAnonymous);
    await this.#noteUse(row);
    const { id, userId, isAdmin, expiresAt } = row;
    return { userId, isAdmin, expiresAt, apiTokenId: id };
  }

  /** Returns those of the ids whose token exists and is not revoked. */
  async findUnrevoked(ids: number[]): Promise<number[]> {
    const where = { id: { in: ids }, revokedAt: null };
    const rows = await this.#database.apiToken.findMany({ where, select: { id: true } });
    return rows.map(({ id }) => id);
  }

  /** A failure is only logged: a full disk must not lock users out. */
  async #noteUse({ id, lastUsedAt }: ApiToken): Promise<void> {
    const now = new Date();
    if (lastUsedAt !== null && now.getTime() - lastUsedAt.getTime() < lastUsedEveryMs) return;
    try {
      await this.#database.apiToken.updateMany({ where: { id, lastUsedAt }, data: { lastUsedAt: now } });
    } catch (error) {
      this.#log.warn(
        { err: error, apiTokenId: id },
        'the time at which a token was used could not be stored',
      );
    }
  }
}

function deedOf(action: 'TOKEN_CREATED' | 'TOKEN_REVOKED', { id, userId }: ApiToken): Deed {
  return { action, ownerId: userId, subject: `ApiToken:${id}` };
}

const forAnonymous = `The token is for the user ${anonymous.userId}, who exists only with AUTH=none.`;

export const revoked = 'The token was revoked.';
