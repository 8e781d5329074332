import { inputTypeOf } from './input-type.ts';

// Providers count files in different ways. These figures are near the highest of them, so that a prompt is rather too
// short than too long; a provider's own report takes precedence in the usage. Sources: the providers' pages on images,
// documents and audio, November 2026.

/** Providers make an image smaller until its longer side has this many pixels. */
const longestSide = 1_568;
/** Pixels of an image that are one token. */
const pixelsPerToken = 750;
/** A page is sent as its text and as an image. */
const tokensPerPage = 2_000;
/** Of a PDF that does not state its pages. */
const bytesPerPage = 50_000;
const tokensPerSecond = 32;
/** Of a recording that does not state its duration: 128 kbit/s. */
const bytesPerSecond = 16_000;

export interface FileMeasures {
  mimeType: string;
  size: number;
  width: number | null;
  height: number | null;
  pageCount: number | null;
  durationSeconds: number | null;
}

/** More than any context holds. A recording may state any duration. */
const mostTokens = 100_000_000;

/** Estimates the tokens of an image, a PDF or a recording. Those of a text file are counted instead. */
export function estimateFileTokens(file: FileMeasures): number {
  return Math.min(mostTokens, Math.max(1, estimate(file)));
}

function estimate(file: FileMeasures): number {
  switch (inputTypeOf(file.mimeType)) {
    case 'IMAGE':
      return imageTokens(file.width ?? longestSide, file.height ?? longestSide);
    case 'PDF':
      return tokensPerPage * (file.pageCount ?? Math.ceil(file.size / bytesPerPage));
    default:
      return Math.ceil(tokensPerSecond * (file.durationSeconds ?? file.size / bytesPerSecond));
  }
}

function imageTokens(width: number, height: number): number {
  const scale = Math.min(1, longestSide / Math.max(width, height));
  return Math.ceil((width * scale * height * scale) / pixelsPerToken);
}
