import type { Logger } from 'pino';
import { hashToken, mintToken } from '../base/secret-token.ts';
import type { ApiToken } from '../generated/prisma/client.ts';
import type { Database } from '../storage/database.ts';
import { expired, unauthenticated } from './unauthenticated.ts';
import { anonymous, type Viewer } from './viewer.ts';

/** What every API token begins with. */
export const apiTokenPrefix = 'swu_';

/** How old `lastUsedAt` may be of a token that is in use, so that reading does not mean writing. */
const lastUsedEveryMs = 60_000;

export interface NewApiToken {
  userId: string;
  isAdmin: boolean;
  name: string | null;
  expiresAt: Date | null;
}

/** The tokens that users are known by, for as long as they are neither revoked nor expired. */
export class ApiTokens {
  readonly #database: Database;
  readonly #log: Logger;

  constructor(database: Database, log: Logger) {
    this.#database = database;
    this.#log = log;
  }

  /** A new token, with what is kept of it. */
  async create(data: NewApiToken): Promise<{ token: string; row: ApiToken }> {
    const { token, tokenHash } = mintToken(apiTokenPrefix);
    return { token, row: await this.#database.apiToken.create({ data: { ...data, tokenHash } }) };
  }

  /** All there ever were, oldest first. */
  list(): Promise<ApiToken[]> {
    return this.#database.apiToken.findMany({ orderBy: { id: 'asc' } });
  }

  /** False where there is no such token. Revoking twice does no harm. */
  async revoke(id: number): Promise<boolean> {
    const where = { id, revokedAt: null };
    await this.#database.apiToken.updateMany({ where, data: { revokedAt: new Date() } });
    return (await this.#database.apiToken.count({ where: { id } })) > 0;
  }

  /** @throws GatewayError UNAUTHENTICATED where nobody is known by this token any more. */
  async authenticate(token: string): Promise<Viewer> {
    const row = await this.#database.apiToken.findUnique({ where: { tokenHash: hashToken(token) } });
    if (row === null) throw unauthenticated('The token is unknown.');
    if (row.revokedAt !== null) throw unauthenticated(revoked);
    if (row.expiresAt !== null && row.expiresAt <= new Date()) throw unauthenticated(expired);
    // Made by an earlier version: see `userIdText`.
    if (row.userId === anonymous.userId) throw unauthenticated(ofNobody);
    await this.#noteUse(row);
    const { id, userId, isAdmin, expiresAt } = row;
    return { userId, isAdmin, expiresAt, apiTokenId: id };
  }

  /** Those that are there and not revoked. */
  async findUnrevoked(ids: number[]): Promise<number[]> {
    const where = { id: { in: ids }, revokedAt: null };
    const rows = await this.#database.apiToken.findMany({ where, select: { id: true } });
    return rows.map(({ id }) => id);
  }

  /** A disk that is full keeps nobody out. */
  async #noteUse({ id, lastUsedAt }: ApiToken): Promise<void> {
    const now = new Date();
    if (lastUsedAt !== null && now.getTime() - lastUsedAt.getTime() < lastUsedEveryMs) return;
    try {
      await this.#database.apiToken.updateMany({ where: { id, lastUsedAt }, data: { lastUsedAt: now } });
    } catch (error) {
      this.#log.warn({ err: error, apiTokenId: id }, 'the use of a token could not be noted');
    }
  }
}

const ofNobody = `The token is for ${anonymous.userId}, which nobody can be who is asked for a token.`;

export const revoked = 'The token was revoked.';
