import { parseKeyPairsIntoRecord } from '@opentelemetry/core';
import { type TraceSettings, tracesUrl } from './trace-settings.ts';

/** How long the endpoint may take, in milliseconds. */
const timeoutMs = 5_000;

/**
 * Sends an empty request, to find out whether the endpoint would take spans.
 *
 * @returns Why not; undefined if it would.
 */
export async function tryEndpoint({ endpoint, headers = '' }: TraceSettings): Promise<string | undefined> {
  try {
    const response = await fetch(tracesUrl(endpoint), {
      method: 'POST',
      headers: { ...parseKeyPairsIntoRecord(headers), 'content-type': 'application/json' },
      body: '{"resourceSpans":[]}',
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.body?.cancel();
    return response.ok ? undefined : `it answers with the status ${response.status}`;
  } catch (error) {
    const { cause } = error as { cause?: { code?: unknown } };
    return typeof cause?.code === 'string' ? cause.code : 'it does not answer';
  }
}
