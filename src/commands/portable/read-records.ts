import type { z } from 'zod';
import { escapeControls, shorten } from '../../base/cut-text.ts';
import { JsonScan } from '../../base/json-scan.ts';
import { parseLongIntegers } from '../../base/long-integers.ts';
import { StartupError } from '../../config/startup-error.ts';
import { linesFile } from './export-file.ts';
import { readLines } from './read-lines.ts';
import {
  type AnyRecord,
  formatVersion,
  headerRecord,
  knownRecords,
  laterRecords,
  longestLine,
} from './records.ts';
import { References } from './references.ts';

/** How deep the JSON of a line may nest, and how many values it may have. More would overflow the stack, or fill the memory. */
const deepest = 200;
const mostValues = { nodes: 1_000_000, items: 1_000_000 };

/** A record with its line, counted from 1, and the length of that, in bytes. */
export interface ReadRecord {
  record: AnyRecord;
  line: number;
  bytes: number;
}

/**
 * Reads the records of an export behind its first line, each checked by itself and against those before it. Only one line is
 * in memory at once.
 *
 * @throws StartupError that names the line, the field and what was expected.
 */
export async function* readRecords(path: string): AsyncGenerator<ReadRecord> {
  const refuse = (number: number, problem: string): never => {
    throw new StartupError(`${linesFile}:${number}: ${escapeControls(problem)}.`);
  };
  const tooLong = (number: number) => refuse(number, `expected a line of at most ${longestLine} bytes`);
  const references = new References();
  let types: Readonly<Record<string, z.ZodType>> | undefined;
  let isLater = false;
  let last = 0;
  for await (const { number, bytes, isWhole } of readLines(path, { longest: longestLine, tooLong })) {
    last = number;
    if (!isWhole) refuse(number, 'expected a line break at the end of the line; the file was cut off');
    const value = parse(bytes, (problem) => refuse(number, problem));
    if (types === undefined) {
      const header = check(headerRecord, value, (problem) => refuse(number, problem));
      isLater = isLaterVersion(header.version, (problem) => refuse(number, problem));
      types = isLater ? laterRecords : knownRecords;
      continue;
    }
    const type = (value as { type?: unknown }).type;
    const known = typeof type === 'string' && Object.hasOwn(types, type) ? types[type] : undefined;
    if (known === undefined) {
      if (isLater && typeof type === 'string') continue;
      refuse(number, `type: expected one of ${Object.keys(types).join(', ')}`);
    }
    const record = check(known as z.ZodType, value, (problem) => refuse(number, problem)) as AnyRecord;
    const problem = references.problemOf(record);
    if (problem !== undefined) refuse(number, problem);
    yield { record, line: number, bytes: bytes.length };
  }
  if (!references.isComplete) refuse(last + 1, 'expected a line of the type "end"; the file was cut off');
}

const decoder = new TextDecoder('utf-8', { fatal: true });

function parse(bytes: Buffer, refuse: (problem: string) => never): object {
  const scan = new JsonScan();
  scan.addBytes(bytes);
  if (scan.deepest > deepest) refuse(`expected JSON of at most ${deepest} levels`);
  if (scan.exceeds(mostValues)) refuse('expected JSON with fewer values');
  let text = '';
  try {
    text = decoder.decode(bytes);
  } catch {
    refuse('expected valid UTF-8');
  }
  let value: unknown;
  try {
    value = parseLongIntegers(text);
  } catch {
    refuse('expected valid JSON');
  }
  if (typeof value !== 'object' || value === null) return refuse('expected a JSON object');
  return value;
}

/** Issues that are named: a file may have a wrong type in each field. */
const shownIssues = 3;

function check<Type extends z.ZodType>(
  type: Type,
  value: unknown,
  refuse: (problem: string) => never,
): z.output<Type> {
  const { data, error } = type.safeParse(value);
  if (error === undefined) return data;
  return refuse(error.issues.slice(0, shownIssues).map(describe).join('; '));
}

function describe(issue: z.core.$ZodIssue): string {
  const place = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    const fields = issue.keys.map((key) => JSON.stringify(shorten(key, 100))).join(', ');
    return `${place && `${place}: `}expected no field ${fields}`;
  }
  const message = issue.message.replace(/^[^:]*: (?=expected)/, '');
  return place ? `${place}: ${message}` : message;
}

function isLaterVersion(version: string, refuse: (problem: string) => never): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major !== formatVersion.major) {
    refuse(
      `version: expected ${formatVersion.major}.x instead of ${version}; another version of this program reads it`,
    );
  }
  return minor > formatVersion.minor;
}
