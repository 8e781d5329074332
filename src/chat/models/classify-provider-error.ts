import {
  APICallError,
  EmptyResponseBodyError,
  InvalidResponseDataError,
  JSONParseError,
  TypeValidationError,
} from '@ai-sdk/provider';
import type { RunFailureCode } from '../log/run-event.ts';
import { explain, ProviderError } from './provider-error.ts';

/**
 * Turns an error that a provider package threw, or put into its stream as an error part, into a `ProviderError`.
 *
 * @param fallback The code for an error that contains no hint about its cause.
 */
export function classifyProviderError(error: unknown, fallback: RunFailureCode): ProviderError {
  if (error instanceof ProviderError) return error;
  // Provider packages wrap the error with which `boundedFetch` ends a response.
  if (error instanceof Error && error.cause instanceof ProviderError) return error.cause;
  const facts = readFacts(error);
  const code = isTimeout(error) ? 'PROVIDER_TIMEOUT' : (codeOf(error, facts) ?? fallback);
  const message = explain(code, code === 'PROVIDER_REJECTED' ? facts.message : undefined);
  return new ProviderError(code, message, {
    cause: error,
    retryable: retryableCodes.has(code) && !facts.signs.includes('insufficient_quota'),
    retryAfterMs: APICallError.isInstance(error) ? retryAfterMs(error.responseHeaders) : null,
  });
}

/** A provider's report of a failure: the HTTP status, its sentence, and its error types and codes in lower case. */
interface Facts {
  status: number | undefined;
  message: string | undefined;
  signs: string;
}

const retryableCodes: ReadonlySet<RunFailureCode> = new Set([
  'PROVIDER_RATE_LIMITED',
  'PROVIDER_UNAVAILABLE',
  'PROVIDER_UNREACHABLE',
]);

const contextTooLong =
  /context_length_exceeded|exceed_context_size|request_too_large|maximum context length|context (?:length|limit|size|window)|input length|exceeds? .{0,30}context|prompt is too long|input token count/i;

/** The error types and codes of OpenAI, Anthropic and Google, and of servers that imitate them. */
const signCodes: readonly (readonly [RegExp, RunFailureCode])[] = [
  [/rate_limit|insufficient_quota|resource_exhausted|too_many_requests|\b429\b/, 'PROVIDER_RATE_LIMITED'],
  [/authentication|permission|unauthenticated|invalid_api_key|\b40[13]\b/, 'PROVIDER_UNAUTHORIZED'],
  [/overloaded|unavailable|api_error|server_error|internal|timeout|\b5\d\d\b/, 'PROVIDER_UNAVAILABLE'],
  [
    /invalid_request|invalid_argument|invalid_prompt|not_found|billing|content_filter|\b4\d\d\b/,
    'PROVIDER_REJECTED',
  ],
];

function codeOf(error: unknown, { status, message, signs }: Facts): RunFailureCode | undefined {
  if (isFormatError(error) || /\bai_(?:json|type|invalid)/.test(signs)) return 'PROVIDER_BAD_RESPONSE';
  const refused = status === undefined || status >= 400;
  const rateLimited = status === 429 || signs.includes('rate_limit');
  if (refused && !rateLimited && contextTooLong.test(`${signs} ${message ?? ''}`)) return 'CONTEXT_TOO_LONG';
  if (signs.includes('api_key_invalid')) return 'PROVIDER_UNAUTHORIZED';
  // Provider packages make up a 5xx for an error within a stream, so the error type counts more than a 5xx.
  const byStatus = status === undefined ? undefined : codeOfStatus(status);
  if (byStatus !== undefined && byStatus !== 'PROVIDER_UNAVAILABLE') return byStatus;
  const bySign = signCodes.find(([pattern]) => pattern.test(signs))?.[1];
  if (bySign !== undefined || byStatus !== undefined) return bySign ?? byStatus;
  return APICallError.isInstance(error) ? 'PROVIDER_UNREACHABLE' : undefined;
}

function codeOfStatus(status: number): RunFailureCode | undefined {
  if (status >= 500 || status === 408) return 'PROVIDER_UNAVAILABLE';
  if (status === 429) return 'PROVIDER_RATE_LIMITED';
  if (status === 401 || status === 403) return 'PROVIDER_UNAUTHORIZED';
  if (status >= 400) return 'PROVIDER_REJECTED';
  return status >= 200 && status < 300 ? 'PROVIDER_STREAM_CUT' : undefined;
}

function readFacts(error: unknown): Facts {
  if (!APICallError.isInstance(error)) return { status: undefined, ...readBody(error) };
  const body = readBody(parseJson(error.responseBody) ?? error.data);
  return { status: error.statusCode, message: body.message ?? error.message, signs: body.signs };
}

/** Reads `{type, code, status, message}`, at the top, under `error`, or under `response.error` (OpenAI's `response.failed`). */
function readBody(value: unknown): { message: string | undefined; signs: string } {
  if (!isRecord(value)) return { message: undefined, signs: '' };
  const response = isRecord(value['response']) ? value['response'] : value;
  const inner = [value['error'], response['error']].find(isRecord) ?? value;
  const details = Array.isArray(inner['details']) ? inner['details'] : [];
  const reasons = details.map((detail) => (isRecord(detail) ? detail['reason'] : undefined));
  const signs = [inner['type'], inner['code'], inner['status'], inner['name'], ...reasons]
    .filter((sign) => typeof sign === 'string' || typeof sign === 'number')
    .join(' ')
    .toLowerCase();
  return { message: typeof inner['message'] === 'string' ? inner['message'] : undefined, signs };
}

function parseJson(body: string | undefined): unknown {
  try {
    return JSON.parse(body ?? '');
  } catch {
    return undefined;
  }
}

function isFormatError(error: unknown): boolean {
  return [error, error instanceof Error ? error.cause : undefined].some(
    (each) =>
      JSONParseError.isInstance(each) ||
      TypeValidationError.isInstance(each) ||
      InvalidResponseDataError.isInstance(each) ||
      EmptyResponseBodyError.isInstance(each),
  );
}

/** Node's fetch has time-outs of its own: five minutes without headers or without a byte of the body. */
function isTimeout(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (
      'code' in each &&
      /^(?:ETIMEDOUT|UND_ERR_(?:HEADERS|BODY|CONNECT)_TIMEOUT)$/.test(String(each.code))
    ) {
      return true;
    }
  }
  return false;
}

function retryAfterMs(headers: Record<string, string> | undefined): number | null {
  const milliseconds = Number.parseFloat(headers?.['retry-after-ms'] ?? '');
  if (milliseconds >= 0) return milliseconds;
  const after = headers?.['retry-after'] ?? '';
  const delay = /^\s*[\d.]+\s*$/.test(after) ? Number(after) * 1000 : Date.parse(after) - Date.now();
  return Number.isFinite(delay) ? Math.max(0, delay) : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
