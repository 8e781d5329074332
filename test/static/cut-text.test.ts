import { expect, test } from 'vitest';
import { readSourceFiles } from '../support/files/source-file.ts';

/** A cut at a limit: `.slice(0, 64)`, `.slice(0, maxLength)`, `.slice(0, half)`, and everything with `substring`. */
const cut =
  /[\w)\]]+\s*\.(?:slice\(\s*0,\s*(?:\d{2,}|(?:max|most|longest|half|limit|length)\w*|\w+(?:Length|Limit|Chars|Size))\s*\)|substr(?:ing)?\()/g;

/** Cuts of lists, of dates, which have only ASCII characters, and of what only becomes a number. */
const allowed = [
  'src/base/ignore-rules.ts: isUsable).slice(0, maxRules)',
  'src/sync/replica/disk/stage.ts: path).slice(0, 16)',
  'src/sync/replica/status.ts: skipped.slice(0, maxSkipped)',
  'src/chat/budgets/wait-for-budget.ts: ).slice(0, 16)',
  'src/chat/models/call/retry-time.ts: iso.slice(0, 10)',
  'src/chat/tool-calls/client-tools/match-schema.ts: errors.slice(0, mostUnits)',
  'src/chat/tool-calls/client-tools/match-schema.ts: told)].slice(0, mostComplaints)',
  'src/chat/usage/usage-report.ts: ).slice(0, 10)',
  'src/commands/report.ts: ).slice(0, 16)',
  'src/commands/start-warnings.ts: unknown.slice(0, mostNamed)',
  'src/console/state/lookalikes.ts: items.slice(0, maxQuoted)',
  'src/rest/input/ignored-fields.ts: fields.slice(0, longestList)',
  'src/schema/paging/find-messages.ts: rows.slice(0, limit)',
  'src/storage/search/search-messages.ts: found.slice(0, limit)',
  'src/storage/search/search-messages.ts: a).slice(0, most)',
  'src/storage/search/search-messages.ts: before).slice(0, most)',
  'src/storage/search/terms.ts: folded.slice(0, length)',
];

test('every text is cut by src/base/cut-text.ts, which leaves no half characters', () => {
  const found = readSourceFiles()
    .filter(({ path }) => path !== 'src/base/cut-text.ts')
    .flatMap(({ path, code }) => Array.from(code.matchAll(cut), ([match]) => `${path}: ${match}`));
  expect(found.filter((each) => !allowed.includes(each))).toEqual([]);
});
