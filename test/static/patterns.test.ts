import { analyse } from 'scslre';
import { expect, test } from 'vitest';
import { readSourceFiles } from '../support/files/source-file.ts';

/** A regular expression in the code. Relies on the formatter. A path in a text may look like one, which harms nothing. */
const literal =
  /(?<=(?:[(,=:[!&|?{};+]|=>|\breturn|^)\s*)\/(?![/*])((?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+)\/([dgimsuvy]*)(?=\s*[.,;)\]}:]|\s*$)/gm;

/** Patterns that only see short texts or those of the operator, and the place where what follows always matches. */
const allowed = [
  // The operator writes them.
  String.raw`src/agent/agent.ts: /\/+$/`,
  String.raw`src/blobs/open-blob-store.ts: /\/+$/`,
  String.raw`src/blobs/s3-location.ts: /^\/+|\/+$/g`,
  String.raw`src/chat/models/fetch/addressed-fetch.ts: /\/+$/`,
  String.raw`src/client/transport.ts: /\/+$/`,
  String.raw`src/traces/trace-settings.ts: /\/+$/`,
  // Written by the gateway itself.
  'src/chat/usage/prices.ts: /0+$/',
  String.raw`src/chat/models/demo/answer.ts: /\W*$/`,
  // Cut to 500 characters before; a title, which is short.
  'src/chat/models/demo/answer.ts: /[.?!]+$/',
  'src/console/state/export-session.ts: /^[. ]+|[. ]+$/g',
  // The text has matched a strict pattern before.
  String.raw`src/chat/models/failure/retry-after.ts: /(\d+(?:\.\d+)?)\s*(m(?:illi)?s(?:ec(?:ond)?s?)?|[smhd])/gi`,
  // V8 quotes at most a few characters of the JSON.
  String.raw`src/log.ts: /,? *(\.\.\.)?".*"(\.\.\.)? is not valid JSON/s`,
  // With the flag s, .* and .+ reach the end at once.
  String.raw`src/chat/models/demo/answer.ts: /^(?:please\s+)?ask me(?:\s+(.+))?$/is`,
  String.raw`src/chat/models/demo/answer.ts: /^(?:say|echo)\s+(.+)$/is`,
  'src/http/access-log.ts: /[?#].*$/s',
  String.raw`src/http/guards/request-target.ts: /\?.*$/s`,
];

test('no pattern takes the square of the length of a text, because a line of a client would hold the event loop', () => {
  const found = readSourceFiles().flatMap(({ path, text }) =>
    Array.from(text.matchAll(literal))
      .filter(([, source = '', flags = '']) => analyse({ source, flags }).reports.length > 0)
      .map(([pattern]) => `${path}: ${pattern}`),
  );
  expect(found.filter((each) => !allowed.includes(each))).toEqual([]);
});
