import type { JWTPayload } from 'jose';
import { type GatewayError, refusal } from '../errors.ts';
import type { Database } from '../storage/database.ts';
import { readSharedSecret } from '../storage/shared-secret.ts';
import type { ApiTokens } from './api-tokens.ts';
import { unauthenticated } from './unauthenticated.ts';
import { anonymous, type Viewer } from './viewer.ts';

/** The permission to follow one run, and nothing else. */
export interface StreamTicket {
  /** The database id of the run. */
  readonly runId: number;
  /** The user for whom the ticket was made, with the rights and the expiry of the token that made it. */
  readonly viewer: Viewer;
}

/** A ticket as its client gets it. */
export interface NewStreamTicket {
  ticket: string;
  /** Until then the ticket opens streams. */
  expiresAt: Date;
}

export interface StreamTicketsOptions {
  database: Database;
  tokens: ApiTokens;
  /** Milliseconds for which a ticket opens streams. */
  ttlMs: number;
  /** Whether the gateway asks for no token (`AUTH=none`). A ticket is not valid after that setting has changed. */
  isOpen: boolean;
}

/** The part of a JWT that is the gateway's own. Times are in milliseconds. */
interface Claims extends JWTPayload {
  run?: number;
  admin?: boolean;
  apiTokenId?: number | null;
  tokenExpiresAt?: number | null;
}

/**
 * Makes and checks stream tickets. A browser's EventSource can send no header, so it sends a ticket in its URL, where the
 * token of the user must never be: URLs are logged and remembered.
 *
 * A ticket is a JWT that is signed with a key of the database. Nothing is stored for it.
 */
export class StreamTickets {
  readonly #options: StreamTicketsOptions;
  #key: Promise<Uint8Array> | undefined;

  constructor(options: StreamTicketsOptions) {
    this.#options = options;
  }

  async create(runId: number, viewer: Viewer): Promise<NewStreamTicket> {
    // Loading jose takes time, and many gateways make no ticket.
    const { SignJWT } = await import('jose');
    const latest = Date.now() + this.#options.ttlMs;
    const expiresAt = new Date(Math.min(latest, viewer.expiresAt?.getTime() ?? latest));
    const claims: Claims = {
      run: runId,
      admin: viewer.isAdmin,
      apiTokenId: viewer.apiTokenId,
      tokenExpiresAt: viewer.expiresAt?.getTime() ?? null,
    };
    const ticket = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(viewer.userId)
      .setAudience(this.#audience)
      .setExpirationTime(Math.ceil(expiresAt.getTime() / 1_000))
      .sign(await this.#readKey());
    return { ticket, expiresAt };
  }

  /**
   * Checks a ticket, and that the token that made it is still valid.
   *
   * @throws GatewayError UNAUTHENTICATED that says why the ticket opens nothing.
   */
  async check(ticket: string): Promise<StreamTicket> {
    const { jwtVerify, errors } = await import('jose');
    const options = {
      algorithms: ['HS256'],
      audience: this.#audience,
      requiredClaims: ['sub', 'exp', 'run'],
    };
    const key = await this.#readKey();
    const { payload } = await jwtVerify<Claims>(ticket, key, options).catch((error: unknown) => {
      if (error instanceof errors.JWTExpired) throw unauthenticated(ticketExpired);
      if (error instanceof errors.JOSEError) throw unauthenticated(unknownTicket);
      throw error;
    });
    return { runId: payload.run ?? 0, viewer: await this.#viewerOf(payload) };
  }

  get #audience(): string {
    return this.#options.isOpen ? 'stream of an open gateway' : 'stream';
  }

  async #viewerOf({ sub = '', admin, apiTokenId = null, tokenExpiresAt }: Claims): Promise<Viewer> {
    if (this.#options.isOpen) return anonymous;
    if (apiTokenId !== null) return this.#options.tokens.authenticateById(apiTokenId);
    const expiresAt = typeof tokenExpiresAt === 'number' ? new Date(tokenExpiresAt) : null;
    return { userId: sub, isAdmin: admin === true, expiresAt, apiTokenId };
  }

  #readKey(): Promise<Uint8Array> {
    this.#key ??= readSharedSecret(this.#options.database, 'stream tickets').catch((error: unknown) => {
      this.#key = undefined;
      throw error;
    });
    return this.#key;
  }
}

const ticketExpired = 'The stream ticket has expired. Create a new one, and resume with `lastEventId`.';
const unknownTicket = 'The stream ticket does not come from this gateway, or was changed.';

/** The error for whatever a ticket does not open. */
export function beyondTicket(): GatewayError {
  return refusal('FORBIDDEN', 'A stream ticket opens the stream of its run, and nothing else.');
}
