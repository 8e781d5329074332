/** The two frames of an operation, as graphql-sse's protocol words them. */
export interface Frames {
  /** @param json The execution result. It must hold no raw line break, and `JSON.stringify` leaves none. */
  next(json: string): string;
  readonly complete: string;
}

/** Distinct connections mode: the connection tells whose result it is. */
export const distinctFrames: Frames = {
  next: (json) => `event: next\ndata: ${json}\n\n`,
  // EventSource ignores an event that has no data field.
  complete: 'event: complete\ndata:\n\n',
};

/** Single connection mode: the operation's id goes with each result. */
export function framesOf(operationId: string): Frames {
  const id = JSON.stringify(operationId);
  return {
    next: (json) => `event: next\ndata: {"id":${id},"payload":${json}}\n\n`,
    complete: `event: complete\ndata: {"id":${id}}\n\n`,
  };
}
