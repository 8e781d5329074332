import { cutText } from '../../../base/cut-text.ts';
import { storable } from '../../../base/storable-text.ts';
import { type RunFailureCode, runFailureCodes } from '../../log/run-event.ts';

export interface ProviderErrorOptions {
  cause?: unknown;
  /** Whether the same request may succeed later. Default: false. */
  retryable?: boolean;
  /** When the provider takes the next request, in milliseconds since the epoch. Default: null, it did not say. */
  retryAt?: number | null;
}

/**
 * A model call that failed. `message` is a sentence for people, without keys and addresses. `cause` may contain keys,
 * addresses and messages of the session: never show it to a client.
 */
export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly code: RunFailureCode;
  readonly retryable: boolean;
  readonly retryAt: number | null;

  /** @param message Default: the code's own sentence. */
  constructor(
    code: RunFailureCode,
    message: string = runFailureCodes[code],
    options: ProviderErrorOptions = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.retryAt = options.retryAt ?? null;
  }
}

/** The longest explanation of a provider that is shown, in characters. */
const maxDetail = 300;
/** Addresses and keys are looked for in so many characters: the patterns take the square of the length. */
const maxSearched = 2_000;

/**
 * The sentence, followed by the part of the provider's explanation that may be shown.
 *
 * @param sentence Default: the code's own.
 */
export function explain(
  code: RunFailureCode,
  detail: string | undefined,
  sentence: string = runFailureCodes[code],
): string {
  const explanation = publicDetail(detail ?? '');
  return explanation === '' ? sentence : `${sentence.replace(/\.$/, '')}: ${explanation}`;
}

/** The first line of a provider's explanation, with `[…]` in place of anything that looks like an address or a key. */
function publicDetail(detail: string): string {
  const [line = ''] = detail.trim().split('\n');
  const hidden = cutText(line, maxSearched)
    .replace(/\b[a-z][a-z0-9+.-]*:\/\/\S+/gi, '[…]')
    .replace(
      /\b(?:[\w-]+\.)+(?:ai|app|cloud|com|corp|dev|internal|io|lan|local|net|org)\b(?::\d+)?\S*/gi,
      '[…]',
    )
    .replace(/\b(?:localhost|\d{1,3}(?:\.\d{1,3}){3})(?::\d+)?\S*/gi, '[…]')
    .replace(/\bbearer\s+\S+/gi, '[…]')
    .replace(/\b(?:sk|pk|rk|gsk|xai|hf|key|api[-_]?key)[-_=:][\w*.-]{6,}/gi, '[…]')
    .replace(/\b(?=\w*\d)(?=\w*[a-z])\w{24,}/gi, '[…]');
  // Half characters cannot be stored, and marks of direction would turn the rest of the sentence around.
  const plain = storable(hidden).replace(/[\u202a-\u202e\u2066-\u2069]/g, '');
  return cutText(plain, maxDetail).trim();
}
