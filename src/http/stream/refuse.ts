import type { ServerResponse } from 'node:http';
import { GraphQLError } from 'graphql';
import { type ErrorCode, errorStatus } from '../../errors.ts';
import { RequestError, sendErrors } from '../request/request-error.ts';
import type { PresentError } from './present-error.ts';

/** Answers a request that failed before its stream was open. */
export function refuse(outgoing: ServerResponse, error: unknown, present: PresentError): void {
  // A client that has left broke off its own request: nothing went wrong here.
  if (outgoing.destroyed) return;
  if (error instanceof RequestError) {
    const { status, message, code, headers } = error;
    sendErrors(outgoing, status, [{ message, extensions: { code } }], headers);
  } else {
    const headers = error instanceof GraphQLError ? error.extensions.http?.headers : undefined;
    sendErrors(outgoing, statusOf(error), [present(error)], headers);
  }
}

function statusOf(error: unknown): number {
  if (!(error instanceof GraphQLError)) return 500;
  const code = error.extensions['code'];
  return isErrorCode(code) ? errorStatus[code] : (error.extensions.http?.status ?? 500);
}

function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorStatus, code);
}
