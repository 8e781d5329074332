import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import busboy from 'busboy';
import { GatewayError } from '../errors.ts';
import { formFaults } from './form-faults.ts';
import type { RestError } from './rest-error.ts';

/** What the parts of a form are wrapped in is shorter. */
const framingBytes = 65_536;
const readBytes = 262_144;

/** The only file of a form, as it comes in. */
export interface FormFile {
  filename: string;
  /** Ends when the whole form turned out to be as it should; a fault ends it with a GatewayError. */
  createReadStream(): AsyncIterable<Uint8Array>;
  /** Why the bytes ended early, for the REST client. */
  fault(): RestError | undefined;
}

/**
 * The file of a form that has nothing but one file, called `file`. Resolves when it begins, and reads no faster
 * than it is read itself.
 *
 * @throws RestError for another form; the rest of the request is not read then.
 */
export async function openFormFile(incoming: IncomingMessage, maxBytes: number): Promise<FormFile> {
  const { 'content-type': type = '', 'content-length': length = 0 } = incoming.headers;
  if (!/^multipart\/form-data\s*(;|$)/i.test(type)) throw formFaults.notMultipart(type);
  if (Number(length) > maxBytes + framingBytes) throw formFaults.tooLarge(maxBytes);
  return new Promise((resolve, reject) => {
    const parser = createParser(incoming, maxBytes);
    let file: Readable | undefined;
    let fault: RestError | undefined;
    let received = 0;
    const ended = new Promise<void>((end) => parser.once('close', end));
    const fail = (error: RestError) => {
      fault ??= error;
      incoming.unpipe(parser);
      incoming.pause();
      parser.destroy();
      file?.destroy(fault);
      reject(fault);
    };
    async function* bytes(stream: Readable): AsyncGenerator<Uint8Array> {
      try {
        yield* stream;
        await ended;
        if (fault) throw fault;
      } catch (error) {
        throw fault ? new GatewayError(codeOf(fault), fault.message, { field: 'file' }) : error;
      } finally {
        incoming.unpipe(parser);
      }
    }
    parser.on('file', (name, stream, { filename }) => {
      stream.on('error', () => {});
      if (name !== 'file') return fail(formFaults.unknownField(name));
      if (file !== undefined) return fail(formFaults.severalFiles());
      file = stream;
      stream.once('limit', () => fail(formFaults.tooLarge(maxBytes)));
      resolve({ filename: filename ?? '', createReadStream: () => bytes(stream), fault: () => fault });
    });
    parser.on('field', (name) => {
      fail(name === 'file' ? formFaults.notAFile() : formFaults.unknownField(name));
    });
    parser.on('error', (error) => fail(formFaults.malformed((error as Error).message)));
    parser.once('finish', () => file === undefined && fail(formFaults.missing()));
    incoming.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received > maxBytes + framingBytes) fail(formFaults.tooLarge(maxBytes));
    });
    incoming.once('close', () => !incoming.readableEnded && fail(formFaults.brokenOff()));
    incoming.pipe(parser);
  });
}

function createParser({ headers }: IncomingMessage, maxBytes: number): busboy.Busboy {
  try {
    // The parser calls a file too large that is as large as it may be.
    const limits = { fileSize: maxBytes + 1, fieldSize: 1_024 };
    return busboy({ headers, limits, defParamCharset: 'utf8', fileHwm: readBytes });
  } catch (error) {
    throw formFaults.malformed((error as Error).message);
  }
}

function codeOf({ status }: RestError) {
  return status === 413 ? 'PAYLOAD_TOO_LARGE' : 'BAD_USER_INPUT';
}
