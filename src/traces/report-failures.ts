import { ExportResultCode } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';

/** Milliseconds between two warnings. */
const warnEveryMs = 60_000;

/**
 * Passes spans on to an exporter, and tells of those that it could not send. The SDK itself tells nobody, unless the whole
 * process gives it a logger.
 *
 * @param warn Called at once, and then at most once a minute. `spans`: how many were lost since it was called before.
 */
export function reportFailures(
  exporter: SpanExporter,
  warn: (problem: { spans: number; reason: string }) => void,
): SpanExporter {
  let lost = 0;
  let nextAt = 0;
  return {
    export(spans: ReadableSpan[], whenDone) {
      exporter.export(spans, (result) => {
        if (result.code !== ExportResultCode.SUCCESS) {
          lost += spans.length;
          if (performance.now() >= nextAt) {
            nextAt = performance.now() + warnEveryMs;
            warn({ spans: lost, reason: reasonOf(result.error) });
            lost = 0;
          }
        }
        whenDone(result);
      });
    },
    shutdown: () => exporter.shutdown(),
  };
}

/** Without the words of the collector, and without the address that its error names: its URL may be secret. */
function reasonOf(error: Error | undefined): string {
  const code = error && 'code' in error ? error.code : undefined;
  if (typeof code === 'number') return `the endpoint answered with the status ${code}`;
  return typeof code === 'string' ? code : 'the endpoint does not answer';
}
