import { createHash } from 'node:crypto';
import { badParameter } from '../errors/api-error.ts';

/** A file within the JSON of a request. */
export interface ClientFile {
  filename: string;
  bytes: Buffer;
  /** The parameter that has the file, for errors. */
  param: string;
}

const dataUrl = /^data:([\w.+-]+\/[\w.+-]+)?(?:;[\w-]+=[^;,]*)*;base64,/i;
const base64 = /^[A-Za-z0-9+/\r\n]*(?:={1,2}[\r\n]*)?$/;

/**
 * Reads a file from a data URL. The gateway fetches nothing from other servers for a client: its network may reach more
 * than the client may see.
 *
 * @throws ApiError 400.
 */
export function fileFromUrl(url: string, param: string, filename?: string | null): ClientFile {
  const [head, type = 'application/octet-stream'] = dataUrl.exec(url) ?? [];
  if (head === undefined) {
    throw badParameter(
      param,
      'expected a data URL in base64: the gateway fetches no files from other servers.',
    );
  }
  return fileFromBase64(url.slice(head.length), param, filename ?? nameFor(type));
}

/** @throws ApiError 400. */
export function fileFromBase64(text: string, param: string, filename: string): ClientFile {
  if (text === '' || !base64.test(text)) throw badParameter(param, 'expected bytes in base64.');
  return { filename, bytes: Buffer.from(text, 'base64'), param };
}

const hashes = new WeakMap<Buffer, string>();

/** As the database knows it. It is asked for each session that may hold a conversation, and hashing 20 MB takes a while. */
export function sha256Of({ bytes }: ClientFile): string {
  const known = hashes.get(bytes);
  if (known !== undefined) return known;
  const hash = createHash('sha256').update(bytes).digest('hex');
  hashes.set(bytes, hash);
  return hash;
}

function nameFor(type: string): string {
  const [kind, format = 'bin'] = type.split('/');
  return `${kind === 'image' || kind === 'audio' ? kind : 'file'}.${format.replace(/^.*[.+]/, '')}`;
}
