/** Formats a size, for example `1.2 KB`. Two libraries for two short functions would not be less code. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  const units = ['KB', 'MB', 'GB', 'TB'];
  const power = Math.min(Math.floor(Math.log10(bytes) / 3), units.length);
  return `${(bytes / 1_000 ** power).toFixed(1)} ${units[power - 1]}`;
}

/** Formats a duration, for example `12 ms` or `3.4 s`. */
export function formatDuration(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

/**
 * Puts a text on one line and escapes its control and formatting characters, so that a text from a model or a
 * gateway can neither control the terminal nor change the direction in which it reads.
 */
export function formatLine(text: string, maxLength = 200): string {
  const shown = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  return shown.replace(
    unprintable,
    (character) => named[character] ?? `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

const named: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
// Control characters, formatting characters (some change the direction of text), separators, lone surrogates.
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
