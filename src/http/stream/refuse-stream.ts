import type { ServerResponse } from 'node:http';
import { GraphQLError } from 'graphql';
import { sendErrors, statusOf } from '../request/refusal.ts';
import type { PresentError } from './present-error.ts';

/** Answers a request that failed before its stream was open. */
export function refuseStream(outgoing: ServerResponse, error: unknown, present: PresentError): void {
  // The client has left. Presenting the error would log it, although the gateway is not at fault.
  if (outgoing.destroyed) return;
  const headers = error instanceof GraphQLError ? error.extensions.http?.headers : undefined;
  sendErrors(outgoing, statusOf(error), [present(error)], headers);
}
