import { storable } from '../../base/storable-text.ts';
import { StartupError } from '../../config/startup-error.ts';
import { longestLine, type RecordOf, type RecordType } from './records.ts';

type Json = string | number | boolean | null | Date | readonly Json[] | { [name: string]: Json | undefined };

/** A field of a record as it is written: times as dates, and JSON of the database as its text. */
type Written<T> = T extends Date ? Date : T extends unknown[] ? Json : T extends object ? Json : T;
type Fields<Type extends RecordType> = { [Name in keyof RecordOf<Type>]: Written<RecordOf<Type>[Name]> };

/**
 * Writes a record as a line. Characters that not every database can store become U+FFFD.
 *
 * @param json Fields whose values are JSON already. They stay as they are written, with all digits of their numbers.
 * @throws StartupError if the line is too long.
 */
export function writeRecord<Type extends RecordType, Raw extends keyof RecordOf<Type> = never>(
  fields: Omit<Fields<Type>, Raw> & { type: Type },
  json?: Record<Raw, string | null>,
): string {
  const raw = Object.entries<string | null>(json ?? {}).map(
    // A line break can only stand between two values of JSON.
    ([name, text]) => `,${JSON.stringify(name)}:${text === null ? 'null' : text.replaceAll(/[\r\n]/g, ' ')}`,
  );
  const known = JSON.stringify(fields, (_name, value) =>
    typeof value === 'string' ? storable(value) : value,
  );
  const line = `${known.slice(0, -1)}${raw.join('')}}\n`;
  if (line.length <= longestLine / 3 || Buffer.byteLength(line) <= longestLine) return line;
  const of = 'message' in fields ? fields.message : 'id' in fields ? fields.id : '';
  throw new StartupError(
    `The ${fields.type} of ${'message' in fields ? 'message ' : ''}${String(of)} is longer than ${longestLine} bytes and cannot be exported.`,
  );
}
