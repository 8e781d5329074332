import { z } from 'zod';
import { wholeNumber } from './setting-type.ts';

/** Where the gateway listens and keeps its files. */
export const serverSettings = {
  HOST: z
    .string()
    .default('127.0.0.1')
    .meta({ description: 'Address to listen on. With AUTH=none it must be a loopback address.' }),
  PORT: wholeNumber(0, 65_535)
    .default(8000)
    .meta({ description: 'Port to listen on; 0 takes any free port.' }),
  DATA_DIR: z
    .string()
    .default('data')
    .meta({ description: 'Folder in which the gateway stores its data. Each gateway needs its own.' }),
};

/** What the gateway logs. */
export const logSettings = {
  LOG_LEVEL: z
    .enum(
      ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
      'must be fatal, error, warn, info, debug, trace or silent',
    )
    .default('info')
    .meta({ description: 'Log lines of this level and above are written.' }),
  LOG_FORMAT: z.enum(['pretty', 'json'], 'must be pretty or json').optional().meta({
    description: 'pretty: for people to read; json: one JSON object per line.',
    defaultInWords: 'pretty on a terminal, or else json',
  }),
};
