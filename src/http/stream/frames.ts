/** The two frames of an operation in graphql-sse's protocol. */
export interface Frames {
  /** @param json The execution result, without line breaks, as `JSON.stringify` writes it. */
  next(json: string): string;
  readonly complete: string;
}

/** The followers of a run get the same result one after the other. */
let newest = { json: '', frame: '' };

/** Frames of distinct connections mode, without an operation id, because a connection has one operation. */
export const distinctFrames: Frames = {
  next(json) {
    if (json !== newest.json) newest = { json, frame: `event: next\ndata: ${json}\n\n` };
    return newest.frame;
  },
  // The empty data field is needed: EventSource ignores an event without one.
  complete: 'event: complete\ndata:\n\n',
};

/** Frames of single connection mode. Each frame names its operation. */
export function framesOf(operationId: string): Frames {
  const id = JSON.stringify(operationId);
  return {
    next: (json) => `event: next\ndata: {"id":${id},"payload":${json}}\n\n`,
    complete: `event: complete\ndata: {"id":${id}}\n\n`,
  };
}
