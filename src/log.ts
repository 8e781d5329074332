import { type DestinationStream, type LogFn, type Logger, pino, symbols } from 'pino';
import { prettyFactory } from 'pino-pretty';
import { escapeControls, textForLog } from './base/cut-text.ts';
import { gatherLines } from './base/gather-lines.ts';
import { fieldsForPeople, type LoggedError } from './base/log-line.ts';
import { openStandardOutput } from './base/standard-output.ts';

export interface LogOptions {
  level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  /** json: one JSON object per line. pretty: a line for people for each event. */
  format: 'json' | 'pretty';
  /** Default: standard output. */
  destination?: DestinationStream;
}

/** Characters of a text that are logged: of a field, and of the message of an error. */
const longestText = 1_000;

/** Keys whose values are not logged. */
const secrets = new Set([
  'authorization',
  'Authorization',
  'cookie',
  'Cookie',
  'set-cookie',
  'proxy-authorization',
  'x-api-key',
  'x-goog-api-key',
  'x-graphql-event-stream-token',
  'apiKey',
  'password',
  'token',
  'ticket',
]);

/** The depth to which secret keys are looked for: the fields of a line, what is in them, and what is in that. */
const levels = 3;

/**
 * Creates the gateway's log. Values of secret keys are replaced down to the third level of nesting. Errors are
 * reduced to fields that hold no prompt and no key. Warnings and errors are written before the call returns, other lines
 * before the turn of the event loop or the process ends. Lines that standard output does not take are lost, and a later
 * line says how many.
 */
export function createLog({ destination, ...options }: LogOptions): Logger {
  if (destination !== undefined) return createLogger(options, destination);
  const output = openStandardOutput();
  const log = createLogger(options, options.format === 'pretty' ? output : gatherLines(output));
  output.onLost = (lines) => log.warn({ lines }, 'log lines were lost, because standard output took no more');
  return log;
}

/** A log that writes where the given one writes, and adds what `read` returns to each line. */
export function withFields(log: Logger, read: () => object): Logger {
  return Object.assign(log.child({}), { [symbols.mixinSym]: read });
}

function createLogger({ level, format }: LogOptions, output: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: describeError, error: describeError },
      hooks: { logMethod: logShortMessage },
      // Pino's own `redact` would take half the time of a line.
      formatters: { log: prepareFields },
    },
    format === 'pretty' ? pretty(output) : output,
  );
}

/** Cuts and escapes the texts among the fields of a line, because clients, agents and models choose some of them. Leaves secrets out. */
function prepareFields(fields: Record<string, unknown>): Record<string, unknown> {
  const prepared: Record<string, unknown> = {};
  for (const key of Object.keys(fields)) {
    const value = fields[key];
    if (isSecret(key, value)) prepared[key] = censored;
    else
      prepared[key] = typeof value === 'string' ? textForLog(value, longestText) : withoutSecrets(value, 2);
  }
  return prepared;
}

const censored = '[redacted]';

function isSecret(key: string, value: unknown): boolean {
  return value !== undefined && secrets.has(key);
}

/**
 * A copy of an object in which the values of secret keys are replaced. Errors stay, because a serializer reduces them, and
 * so do objects that write their JSON themselves, such as dates.
 *
 * @param level How deep in the line the keys of the object are: 2 for the value of a field.
 */
function withoutSecrets(value: unknown, level: number): unknown {
  if (!isObject(value) || value instanceof Error || 'toJSON' in value || level > levels) return value;
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, level + 1));
  const entries = Object.entries(value).map(([key, inner]) => [
    key,
    isSecret(key, inner) ? censored : withoutSecrets(inner, level + 1),
  ]);
  return Object.fromEntries(entries);
}

/** Adds a message to a line that has an error and no message; otherwise pino would log the whole message of the error. */
function logShortMessage(this: Logger, args: Parameters<LogFn>, write: LogFn): void {
  const [first, message]: unknown[] = args;
  const error = isObject(first) && 'err' in first ? first.err : first;
  if (isObject(first) && message === undefined && error instanceof Error) {
    write.call(this, first, describeError(error).message);
  } else {
    write.apply(this, args);
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Formats lines for people: one for each event, and the stack of a fault below its line. The stream of pino-pretty is not used: it writes later, so lines would be lost at exit. */
function pretty(output: DestinationStream): DestinationStream {
  const format = prettyFactory({
    translateTime: 'SYS:HH:MM:ss.l',
    hideObject: true,
    messageFormat(line, messageKey, _levelLabel, { colors }) {
      const { fields, stack } = fieldsForPeople(line);
      return `${escapeControls(String(line[messageKey]))}${colors.reset(colors.dim(fields))}${stack}`;
    },
  });
  return { write: (line) => output.write(format(line)) };
}

/** Errors whose message quotes what was sent or received, and the part of the message that may be logged. */
const quoting: Record<string, (message: string) => string> = {
  // The message quotes the arguments of the query. Its last line says what is wrong with them.
  PrismaClientValidationError: (message) => message.slice(message.lastIndexOf('\n') + 1),
  // "JSON parsing failed: Text: …", "Type validation failed: Value: …", "Invalid prompt: …"
  AI_JSONParseError: upToColon,
  AI_TypeValidationError: upToColon,
  AI_InvalidPromptError: upToColon,
  AI_InvalidResponseDataError: upToColon,
  // The message comes from a model provider and may quote the key, the address and the prompt.
  AI_APICallError: () => 'The call failed.',
  // A sentence of the gateway, a colon, and the message of the provider.
  ProviderError: upToColon,
  // "Unexpected token 'h', "hello" is not valid JSON"
  SyntaxError: (message) =>
    message.replace(/,? *(\.\.\.)?".*"(\.\.\.)? is not valid JSON/s, ' is not valid JSON'),
};

/** Names of the errors that a model provider causes. They are logged without a stack, because the gateway is not at fault. */
const ofProvider = /^(?:ProviderError$|AI_)/;

/**
 * Returns the fields of an error that are logged. Other fields are left out, because an error of a model provider has
 * the whole request in them, including the prompt.
 */
function describeError(error: unknown): LoggedError {
  return describe(error, 4, true);
}

function describe(error: unknown, depth: number, mayShowStack: boolean): LoggedError {
  if (!(error instanceof Error))
    return { type: typeof error, message: 'something that is not an Error was thrown' };
  const { name, message, stack, cause } = error;
  const code = 'code' in error ? error.code : undefined;
  const statusCode = 'statusCode' in error ? error.statusCode : undefined;
  const showStack = mayShowStack && !ofProvider.test(name);
  return {
    type: name,
    message: textForLog(abridged(error), longestText),
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    ...(typeof statusCode === 'number' && { statusCode }),
    ...(stack !== undefined && showStack && { stack: frames(stack, message) }),
    ...(cause !== undefined && depth > 1 && { cause: describe(cause, depth - 1, showStack) }),
  };
}

function abridged(error: Error): string {
  const { name, message } = error;
  if (Object.hasOwn(quoting, name)) return quoting[name]?.(message) ?? message;
  // "connect ECONNREFUSED 10.0.0.7:8080": addresses of model servers are secret settings.
  const namesAddress = 'syscall' in error && ('address' in error || 'hostname' in error);
  return namesAddress && 'code' in error ? `${error.syscall} ${error.code}` : message;
}

/** Returns the stack without the message: it begins with the whole message, and lines of the message may look like frames. */
function frames(stack: string, message: string): string {
  const start = stack.indexOf(message);
  return stack
    .slice(start === -1 ? 0 : start + message.length)
    .split('\n')
    .filter((line) => /^ +at /.test(line))
    .join('\n');
}

function upToColon(message: string): string {
  return message.split(':', 1)[0] ?? '';
}
