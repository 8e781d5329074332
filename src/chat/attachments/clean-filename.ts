import { cutToBytes } from '../../base/cut-text.ts';

/** The longest file name that common file systems accept, in bytes of UTF-8. */
const longestFilename = 255;

/**
 * A client's name for a file, as it is shown to people and models: without folders, and without characters that control
 * a terminal, break a line or change the direction of text. Null if nothing is left.
 */
export function cleanFilename(name: string): string | null {
  const last = name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
  const shown = last.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '').trim();
  return cutToBytes(shown, longestFilename) || null;
}
