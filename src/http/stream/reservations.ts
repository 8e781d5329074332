import type { ServerResponse } from 'node:http';
import { refusal, tryAgain } from '../../errors.ts';
import { HolderCount } from '../../limits/holder-count.ts';
import type { EventStream } from '../../sse/event-stream.ts';
import { createReservedStream, type ReservedStream } from './reserved-stream.ts';

export interface ReservationOptions {
  /** Most reserved streams of the gateway that are not open yet. */
  maxReservations: number;
  /** Most streams of one owner, reserved or open. 0: no limit. */
  maxStreamsPerOwner: number;
  /** Milliseconds within which a reserved stream must be opened. */
  reservationTtlMs: number;
  heartbeatMs: number;
  /** Makes the token of a stream. It must be impossible to guess. */
  newToken: () => string;
  /** Called with the error of an operation that rejects. */
  onError: (error: unknown) => void;
}

/** The streams of single connection mode, by their token. */
export interface Reservations {
  /**
   * Reserves a stream and returns its token.
   *
   * @throws GatewayError `RATE_LIMITED` when the gateway has too many reserved streams, or the owner too many streams.
   */
  reserve(owner: string): string;
  /**
   * Continues a stream that another gateway has reserved and given up.
   *
   * @throws GatewayError as `reserve` does.
   */
  adopt(token: string, owner: string): ReservedStream;
  /** Gives up a stream that is not open and carries nothing. Returns whether there was one. */
  give(token: string, owner: string): boolean;
  /**
   * The stream of a token. Undefined also when another owner reserved it, so that a guessed token reveals nothing, and
   * when the stream ends with its last operation.
   */
  find(token: string, owner: string): ReservedStream | undefined;
  /**
   * Opens a reserved stream.
   *
   * @throws GatewayError `CONFLICT` when the stream is already open.
   */
  open(token: string, stream: ReservedStream, response: ServerResponse): EventStream;
  /** Closes all streams and waits for their operations. */
  close(): Promise<void>;
}

export function createReservations(options: ReservationOptions): Reservations {
  const { maxReservations, maxStreamsPerOwner, reservationTtlMs, heartbeatMs, newToken, onError } = options;
  const streams = new Map<string, ReservedStream>();
  const expiries = new Map<string, NodeJS.Timeout>();
  const owners = new HolderCount<string>();

  const stopExpiry = (token: string) => {
    clearTimeout(expiries.get(token));
    expiries.delete(token);
  };
  const retryAfter = Math.ceil(reservationTtlMs / 1_000);
  const assertCapacity = (owner: string) => {
    if (expiries.size >= maxReservations) {
      const message = 'Too many streams are reserved but not open; try again later.';
      throw tryAgain('RATE_LIMITED', message, { limit: 'MAX_STREAM_RESERVATIONS', retryAfter });
    }
    if (maxStreamsPerOwner > 0 && owners.of(owner) >= maxStreamsPerOwner) {
      const message = `You already have ${maxStreamsPerOwner} event streams; close one first.`;
      throw tryAgain('RATE_LIMITED', message, { limit: 'MAX_STREAMS_PER_USER', retryAfter });
    }
  };

  const enter = (token: string, owner: string) => {
    assertCapacity(owner);
    const slot = owners.enter(owner);
    const onClose = () => {
      streams.delete(token);
      stopExpiry(token);
      slot[Symbol.dispose]();
    };
    const stream = createReservedStream({ owner, heartbeatMs, onClose, onError });
    streams.set(token, stream);
    expiries.set(
      token,
      setTimeout(() => void stream.close().catch(onError), reservationTtlMs),
    );
    return stream;
  };
  const find = (token: string, owner: string) => {
    const stream = streams.get(token);
    return stream?.owner === owner && !stream.isRetired ? stream : undefined;
  };

  return {
    reserve(owner) {
      const token = newToken();
      enter(token, owner);
      return token;
    },
    adopt: enter,
    give(token, owner) {
      const stream = find(token, owner);
      if (stream === undefined || stream.isOpen || stream.operations.size > 0) return false;
      void stream.close().catch(onError);
      return true;
    },
    find,
    open(token, stream, response) {
      if (stream.isOpen) throw refusal('CONFLICT', 'The stream is open already.');
      stopExpiry(token);
      return stream.open(response);
    },
    async close() {
      await Promise.all([...streams.values()].map((stream) => stream.close()));
    },
  };
}
