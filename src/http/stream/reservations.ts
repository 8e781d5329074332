import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { refusal, tryAgain } from '../../errors.ts';
import { UserCount } from '../../limits/user-count.ts';
import type { EventStream } from '../../sse/event-stream.ts';
import { createReservedStream, type ReservedStream } from './reserved-stream.ts';

export interface ReservationOptions {
  /** Reservations that may wait to be opened at a time, in the whole gateway. Open streams do not count. */
  maxReservations: number;
  /** Streams of one owner, waiting or open; 0: no limit. */
  maxStreamsPerOwner: number;
  /** Milliseconds within which a reservation must be opened. */
  reservationTtlMs: number;
  heartbeatMs: number;
  /** Called with what an operation rejects with. */
  onError: (error: unknown) => void;
}

/** The streams of single connection mode, reserved or open, by their token. */
export interface Reservations {
  /**
   * The token of a new reservation.
   * @throws GatewayError RATE_LIMITED while too many wait to be opened, or where the owner has too many.
   */
  reserve(owner: string): string;
  /**
   * The stream behind a token. Undefined, too, where somebody else reserved it, for tokens tell nothing, and where
   * it is about to end.
   */
  find(token: string, owner: string): ReservedStream | undefined;
  /**
   * Fulfils a reservation.
   * @throws GatewayError `CONFLICT` where the stream is open already.
   */
  open(token: string, stream: ReservedStream, response: ServerResponse): EventStream;
  /** Closes all streams and waits for their operations. */
  close(): Promise<void>;
}

export function createReservations(options: ReservationOptions): Reservations {
  const { maxReservations, maxStreamsPerOwner, reservationTtlMs, heartbeatMs, onError } = options;
  const streams = new Map<string, ReservedStream>();
  const expiries = new Map<string, NodeJS.Timeout>();
  const owners = new UserCount();

  const stopExpiry = (token: string) => {
    clearTimeout(expiries.get(token));
    expiries.delete(token);
  };
  const retryAfter = Math.ceil(reservationTtlMs / 1_000);
  const checkRoom = (owner: string) => {
    if (expiries.size >= maxReservations) {
      const message = 'Too many streams are reserved and not opened; try again later.';
      throw tryAgain('RATE_LIMITED', message, { limit: 'MAX_STREAM_RESERVATIONS', retryAfter });
    }
    if (maxStreamsPerOwner > 0 && owners.of(owner) >= maxStreamsPerOwner) {
      const message = `You have ${maxStreamsPerOwner} event streams already; close one first.`;
      throw tryAgain('RATE_LIMITED', message, { limit: 'MAX_STREAMS_PER_USER', retryAfter });
    }
  };

  return {
    reserve(owner) {
      checkRoom(owner);
      const token = randomUUID();
      const place = owners.enter(owner);
      const onClose = () => {
        streams.delete(token);
        stopExpiry(token);
        place[Symbol.dispose]();
      };
      const stream = createReservedStream({ owner, heartbeatMs, onClose, onError });
      streams.set(token, stream);
      expiries.set(
        token,
        setTimeout(() => void stream.close().catch(onError), reservationTtlMs),
      );
      return token;
    },
    find(token, owner) {
      const stream = streams.get(token);
      return stream?.owner === owner && !stream.isRetired ? stream : undefined;
    },
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
