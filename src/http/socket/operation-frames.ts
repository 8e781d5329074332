import type { GraphQLFormattedError } from 'graphql';
import type { Frames } from '../stream/frames.ts';

/** The messages about an operation in the protocol `graphql-transport-ws`. */
export interface OperationFrames extends Frames {
  /** Ends an operation that has not begun. */
  error(errors: readonly GraphQLFormattedError[]): string;
}

export const acknowledgement = '{"type":"connection_ack"}';
export const pong = '{"type":"pong"}';

export function operationFrames(operationId: string): OperationFrames {
  const id = JSON.stringify(operationId);
  return {
    next: (json) => `{"id":${id},"type":"next","payload":${json}}`,
    error: (errors) => `{"id":${id},"type":"error","payload":${JSON.stringify(errors)}}`,
    complete: `{"id":${id},"type":"complete"}`,
  };
}
