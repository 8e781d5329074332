import type { IncomingMessage } from 'node:http';
import type { Writable } from 'node:stream';
import type { IncomingReq } from 'graphql-upload-ts';

/** `_complete` is a private field of busboy: whether it has seen the end of the form. */
type Parser = Writable & { _complete?: boolean };

/**
 * Wraps a request for graphql-upload-ts so that a file after the end of the form is an error. Without the wrapper
 * graphql-upload-ts would wait for the end of that file, which may never come.
 */
export function stopAfterForm(incoming: IncomingMessage): IncomingReq {
  const pipe = <T extends NodeJS.WritableStream>(destination: T): T => {
    const parser = destination as unknown as Parser;
    parser.on('file', () => {
      if (!parser._complete) return;
      // Destroy busboy later: while it parses, this would throw an error that ends the process.
      setImmediate(() => parser.destroy(new Error('Parts after the end')));
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
