import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { createLog, type LogOptions } from '../src/log.ts';
import { builtScript } from './support/suite/built.ts';

function captureLog(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  return { log: createLog({ level: 'info', format: 'json', destination, ...options }), lines };
}

test('a line of the json log is one JSON object with an ISO time', () => {
  const { log, lines } = captureLog();
  log.info({ runId: 7 }, 'run ended');
  log.debug('not asked for');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    level: 30,
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    runId: 7,
    msg: 'run ended',
  });
});

test('a line of the pretty log shows the level, the message and the fields', () => {
  const { log, lines } = captureLog({ format: 'pretty' });
  log.warn({ runId: 7 }, 'run is slow');
  expect(lines.join('')).toMatch(/WARN.*: .*run is slow.*runId=7/s);
});

test('an event is one line of the pretty log, and only a fault shows its stack', () => {
  const { log, lines } = captureLog({ format: 'pretty' });
  const cause = Object.assign(new TypeError('the socket broke'), { code: 'ECONNRESET' });
  const err = Object.assign(new Error('the call failed', { cause }), { statusCode: 502 });
  const facts = {
    method: 'POST',
    rootFields: ['a', 'b'],
    err,
    text: 'two\nwords',
    ms: 3,
    deep: { a: ['\u009b'] },
  };
  log.child({ httpRequestId: 'r-1' }).warn(facts, 'request');
  expect(stripVTControlCharacters(lines.join('')).replace(/^\[\S+\] /, '')).toBe(
    'WARN: request method=POST rootFields=a,b text=two\\u{a}words ms=3 deep={"a":["\\u{9b}"]}' +
      ' error="the call failed (502) <- TypeError: the socket broke (ECONNRESET)" httpRequestId=r-1\n',
  );
  log.error({ err }, 'a request failed');
  expect(lines[1]).toMatch(/ {4}at .*log\.test\.ts.*\n {2}because of\n {4}at /s);
});

test.each(['json', 'pretty'] as const)('a text of a client forges no line of the %s log', (format) => {
  const { log, lines } = captureLog({ format });
  const text = `\u001b[2J\u009b31m\nforged \u202e${'a'.repeat(5_000)}`;
  log.info({ path: text, err: new Error(text) }, 'request');
  const line = lines.join('');
  for (const part of ['\u001b[2J', '\u009b', '\u202e', '\nforged', 'a'.repeat(1_001)]) {
    expect(line).not.toContain(part);
  }
  expect(line).toContain('forged');
});

test.each(['json', 'pretty'] as const)('credentials and keys do not appear in the %s log', (format) => {
  const { log, lines } = captureLog({ format });
  const headers = {
    authorization: 'Bearer s3cret',
    Authorization: 's3cret',
    cookie: 's3cret',
    'x-api-key': 's3cret',
  };
  log.info({ headers, req: { headers }, apiKey: 's3cret', openai: { apiKey: 's3cret' } }, 'a request');
  expect(lines.join('')).toContain('[redacted]');
  expect(lines.join('')).not.toContain('s3cret');
});

test('an error is logged with its type, code, stack and cause, and without its other fields', () => {
  const { log, lines } = captureLog();
  const cause = Object.assign(new TypeError('the socket broke'), { code: 'ECONNRESET' });
  const error = Object.assign(new Error('the call failed', { cause }), {
    statusCode: 502,
    requestBodyValues: { messages: ['my diary'] },
  });
  log.error({ err: error }, 'run failed');
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    msg: 'run failed',
    err: {
      type: 'Error',
      message: 'the call failed',
      statusCode: 502,
      stack: expect.stringContaining('log.test.ts'),
      cause: { type: 'TypeError', message: 'the socket broke', code: 'ECONNRESET' },
    },
  });
  expect(lines.join('')).not.toContain('diary');
});

test.each([
  [
    'PrismaClientValidationError',
    'Invalid call:\n\n{ content: "my diary" }\n\nArgument `role` is missing.',
    'Argument `role` is missing.',
  ],
  [
    'AI_TypeValidationError',
    'Type validation failed: Value: {"prompt":"my diary"}.',
    'Type validation failed',
  ],
  [
    'SyntaxError',
    'Unexpected token \'m\', ..."my diary"... is not valid JSON',
    "Unexpected token 'm' is not valid JSON",
  ],
])('a %s is logged without the text that its message quotes', (name, message, expected) => {
  const { log, lines } = captureLog();
  const error = new Error(message);
  error.name = name;
  log.error(error);
  log.error({ err: error });
  log.error({ err: error }, 'run failed');
  expect(lines.map((line) => JSON.parse(line).err.message)).toEqual([expected, expected, expected]);
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual([expected, expected, 'run failed']);
  expect(lines.join('')).not.toContain('diary');
});

test('an error that is its own cause, and a thrown value that is not an error, can be logged', () => {
  const { log, lines } = captureLog();
  const error = new Error('round');
  error.cause = error;
  log.error({ err: error }, 'first');
  log.error({ err: 'my diary' }, 'second');
  log.error({ err: null }, 'third');
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['first', 'second', 'third']);
  expect(lines.join('')).not.toContain('diary');
});

test.each(['json', 'pretty'])(
  'the last line of the %s log is written when the process exits at once',
  async (format) => {
    const child = spawn(process.execPath, [builtScript('last-words'), format]);
    const [output] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    expect(output).toContain('the last words');
  },
);
