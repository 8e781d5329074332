import { samplerNames, type TraceSettings } from '../../traces/trace-settings.ts';
import { AgentError } from '../errors/agent-error.ts';

/**
 * Reads where the agent sends its traces from the variables of OpenTelemetry, which have the meaning that they have for a
 * gateway. Undefined: it makes none.
 *
 * @throws AgentError for a value that cannot be used.
 */
export function readTraceSettings(env: NodeJS.ProcessEnv): TraceSettings | undefined {
  const read = (name: string) => env[name]?.trim() || undefined;
  const endpoint = read('OTEL_EXPORTER_OTLP_ENDPOINT');
  if (endpoint === undefined) return undefined;
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol)) {
    throw new AgentError('OTEL_EXPORTER_OTLP_ENDPOINT must be the http: or https: URL of a collector.');
  }
  const named = read('OTEL_TRACES_SAMPLER');
  const sampler = samplerNames.find((name) => name === named);
  if (named !== undefined && sampler === undefined) {
    throw new AgentError(`OTEL_TRACES_SAMPLER must be one of: ${samplerNames.join(', ')}.`);
  }
  const samplerRatio = Number(read('OTEL_TRACES_SAMPLER_ARG') ?? 1);
  if (!(samplerRatio >= 0 && samplerRatio <= 1)) {
    throw new AgentError('OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1.');
  }
  const delayMs = Number(read('OTEL_BSP_SCHEDULE_DELAY') ?? 5_000);
  if (!(Number.isSafeInteger(delayMs) && delayMs > 0)) {
    throw new AgentError('OTEL_BSP_SCHEDULE_DELAY must be a number of milliseconds.');
  }
  return {
    ...{ endpoint, sampler, samplerRatio, delayMs },
    headers: read('OTEL_EXPORTER_OTLP_HEADERS'),
    serviceName: read('OTEL_SERVICE_NAME') ?? 'switchyard-agent',
    resourceAttributes: read('OTEL_RESOURCE_ATTRIBUTES'),
  };
}
