import { GatewayError } from '../errors.ts';

/** How much may be stored. 0: no limit. */
export interface QuotaLimits {
  maxSessionsPerUser: number;
  maxMessagesPerSession: number;
  maxNodesPerUser: number;
  /** Everything that sessions store: titles, system prompts, prompts, answers, tool calls and recordings; in bytes. */
  maxStoredBytesPerUser: number;
}

/** What a user has stored. */
export interface Stored {
  sessions: number;
  bytes: number;
}

/** Counts what is about to be stored. Disposing it uncounts that, unless it was kept. */
export interface Reservation extends Disposable {
  /** Call it when the things are stored. */
  keep(): void;
}

export interface QuotasOptions {
  limits: QuotaLimits;
  /** Reads from the database what a user has stored. */
  read: (userId: string) => Promise<Stored>;
  /**
   * How long what was read is counted along, in milliseconds: other gateways store things, too. What requests have
   * reserved meanwhile and not stored yet is forgotten then. Default: for ever.
   */
  rememberMs?: number;
  /** How many bytes each user may have stored while the disk is nearly full; undefined while there is room. */
  diskShare: () => Promise<number | undefined>;
}

/** How many users are remembered, so that the memory has a bound. */
const maxKnownUsers = 10_000;

const nothing: Reservation = { keep() {}, [Symbol.dispose]() {} };

/**
 * Limits what users store. The sessions and bytes of a user are read from the database once and then counted in memory,
 * so that a prompt costs no further statement. This is exact where only one gateway writes to the database. Where several
 * do, they read again and again, and together may let a little more through than the limit says.
 */
export class Quotas {
  readonly #limits: QuotaLimits;
  readonly #read: QuotasOptions['read'];
  readonly #diskShare: QuotasOptions['diskShare'];
  readonly #rememberMs: number;
  /** A promise while the database is read. */
  readonly #users = new Map<string, Stored | Promise<Stored>>();

  /** When the users above were read, by the clock of `performance.now()`. */
  readonly #readAt = new WeakMap<Stored, number>();

  constructor({ limits, read, diskShare, rememberMs = Number.POSITIVE_INFINITY }: QuotasOptions) {
    this.#rememberMs = rememberMs;
    this.#limits = limits;
    this.#read = read;
    this.#diskShare = diskShare;
  }

  /**
   * Counts sessions and bytes of a user before they are stored, so that concurrent requests cannot exceed a limit
   * together.
   *
   * @throws GatewayError QUOTA_EXCEEDED.
   */
  async reserve(userId: string, { sessions = 0, bytes = 0 }: Partial<Stored>): Promise<Reservation> {
    const { maxSessionsPerUser, maxStoredBytesPerUser } = this.#limits;
    const share = await this.#diskShare();
    if (maxSessionsPerUser === 0 && maxStoredBytesPerUser === 0 && share === undefined) return nothing;
    const stored = await this.#storedBy(userId);
    if (sessions > 0) {
      const message = `This user has ${stored.sessions} sessions, and at most ${maxSessionsPerUser} are allowed; delete some first.`;
      refuseAbove(stored.sessions + sessions, maxSessionsPerUser, 'MAX_SESSIONS_PER_USER', message);
    }
    if (bytes > 0) {
      const message = `This user has stored ${stored.bytes} bytes, and at most ${maxStoredBytesPerUser} are allowed; ${bytes} more do not fit. Delete some sessions first.`;
      refuseAbove(stored.bytes + bytes, maxStoredBytesPerUser, 'MAX_STORED_BYTES_PER_USER', message);
    }
    const isMore = sessions + bytes > 0;
    if (share !== undefined && isMore && stored.bytes + bytes > share) throw overShare(stored.bytes, share);
    stored.sessions += sessions;
    stored.bytes += bytes;
    let isHeld = true;
    const keep = () => {
      isHeld = false;
    };
    const uncount = () => {
      if (isHeld) subtract(stored, { sessions, bytes });
      isHeld = false;
    };
    return { keep, [Symbol.dispose]: uncount };
  }

  /** Counts bytes that were stored without a reservation, because they must be stored: an answer, a tool's result. */
  add(userId: string, bytes: number): void {
    this.release(userId, { bytes: -bytes });
  }

  /** Uncounts what was deleted from the database. Call it after the transaction that deleted it. */
  release(userId: string, { sessions = 0, bytes = 0 }: Partial<Stored>): void {
    const stored = this.#users.get(userId);
    // While the database is read, nobody knows whether the reader still sees the deleted rows: read again later.
    if (stored instanceof Promise) this.#users.delete(userId);
    else if (stored) subtract(stored, { sessions, bytes });
  }

  /**
   * Checks the number of messages that a session would have. Call it in the transaction that adds the messages, so that
   * the error rolls them back.
   *
   * @throws GatewayError QUOTA_EXCEEDED.
   */
  checkMessages(messageCount: number): void {
    const { maxMessagesPerSession: most } = this.#limits;
    const message = `A session has at most ${most} messages, and this prompt and its answer do not fit; clear the history, or use another session.`;
    refuseAbove(messageCount, most, 'MAX_MESSAGES_PER_SESSION', message);
  }

  /**
   * Checks whether a user may get more nodes. Call it in the transaction that has counted them and adds some.
   *
   * @throws GatewayError QUOTA_EXCEEDED.
   */
  checkNodes(count: number, added: number): void {
    const { maxNodesPerUser: most } = this.#limits;
    const message = `This user has ${count} nodes, and at most ${most} are allowed; delete some first.`;
    refuseAbove(count + added, most, 'MAX_NODES_PER_USER', message);
  }

  async #storedBy(userId: string): Promise<Stored> {
    const known = this.#users.get(userId);
    if (known && this.#isFresh(known)) return known;
    const reading = this.#read(userId);
    this.#users.set(userId, reading);
    try {
      const stored = await reading;
      if (this.#users.get(userId) === reading) this.#remember(userId, stored);
      return stored;
    } catch (error) {
      if (this.#users.get(userId) === reading) this.#users.delete(userId);
      throw error;
    }
  }

  #isFresh(known: Stored | Promise<Stored>): boolean {
    if (known instanceof Promise) return true;
    return performance.now() - (this.#readAt.get(known) ?? 0) < this.#rememberMs;
  }

  #remember(userId: string, stored: Stored): void {
    this.#readAt.set(stored, performance.now());
    this.#users.set(userId, stored);
    if (this.#users.size <= maxKnownUsers) return;
    const [oldest] = this.#users.keys();
    if (oldest !== undefined) this.#users.delete(oldest);
  }
}

function refuseAbove(count: number, most: number, limit: string, message: string): void {
  if (most > 0 && count > most) throw new GatewayError('QUOTA_EXCEEDED', message, { limit });
}

function overShare(bytes: number, share: number): GatewayError {
  const message = `The disk of the gateway is nearly full. This user has stored ${bytes} bytes, and each user may have ${share} until there is room again. Delete some sessions first.`;
  return new GatewayError('QUOTA_EXCEEDED', message, { limit: 'MIN_FREE_DISK_BYTES' });
}

function subtract(stored: Stored, { sessions, bytes }: Stored): void {
  stored.sessions -= sessions;
  stored.bytes -= bytes;
}
