import type { TraceSettings } from './trace-settings.ts';
import type { Traces } from './traces.ts';

/**
 * Opens the traces. The packages of OpenTelemetry are loaded with it, and not before.
 *
 * @param warn Called at most once a minute, when spans could not be sent.
 */
export async function openTraces(
  settings: TraceSettings,
  warn: (problem: { spans: number; reason: string }) => void,
): Promise<Traces> {
  const { createOpenTelemetry } = await import('./open-telemetry.ts');
  return createOpenTelemetry(settings, warn);
}
