import { GatewayError } from '../../errors.ts';
import { audioTypes } from '../uploads/audio-types.ts';
import type { Inspection } from '../uploads/stage-upload.ts';
import { PageCount } from './count-pages.ts';
import { FileWalk, TooManyPartsError } from './file-walk.ts';
import { BrokenImageError, type ImageSize, imageWalks } from './image-walks.ts';
import { pdfType, textType } from './input-type.ts';
import { TextCheck } from './text-check.ts';

/** What the bytes of a file say about it. */
export interface FileFacts {
  /** The type that the bytes show. The client's own claim is ignored. */
  mimeType: string;
  width: number | null;
  height: number | null;
  pageCount: number | null;
}

export interface FileLimits {
  /** Longest text file, in bytes. */
  maxTextBytes: number;
  /** Most pixels of an image, as its header says. */
  maxImagePixels: number;
}

const unknown = { width: null, height: null, pageCount: null };

/**
 * Begins to inspect a file. Texts of all kinds become plain text: HTML, SVG and XML too, which a browser must not run.
 *
 * @throws GatewayError UNSUPPORTED_MEDIA_TYPE. The inspection throws it too, PAYLOAD_TOO_LARGE and BAD_USER_INPUT.
 */
export async function inspectFile(head: Uint8Array, limits: FileLimits): Promise<Inspection<FileFacts>> {
  if (head.length === 0) {
    throw new GatewayError('BAD_USER_INPUT', 'file: expected a file that is not empty.', { field: 'file' });
  }
  const { fileTypeFromBuffer } = await import('file-type');
  const found = (await fileTypeFromBuffer(head))?.mime;
  // An animated PNG has a type of its own, and every program that shows PNG shows it.
  const type = found === 'image/apng' ? 'image/png' : found;
  if (type === undefined || isText(type)) return inspectText(limits.maxTextBytes);
  if (type === pdfType) return inspectPdf();
  const walk = imageWalks[type];
  if (walk) return inspectImage(type, new FileWalk(walk()), limits.maxImagePixels);
  const audioType = audioTypes[type];
  if (audioType !== undefined) return { end: () => ({ ...unknown, mimeType: audioType }) };
  const message = `This file is ${type}; expected png, jpeg, gif, webp, pdf, text, wav, mp3, ogg (opus), webm, m4a, aac or flac.`;
  throw new GatewayError('UNSUPPORTED_MEDIA_TYPE', message, { field: 'file' });
}

/** Types of texts that `file-type` knows by their first words. */
function isText(type: string): boolean {
  return type.startsWith('text/') || /^application\/(?:xml|rtf|[\w.-]+\+xml)$/.test(type);
}

function inspectText(maxBytes: number): Inspection<FileFacts> {
  const check = new TextCheck();
  let size = 0;
  return {
    push(bytes) {
      check.push(bytes);
      size += bytes.length;
      if (size > maxBytes) throw tooLarge(`The text file is longer than ${maxBytes} bytes.`);
    },
    end() {
      check.end();
      return { ...unknown, mimeType: textType };
    },
  };
}

function inspectPdf(): Inspection<FileFacts> {
  const pages = new PageCount();
  return {
    push: (bytes) => pages.push(bytes),
    end: () => ({ ...unknown, mimeType: pdfType, pageCount: pages.end() }),
  };
}

function inspectImage(mimeType: string, walk: FileWalk<ImageSize>, maxPixels: number): Inspection<FileFacts> {
  return {
    push(bytes) {
      try {
        walk.push(bytes);
      } catch (error) {
        const isBroken = error instanceof BrokenImageError || error instanceof TooManyPartsError;
        throw isBroken ? broken(mimeType) : error;
      }
    },
    end() {
      const size = walk.end();
      if (size === undefined || size.width === 0 || size.height === 0) throw broken(mimeType);
      const { width, height } = size;
      if (width * height > maxPixels) {
        throw tooLarge(`The image has ${width} × ${height} pixels; expected at most ${maxPixels} pixels.`);
      }
      return { ...unknown, mimeType, width, height };
    },
  };
}

function broken(mimeType: string): GatewayError {
  const message = `This file begins like ${mimeType}, but it is broken or was cut off.`;
  return new GatewayError('UNSUPPORTED_MEDIA_TYPE', message, { field: 'file' });
}

function tooLarge(message: string): GatewayError {
  return new GatewayError('PAYLOAD_TOO_LARGE', message, { field: 'file' });
}
