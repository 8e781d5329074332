import type { IncomingMessage } from 'node:http';
import type { Writable } from 'node:stream';
import type { IncomingReq } from 'graphql-upload-ts';

/** What busboy does not show: whether it has seen the end of the form. */
type Parser = Writable & { _complete?: boolean };

/** The request, for graphql-upload-ts; refuses a file behind the end of the form, for whose end it would wait. */
export function guarded(incoming: IncomingMessage): IncomingReq {
  const pipe = <T extends NodeJS.WritableStream>(destination: T): T => {
    const parser = destination as unknown as Parser;
    parser.on('file', () => {
      if (!parser._complete) return;
      // Not while it reads: that takes the process with it.
      setImmediate(() => parser.destroy(new Error('Parts behind the end')));
    });
    return incoming.pipe(destination);
  };
  return {
    pipe,
    headers: incoming.headers,
    get readableEnded() {
      return incoming.readableEnded;
    },
    once: incoming.once.bind(incoming),
    unpipe: incoming.unpipe.bind(incoming),
    resume: incoming.resume.bind(incoming),
  };
}
