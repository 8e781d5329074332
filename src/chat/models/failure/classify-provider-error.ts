import {
  APICallError,
  EmptyResponseBodyError,
  InvalidResponseDataError,
  JSONParseError,
  TypeValidationError,
} from '@ai-sdk/provider';
import { type RunFailureCode, runFailureCodes } from '../../log/run-event.ts';
import { needIn } from '../refusals/model-needs.ts';
import { type ErrorReport, readErrorReport } from '../wire/error-report.ts';
import { explain, ProviderError } from './provider-error.ts';
import { codeBySigns, codeByWords, saysContextTooLong, saysUsedUp } from './provider-words.ts';
import { readRetryAt } from './retry-after.ts';

/**
 * Turns an error that a provider package threw, or put into its stream as an error part, into a `ProviderError`. Its
 * message repeats the words of the provider.
 *
 * @param fallback The code for an error that contains no hint about its cause.
 */
export function classifyProviderError(error: unknown, fallback: RunFailureCode): ProviderError {
  if (error instanceof ProviderError) return error;
  // Provider packages wrap the error with which `createBoundedFetch` ends a response.
  if (error instanceof Error && error.cause instanceof ProviderError) return error.cause;
  const { status, message, signs } = readFacts(error);
  const facts = { status, message: message ?? '', signs };
  const unreachable =
    APICallError.isInstance(error) && status === undefined ? 'PROVIDER_UNREACHABLE' : undefined;
  const code = isTimeout(error) ? 'PROVIDER_TIMEOUT' : (codeOf(error, facts) ?? unreachable ?? fallback);
  const isUsedUp = status === 402 || saysUsedUp(`${signs} ${facts.message}`);
  const isRetryable = retryableCodes.has(code) && !isUsedUp && hintsOf(error)['x-should-retry'] !== 'false';
  return new ProviderError(code, explain(code, message, isUsedUp ? usedUp : undefined), {
    cause: error,
    retryable: isRetryable,
    retryAt: isRetryable ? readRetryAt({ headers: hintsOf(error), text: textOf(error, facts) }) : null,
  });
}

/** A provider's report of a failure: the HTTP status, its words, and its error types and codes in lower case. */
interface Facts {
  status: number | undefined;
  message: string;
  signs: string;
}

const usedUp = 'The credit or the quota of this gateway at the model provider is used up.';

/** The headers of the response, with names in lower case. */
function hintsOf(error: unknown): Record<string, string> {
  return (APICallError.isInstance(error) && error.responseHeaders) || {};
}

/** Google states the wait in the details of an error, others in its words. */
function textOf(error: unknown, { message }: Facts): string {
  const body = APICallError.isInstance(error) ? error.responseBody : undefined;
  return body ? `${message}\n${body}` : message;
}

const retryableCodes: ReadonlySet<RunFailureCode> = new Set([
  'PROVIDER_RATE_LIMITED',
  'PROVIDER_UNAVAILABLE',
  'PROVIDER_UNREACHABLE',
]);

function codeOf(error: unknown, { status, message, signs }: Facts): RunFailureCode | undefined {
  if (isFormatError(error) || /\bai_(?:json|type|invalid)/.test(signs)) return 'PROVIDER_BAD_RESPONSE';
  const named = failureCodeIn(signs);
  if (named !== undefined) return named;
  if (status === undefined) return codeOfReport({ message, signs });
  const rateLimited = status === 429 || signs.includes('rate_limit');
  const isTooLong = status === 413 || saysContextTooLong(`${signs} ${message}`);
  if (status >= 400 && !rateLimited && isTooLong) return 'CONTEXT_TOO_LONG';
  const byStatus = codeOfStatus(status);
  // Servers use 400 for everything, also for a refused key.
  if (status === 400) return saysUnauthorized(signs, message) ? 'PROVIDER_UNAUTHORIZED' : byStatus;
  // Provider packages make up a 5xx for an error within a stream, so the error type counts more than a 5xx.
  // llama.cpp refuses tools with 500. Asking again would not help.
  if (status >= 500) return needIn(message) ? 'PROVIDER_REJECTED' : (codeBySigns(signs) ?? byStatus);
  return byStatus;
}

/** Classifies an error without an HTTP status by what it says: first by its types and codes, then by its words. */
export function codeOfReport({ message = '', signs }: ErrorReport): RunFailureCode | undefined {
  const rateLimited = signs.includes('rate_limit');
  if (!rateLimited && saysContextTooLong(`${signs} ${message}`)) return 'CONTEXT_TOO_LONG';
  const said = codeBySigns(signs);
  // Many servers call every refusal an invalid request.
  const isVague = said === undefined || said === 'PROVIDER_REJECTED';
  return isVague ? (codeByWords(message) ?? failureCodeIn(signs) ?? said) : said;
}

function saysUnauthorized(signs: string, message: string): boolean {
  return codeBySigns(signs) === 'PROVIDER_UNAUTHORIZED' || codeByWords(message) === 'PROVIDER_UNAUTHORIZED';
}

/** The reader of the wire names the code itself, in lower case. Google's status `INTERNAL` is not such a name. */
function failureCodeIn(signs: string): RunFailureCode | undefined {
  const codes = signs.toUpperCase().split(' ');
  return codes.find(
    (code): code is RunFailureCode =>
      /^(?:PROVIDER_|CONTEXT_)/.test(code) && Object.hasOwn(runFailureCodes, code),
  );
}

/** A time-out, a conflict with another request, and a request that came too early. */
const passing: ReadonlySet<number> = new Set([408, 409, 425]);

function codeOfStatus(status: number): RunFailureCode {
  if (status >= 500 || passing.has(status)) return 'PROVIDER_UNAVAILABLE';
  if (status === 429) return 'PROVIDER_RATE_LIMITED';
  if (status === 401 || status === 403) return 'PROVIDER_UNAUTHORIZED';
  if (status >= 400) return 'PROVIDER_REJECTED';
  return status >= 200 && status < 300 ? 'PROVIDER_STREAM_CUT' : 'PROVIDER_BAD_RESPONSE';
}

function readFacts(error: unknown): ErrorReport & Pick<Facts, 'status'> {
  if (!APICallError.isInstance(error)) {
    // The errors of provider packages quote what was received. They have no words for people.
    const report = error instanceof Error ? undefined : readErrorReport(error);
    return { status: undefined, message: report?.message, signs: report?.signs ?? signsOf(error) };
  }
  return { status: error.statusCode, ...readErrorReport(error.responseBody || error.data) };
}

function signsOf(error: unknown): string {
  return error instanceof Error ? error.name.toLowerCase() : '';
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

/** Connecting has a time-out of its own, in the operating system and in `createOutboundFetch`. */
function isTimeout(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    if ('code' in each && /^(?:ETIMEDOUT|UND_ERR_(?:HEADERS|CONNECT)_TIMEOUT)$/.test(String(each.code))) {
      return true;
    }
  }
  return false;
}
