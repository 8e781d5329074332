import { z } from 'zod';
import { wholeNumber } from './setting-type.ts';

/** Whether and where the gateway shows what it counts. Either of the first two turns metrics on. */
export const metricsSettings = {
  METRICS_PORT: wholeNumber(0, 65_535).optional().meta({
    description: 'Turns metrics on, at http://<METRICS_HOST>:<METRICS_PORT>/metrics; 0 takes any free port.',
  }),
  METRICS_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]{16,}$/, 'must have at least 16 characters and no spaces or line breaks')
    .optional()
    .meta({
      description:
        'Turns metrics on, for requests with `Authorization: Bearer <METRICS_TOKEN>`; without METRICS_PORT at /metrics of the gateway itself.',
      secret: true,
    }),
  METRICS_HOST: z
    .string()
    .default('127.0.0.1')
    .meta({ description: 'Address on which METRICS_PORT listens.' }),
};

/** Undefined: the gateway counts nothing. */
export function toMetrics(env: z.output<z.ZodObject<typeof metricsSettings>>) {
  const { METRICS_PORT: port, METRICS_TOKEN: token, METRICS_HOST: host } = env;
  if (port === undefined && token === undefined) return undefined;
  return { token, listen: port === undefined ? undefined : { host, port } };
}
