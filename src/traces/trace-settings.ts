/** Where spans are sent and which, in the words of the environment variables of OpenTelemetry. */
export interface TraceSettings {
  /** The URL of a collector that takes OTLP over HTTP: `http://localhost:4318`. */
  endpoint: string;
  /** `name=value`, separated by commas; percent-encoded. */
  headers?: string | undefined;
  /** The name of this process. */
  serviceName: string;
  /** As `headers`: what is known of the process. */
  resourceAttributes?: string | undefined;
  /** Default: `parentbased_always_on`. */
  sampler?: SamplerName | undefined;
  /** The part of all traces that a sampler with a ratio takes: 0 to 1. Default: 1. */
  samplerRatio?: number | undefined;
  /** How long spans are gathered before they are sent, in milliseconds. Default: 5,000. */
  delayMs?: number | undefined;
}

export const samplerNames = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

type SamplerName = (typeof samplerNames)[number];

/** Where the spans are sent to: the path that OTLP appends to the URL of a collector. */
export function tracesUrl(endpoint: string): string {
  return `${endpoint.replace(/\/+$/, '')}/v1/traces`;
}
