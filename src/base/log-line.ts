import { escapeControls } from './cut-text.ts';

/** An error as the log describes it. */
export interface LoggedError {
  type: string;
  message: string;
  code?: string | number;
  statusCode?: number;
  stack?: string;
  cause?: LoggedError;
}

/** From this level on, a line is about a fault, and its stack helps to find it. */
const errorLevel = 50;

/** Keys that `pino-pretty` shows itself, and the id of the request, which is long and comes last. */
const shownApart = new Set(['level', 'time', 'msg', 'err', 'error', 'httpRequestId']);

/**
 * The fields of a line for people, as ` key=value key=value`: without line breaks and control characters, whatever a
 * client sent. Of an error there are the messages; only a fault has its stack, in lines of its own.
 */
export function fieldsForPeople(line: Record<string, unknown>): { fields: string; stack: string } {
  const { level, httpRequestId, err = line['error'] } = line;
  const error = isLoggedError(err) ? err : undefined;
  const fields = Object.entries(line)
    .filter(([key, value]) => !shownApart.has(key) && value !== undefined)
    .map(([key, value]) => ` ${key}=${shown(value)}`);
  if (error) fields.push(` error=${quoted(wordsOf(error))}`);
  if (httpRequestId !== undefined) fields.push(` httpRequestId=${shown(httpRequestId)}`);
  const isFault = typeof level === 'number' && level >= errorLevel;
  return { fields: escapeControls(fields.join('')), stack: (isFault && error && stackOf(error)) || '' };
}

function shown(value: unknown): string {
  if (typeof value === 'string') return /^[^\s"]+$/.test(value) ? value : quoted(value);
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value.join(',');
  return JSON.stringify(value);
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', "'")}"`;
}

/** The type of an error that says nothing more than that it is one is left out. */
function wordsOf({ type, message, code, statusCode, cause }: LoggedError): string {
  const notes = [code, statusCode].filter((note) => note !== undefined && !message.includes(String(note)));
  const name = type === 'Error' ? '' : `${type}: `;
  const own = `${name}${message}${notes.length > 0 ? ` (${notes.join(', ')})` : ''}`;
  return cause ? `${own} <- ${wordsOf(cause)}` : own;
}

function stackOf({ stack, cause }: LoggedError): string {
  const own = stack ? `\n${stack.split('\n').map(escapeControls).join('\n')}` : '';
  const rest = cause ? stackOf(cause) : '';
  return rest === '' ? own : `${own}\n  because of${rest}`;
}

function isLoggedError(value: unknown): value is LoggedError {
  return typeof value === 'object' && value !== null && 'type' in value && 'message' in value;
}
