import { CloseCode } from 'graphql-ws';
import { GatewayError } from '../../errors.ts';
import { noteErrors, type RequestFacts } from '../request/request-facts.ts';
import type { StreamOwner } from '../stream/stream-owner.ts';
import { SocketFault } from './messages.ts';
import type { SocketParts } from './socket-parts.ts';

/** Try again later. Clients connect again, after a while. */
const tryLater = 1013;

/** The owner of a socket. Disposing frees the place and ends the watch of the token. */
export interface SocketOwner extends Disposable {
  /** Aborts when the token of the owner is no longer valid. Undefined for an owner whose token stays valid. */
  readonly lapse: AbortSignal | undefined;
}

/**
 * Finds out whose socket it is, and takes one of the places that this owner has.
 *
 * @param facts Gets the code of the error, for the access log.
 * @throws SocketFault that closes the socket: 4403 for an unknown sender, 1013 for a reason that passes.
 */
export async function findOwner(
  request: Request,
  parts: SocketParts,
  facts: RequestFacts,
): Promise<SocketOwner> {
  const owner = await parts.owner(request).catch((error: unknown) => refuse(error, facts));
  const place = enter(owner, parts);
  const watch = owner.watch();
  return {
    lapse: watch?.signal,
    [Symbol.dispose]() {
      place[Symbol.dispose]();
      watch?.[Symbol.dispose]();
    },
  };
}

function refuse(error: unknown, facts: RequestFacts): never {
  if (!(error instanceof GatewayError)) throw error;
  noteErrors(facts, [error]);
  const { code } = error.extensions;
  if (code === 'UNAUTHENTICATED' || code === 'FORBIDDEN') throw forbidden();
  throw new SocketFault(tryLater, String(code));
}

function enter({ name }: StreamOwner, { owners, maxSocketsPerOwner }: SocketParts): Disposable {
  if (maxSocketsPerOwner > 0 && owners.of(name) >= maxSocketsPerOwner) {
    throw new SocketFault(tryLater, `You already have ${maxSocketsPerOwner} sockets; close one first.`);
  }
  return owners.enter(name);
}

/** The token is missing, or not valid, or no longer valid. A client may connect again with another one. */
export function forbidden(): SocketFault {
  return new SocketFault(CloseCode.Forbidden, 'Forbidden');
}
