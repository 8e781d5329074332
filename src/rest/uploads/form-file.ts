import { EventEmitter, once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import busboy from 'busboy';
import { compressedBody, isCompressed } from '../../base/compressed-body.ts';
import { GatewayError } from '../../errors.ts';
import type { IncomingFile } from '../../schema/upload.ts';
import { RestError } from '../errors/rest-error.ts';

/** More bytes than the boundaries and headers of a form with one file need. */
const framingBytes = 65_536;
/** The most bytes of the file that may wait in memory until the blob store takes them. */
const bufferedBytes = 262_144;

/** `_complete` is private to busboy: true once it has parsed the end of the form. */
type Parser = busboy.Busboy & { _complete?: boolean };

export interface FormFileOptions {
  /** What the file is called in the error for too many bytes, such as `recording`. */
  what: string;
  /** Most bytes of the file. */
  maxBytes: number;
}

/**
 * Reads the file called `file` of a multipart form while it arrives. Other fields and files are skipped, as FastAPI does.
 * The form is read only as fast as the file is consumed. At the first fault the reading stops. Disposing stops it too, so
 * that the request, which may stay open for some seconds, no longer holds what was read of the form.
 */
export class FormFile implements Disposable {
  readonly #incoming: IncomingMessage;
  readonly #parser: Parser;
  readonly #maxBytes: number;
  readonly #tooLarge: () => RestError;
  readonly #events = new EventEmitter<{ opened: []; ended: [] }>();
  #file: { filename: string; bytes: Readable } | undefined;
  #fault: RestError | undefined;
  #isWhole = false;
  #received = 0;
  readonly #ignored = new Set<string>();

  /** @throws RestError if the request is compressed or no multipart form, or if its Content-Length is too large. */
  constructor(incoming: IncomingMessage, { what, maxBytes }: FormFileOptions) {
    const { 'content-type': type = '', 'content-length': length = 0 } = incoming.headers;
    if (isCompressed(incoming)) throw formFaults.compressed();
    if (!/^multipart\/form-data\s*(;|$)/i.test(type)) throw formFaults.notMultipart(type);
    this.#tooLarge = () => formFaults.tooLarge(what, maxBytes);
    if (Number(length) > maxBytes + framingBytes) throw this.#tooLarge();
    this.#incoming = incoming;
    this.#maxBytes = maxBytes;
    this.#parser = createParser(incoming, maxBytes);
  }

  /** The first fault in the part of the form that has been read. */
  get fault(): RestError | undefined {
    return this.#fault;
  }

  /** The names of the fields and files that were skipped so far. */
  get ignored(): readonly string[] {
    return [...this.#ignored];
  }

  /**
   * Resolves when the file begins. The file's bytes end only when the whole form has been read without a fault.
   *
   * @throws RestError if the form has a fault before the file, or no file.
   */
  async open(): Promise<IncomingFile> {
    const opened = once(this.#events, 'opened');
    this.#listen();
    this.#incoming.pipe(this.#parser);
    await opened;
    const file = this.#file;
    if (this.#fault || !file) throw this.#fault ?? formFaults.missing();
    return { filename: file.filename, createReadStream: () => this.#read(file.bytes) };
  }

  [Symbol.dispose](): void {
    this.#halt();
  }

  async *#read(bytes: Readable): AsyncGenerator<Uint8Array> {
    const ended = once(this.#events, 'ended');
    try {
      yield* bytes;
      if (!this.#fault && !this.#isWhole) await ended;
      if (this.#fault) throw this.#fault;
    } catch (error) {
      throw this.#fault ? new GatewayError('BAD_REQUEST', this.#fault.message) : error;
    } finally {
      this.#halt();
    }
  }

  #listen(): void {
    const parser = this.#parser;
    parser.on('file', (name, bytes, { filename }) => {
      // The reader of the file gets the error. Without this listener it would also end the process.
      bytes.on('error', () => {});
      // busboy never ends a file that starts after the end of the form.
      if (parser._complete) return this.#fail(formFaults.malformed('Parts after the end'));
      if (name !== 'file') {
        this.#ignored.add(name);
        bytes.resume();
        return;
      }
      if (this.#file) return this.#fail(formFaults.severalFiles());
      this.#file = { filename: filename ?? '', bytes };
      bytes.once('limit', () => this.#fail(this.#tooLarge()));
      this.#events.emit('opened');
    });
    parser.on('field', (name) => {
      if (name === 'file') this.#fail(formFaults.notAFile());
      else this.#ignored.add(name);
    });
    parser.on('error', (error) => {
      this.#fail(this.#received === 0 ? formFaults.missing() : formFaults.malformed(messageOf(error)));
    });
    parser.once('finish', () => {
      if (!this.#file) return this.#fail(formFaults.missing());
      this.#isWhole = true;
      this.#events.emit('ended');
    });
    this.#incoming.once('close', () => {
      if (!this.#incoming.readableEnded) this.#fail(formFaults.brokenOff());
    });
    this.#limit();
  }

  /** Limits the whole request: a form can be endless although its file is small. */
  #limit(): void {
    this.#incoming.on('data', this.#count);
  }

  readonly #count = (chunk: Buffer) => {
    this.#received += chunk.length;
    if (this.#received > this.#maxBytes + framingBytes) this.#fail(this.#tooLarge());
  };

  /** Does not destroy the parser: busboy throws an uncaught error if it is destroyed while it parses. */
  #fail(fault: RestError): void {
    this.#fault ??= fault;
    this.#halt();
    this.#file?.bytes.destroy(this.#fault);
    this.#events.emit('opened');
    this.#events.emit('ended');
  }

  #halt(): void {
    this.#incoming.unpipe(this.#parser);
    // Otherwise the rest of the body, which is read and dropped behind the response, would be halted once more.
    this.#incoming.off('data', this.#count);
    if (!this.#incoming.readableEnded) this.#incoming.pause();
  }
}

function createParser({ headers }: IncomingMessage, maxBytes: number): Parser {
  try {
    // busboy reports `limit` for a file that has exactly `fileSize` bytes, so one more is allowed.
    const limits = { fileSize: maxBytes + 1, fieldSize: 1_024 };
    return busboy({ headers, limits, defParamCharset: 'utf8', fileHwm: bufferedBytes });
  } catch (error) {
    throw formFaults.malformed(messageOf(error));
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The faults of a form that should consist of one file. */
const formFaults = {
  notMultipart: (type: string) =>
    invalid('missing', ['body', 'file'], 'Field required', {
      error: `The body should be sent as multipart/form-data, not ${type || 'without a Content-Type'}.`,
    }),
  malformed: (reason: string) => invalid('form_invalid', ['body'], 'Form decode error', { error: reason }),
  missing: () => invalid('missing', ['body', 'file'], 'Field required'),
  notAFile: () =>
    invalid('value_error', ['body', 'file'], 'Input should be a file: the part needs a filename'),
  severalFiles: () => invalid('too_long', ['body', 'file'], 'Input should be one file', { max_length: 1 }),
  tooLarge: (what: string, maxBytes: number) =>
    new RestError(413, `The ${what} is longer than ${maxBytes} bytes.`),
  compressed: () => new RestError(415, compressedBody),
  brokenOff: () => new RestError(400, 'The request broke off'),
};

function invalid(type: string, loc: string[], msg: string, ctx?: Record<string, unknown>): RestError {
  return new RestError(422, [{ type, loc, msg, input: null, ...(ctx && { ctx }) }]);
}
