import { z } from 'zod';
import { samplerNames, type TraceSettings } from '../traces/trace-settings.ts';
import { isPlainHttpUrl } from './http-url.ts';
import { milliseconds } from './setting-type.ts';

/** What names and values of a list may be: they are percent-encoded. */
const pairs = /^\s*[^\s,=;]+\s*=[^,;]*(,\s*[^\s,=;]+\s*=[^,;]*)*$/;
const expectedPairs = 'must be a list like name=value,other=value';

/** Whether and where the gateway sends traces. The names are those of OpenTelemetry. The first turns traces on. */
export const traceSettings = {
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .string()
    .refine(isPlainHttpUrl, 'must be the http: or https: URL of a collector (http://localhost:4318)')
    .optional()
    .meta({
      description:
        'Turns traces on: the URL of a collector that takes OTLP over HTTP (http://localhost:4318). They are sent to <URL>/v1/traces, as JSON.',
    }),
  OTEL_EXPORTER_OTLP_HEADERS: z.string().regex(pairs, expectedPairs).optional().meta({
    description:
      'Headers for the collector, such as its key, percent-encoded and separated by commas: authorization=Bearer%20….',
    secret: true,
  }),
  OTEL_SERVICE_NAME: z
    .string()
    .default('switchyard')
    .meta({ description: 'What the gateway is called in its traces.' }),
  OTEL_RESOURCE_ATTRIBUTES: z.string().regex(pairs, expectedPairs).optional().meta({
    description:
      'What else traces say of the gateway: deployment.environment.name=production,service.version=7.',
  }),
  OTEL_TRACES_SAMPLER: z
    .enum(samplerNames)
    .default('parentbased_always_on')
    .meta({
      description: `Which traces are sent: ${samplerNames.join(', ')}. With parentbased, the sender of a request decides, where it is part of a trace already.`,
    }),
  OTEL_TRACES_SAMPLER_ARG: z
    .string()
    .regex(/^(0(\.\d+)?|1(\.0+)?)$/, 'must be a number from 0 to 1')
    .transform(Number)
    .default(1)
    .meta({ description: 'The part of all traces that a sampler with traceidratio takes, from 0 to 1.' }),
  OTEL_BSP_SCHEDULE_DELAY: milliseconds(1)
    .default(5_000)
    .meta({ description: 'How long the gateway gathers spans before it sends them, in milliseconds.' }),
};

/** Undefined: the gateway makes no traces. */
export function toTraces(env: z.output<z.ZodObject<typeof traceSettings>>): TraceSettings | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } = env;
  if (endpoint === undefined) return undefined;
  return {
    endpoint,
    headers: env.OTEL_EXPORTER_OTLP_HEADERS,
    serviceName: env.OTEL_SERVICE_NAME,
    resourceAttributes: env.OTEL_RESOURCE_ATTRIBUTES,
    sampler: env.OTEL_TRACES_SAMPLER,
    samplerRatio: env.OTEL_TRACES_SAMPLER_ARG,
    delayMs: env.OTEL_BSP_SCHEDULE_DELAY,
  };
}
