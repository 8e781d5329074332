import type { RunFailureCode } from '../../log/run-event.ts';
import { ProviderError } from './provider-error.ts';

const refusals: ReadonlySet<RunFailureCode> = new Set([
  'OVERLOADED',
  'PROVIDER_UNAUTHORIZED',
  'PROVIDER_RATE_LIMITED',
  'PROVIDER_UNAVAILABLE',
  'PROVIDER_UNREACHABLE',
  'PROVIDER_REJECTED',
  'CONTEXT_TOO_LONG',
]);

/** Whether the provider refused a request, or it was never sent. A refused request without any answer costs no tokens. */
export function isRefusal(error: unknown): boolean {
  return error instanceof ProviderError && refusals.has(error.code);
}
