/** A provider's report of a failure: its HTTP headers, in lower case, and its whole body or its words. */
export interface RetryHints {
  headers: Readonly<Record<string, string>>;
  text: string;
}

/**
 * Reads when a provider takes the next request, from whatever says it most exactly:
 *
 * - the headers `retry-after-ms` (OpenAI, Azure) and `retry-after` in seconds or as a date (RFC 9110, section 10.2.3);
 * - `retryDelay: "37s"` of Google's `RetryInfo`;
 * - words: "Please try again in 1m20.5s", "retry after 20 seconds";
 * - the reset of a limit that has nothing left: `x-ratelimit-reset-requests: 6m0s` (OpenAI, Groq), a date
 *   (`anthropic-ratelimit-requests-reset`), or seconds or milliseconds since 1970 (`x-ratelimit-reset`, OpenRouter).
 *
 * @returns Milliseconds since the epoch, or null if the provider does not say it.
 */
export function readRetryAt({ headers, text }: RetryHints, now = Date.now()): number | null {
  const waitMs =
    inNumber(headers['retry-after-ms'], 1) ??
    afterHeader(headers['retry-after'], now) ??
    duration(/"retryDelay"\s*:\s*"([^"]{1,40})"/.exec(text)?.[1]) ??
    duration(saidWait.exec(text)?.[1]) ??
    usedUpLimit(headers, now);
  return waitMs === undefined ? null : now + waitMs;
}

/** A longer wait is not one that a provider means: it would not even be a date. */
const longestMs = 31_536_000_000;

function plausible(ms: number): number | undefined {
  return ms >= 0 && ms <= longestMs ? ms : undefined;
}

function inNumber(value: string | undefined, unitMs: number): number | undefined {
  return value !== undefined && /^\s*\d+(?:\.\d+)?\s*$/.test(value)
    ? plausible(Number(value) * unitMs)
    : undefined;
}

function afterHeader(value: string | undefined, now: number): number | undefined {
  return inNumber(value, 1_000) ?? duration(value) ?? untilDate(value, now);
}

/** A date that has just passed means now: the clocks of two machines differ. */
function untilDate(value: string | undefined, now: number): number | undefined {
  // Date.parse takes "-5" for a year.
  if (value === undefined || !/\d{4}/.test(value) || !value.includes(':')) return undefined;
  const ms = Date.parse(value) - now;
  return Number.isNaN(ms) ? undefined : plausible(Math.max(0, ms));
}

const unitMs: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const amount = String.raw`\d+(?:\.\d+)?\s*(?:milliseconds?|msecs?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)\b`;
const amounts = String.raw`${amount}(?:\s*(?:,\s*)?(?:and\s+)?${amount})*`.replaceAll(
  String.raw`\b`,
  '(?![a-z])',
);
const saidWait = new RegExp(
  String.raw`\b(?:again|retry|retrying|wait|resets?|available)\b[^.\n]{0,25}?\b(${amounts})`,
  'i',
);
const wholeDuration = new RegExp(`^\\s*${amounts}\\s*$`, 'i');

/** "37s", "1m20.5s", "6m0s", "1 hour and 5 minutes". */
function duration(value: string | undefined): number | undefined {
  if (value === undefined || !wholeDuration.test(value)) return undefined;
  const parts = value.matchAll(/(\d+(?:\.\d+)?)\s*(m(?:illi)?s(?:ec(?:ond)?s?)?|[smhd])/gi);
  let ms = 0;
  for (const [, count, unit = ''] of parts) ms += Number(count) * (unitMs[shortUnit(unit)] ?? 0);
  return plausible(ms);
}

function shortUnit(unit: string): string {
  return unit.length > 1 ? 'ms' : unit.toLowerCase();
}

/** The longest wait among the limits that are used up. The reset of another limit says nothing. */
function usedUpLimit(headers: RetryHints['headers'], now: number): number | undefined {
  const waits = Object.keys(headers).flatMap((name) => {
    if (!/ratelimit/.test(name) || !name.includes('remaining') || Number(headers[name]) > 0) return [];
    const reset = headers[name.replace('remaining', 'reset')];
    const wait = duration(reset) ?? untilDate(reset, now) ?? untilNumber(reset, now);
    return wait === undefined ? [] : [wait];
  });
  return waits.length === 0 ? undefined : Math.max(...waits);
}

/** Seconds from now, or seconds or milliseconds since 1970: their sizes tell them apart. */
function untilNumber(value: string | undefined, now: number): number | undefined {
  const number = inNumber(value, 1);
  const large = value === undefined ? Number.NaN : Number(value);
  if (large > 1e12) return plausible(Math.max(0, large - now));
  if (large > 1e9) return plausible(Math.max(0, large * 1_000 - now));
  return number === undefined ? undefined : plausible(number * 1_000);
}
