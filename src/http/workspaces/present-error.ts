import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context } from 'hono';
import type { Logger } from 'pino';
import { GatewayError, refusal } from '../../errors.ts';
import { storageRefusal } from '../request/mask-error.ts';
import { refuse } from '../request/refusal.ts';
import type { RouteBindings } from '../request/route-bindings.ts';

/** Answers with an error as the client may see it; a failure of the disk or the database says that it should try again. */
export function presentError(c: Context<{ Bindings: RouteBindings }>, error: unknown, log: Logger): Response {
  const { outgoing, httpRequestId } = c.env;
  // The client has left, or its response has begun and was cut off.
  if (outgoing.destroyed || outgoing.headersSent) return RESPONSE_ALREADY_SENT;
  if (error instanceof GatewayError) return refuse(c, error);
  const failure = storageRefusal(error);
  if (failure) return refuse(c, failure);
  log.error({ err: error, httpRequestId }, 'a request for the files of a workspace failed');
  return refuse(c, refusal('INTERNAL_SERVER_ERROR', 'Internal Server Error'));
}
