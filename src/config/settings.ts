import { z } from 'zod';
import { authSettings } from './auth-settings.ts';
import { isPlainHttpUrl } from './http-url.ts';
import { limitSettings } from './limit-settings.ts';
import { milliseconds, wholeNumber } from './setting-type.ts';
import { webSettings } from './web-settings.ts';

/** For what is added up or multiplied before a timer takes it. */
const oneDayMs = 86_400_000;

const databaseUrl = z
  .string()
  .regex(
    /^file:(?!:memory:)[^?#]+$/,
    'must be a file: URL (file:data/switchyard.db): this version knows SQLite files only',
  );

const blobUrl = z
  .string()
  .refine(
    isBlobUrl,
    'must be a file: URL (file:data/blobs), or s3://bucket/prefix with endpoint, region and forcePathStyle as its query',
  );

const model = z
  .string()
  .regex(/^[^\s/]+(\/\S+)?$/, 'must be a provider, or a provider and a model (openai, openai/gpt-5-mini)');

const redisUrl = z
  .string()
  .refine(
    isRedisUrl,
    'must be a redis: or rediss: URL (redis://127.0.0.1:6379, rediss://user:password@redis.example.org:6380/1)',
  );

const apiKey = z
  .string()
  .regex(/^[\x21-\x7e]+$/, 'must be a key without spaces or line breaks')
  .meta({ secret: true });

const baseUrl = z
  .string()
  .refine(isPlainHttpUrl, 'must be an http: or https: URL without a user name or password in it')
  .meta({ secret: true });

/**
 * Every setting: its type, its default, what it is for. A message says what was expected and stands after the
 * setting's name. The value of a `secret` is never shown; `defaultInWords` tells of a default that depends.
 */
export const environment = z.object({
  HOST: z
    .string()
    .default('127.0.0.1')
    .meta({ description: 'Address to listen on; with AUTH=none a loopback address.' }),
  PORT: wholeNumber(0, 65_535)
    .default(8000)
    .meta({ description: 'Port to listen on; 0 takes any free one.' }),
  DATA_DIR: z
    .string()
    .default('data')
    .meta({ description: 'Folder for everything the gateway keeps. One gateway per folder.' }),
  DATABASE_URL: databaseUrl.optional().meta({
    description: 'The SQLite file with sessions and messages.',
    defaultInWords: 'file:<DATA_DIR>/switchyard.db',
    secret: true,
  }),
  REDIS_URL: redisUrl.optional().meta({
    description:
      'Redis, where several gateways count the requests of a client together; else each by itself.',
    secret: true,
  }),
  BLOB_URL: blobUrl.optional().meta({
    description:
      'Where recordings are kept: a folder, or s3://bucket/prefix?endpoint=…&region=…&forcePathStyle=true.',
    defaultInWords: 'file:<DATA_DIR>/blobs',
    secret: true,
  }),
  S3_ACCESS_KEY_ID: apiKey
    .optional()
    .meta({ description: 'Key for the bucket, where BLOB_URL names one.', secret: true }),
  S3_SECRET_ACCESS_KEY: apiKey
    .optional()
    .meta({ description: 'The secret that goes with the key for the bucket.', secret: true }),
  ...authSettings,
  MODEL: model.optional().meta({
    description: 'Model to answer with where a session names none: a provider, or provider/model.',
    defaultInWords: 'the first provider that is configured, else demo',
  }),
  DEMO_DELAY_MS: milliseconds(0)
    .default(25)
    .meta({ description: 'Pause between two words of the demo model.' }),
  OPENAI_API_KEY: apiKey
    .optional()
    .meta({ description: 'Key for OpenAI, or for the server at OPENAI_BASE_URL.', secret: true }),
  OPENAI_BASE_URL: baseUrl.optional().meta({
    description: 'An OpenAI-compatible server (Ollama, vLLM, llama.cpp …): the provider openai-compatible.',
    secret: true,
  }),
  ANTHROPIC_API_KEY: apiKey.optional().meta({ description: 'Key for Anthropic.', secret: true }),
  ANTHROPIC_BASE_URL: baseUrl
    .optional()
    .meta({ description: 'Where Anthropic is reached, if not at its own address.', secret: true }),
  GOOGLE_GENERATIVE_AI_API_KEY: apiKey
    .optional()
    .meta({ description: 'Key for Google Gemini.', secret: true }),
  GOOGLE_GENERATIVE_AI_BASE_URL: baseUrl
    .optional()
    .meta({ description: 'Where Google Gemini is reached, if not at its own address.', secret: true }),
  MODEL_IDLE_TIMEOUT_MS: milliseconds(1)
    .default(60_000)
    .meta({ description: 'A model that is silent for longer fails the run.' }),
  MODEL_MAX_RETRIES: wholeNumber(0, 100)
    .default(3)
    .meta({ description: 'How often a failing call to a model is tried again before its answer begins.' }),
  MAX_STEPS: wholeNumber(1, 1_000)
    .default(16)
    .meta({ description: 'How many times one run may call its model.' }),
  MAX_QUEUED_RUNS: wholeNumber(0, 10_000)
    .default(8)
    .meta({ description: 'How many runs may wait for their turn in one session.' }),
  MAX_PROMPT_BYTES: wholeNumber(1, 1_073_741_824)
    .default(262_144)
    .meta({ description: 'Longest prompt, in bytes of UTF-8.' }),
  CHECKPOINT_MS: milliseconds(1)
    .default(1_000)
    .meta({ description: 'How often an unfinished answer is saved.' }),
  RUN_LOG_TTL_MS: milliseconds(0)
    .default(300_000)
    .meta({ description: 'How long the log of an ended run can still be replayed.' }),
  SHUTDOWN_GRACE_MS: milliseconds(0)
    .default(10_000)
    .meta({ description: 'How long live runs may go on when the gateway is told to stop.' }),
  TOOL_APPROVAL_TIMEOUT_MS: milliseconds(1)
    .default(300_000)
    .meta({ description: 'How long a tool call waits for somebody to allow it; then it is denied.' }),
  NODE_HEARTBEAT_MS: milliseconds(1, oneDayMs)
    .default(10_000)
    .meta({ description: 'How often agents send a heartbeat; after three missed ones a node is offline.' }),
  NODE_GRACE_MS: milliseconds(0, oneDayMs)
    .default(30_000)
    .meta({ description: 'How long the tool calls of a node that vanished wait for it.' }),
  DISPATCH_ACK_MS: milliseconds(1)
    .default(10_000)
    .meta({ description: 'How long a connected node may take to take a tool call.' }),
  DISPATCH_TIMEOUT_MS: milliseconds(1, oneDayMs)
    .default(120_000)
    .meta({ description: 'How long a tool may run on a node, unless its call says otherwise.' }),
  MAX_DISPATCH_TIMEOUT_MS: milliseconds(1, oneDayMs)
    .default(600_000)
    .meta({ description: 'The longest that the call of a command may ask for.' }),
  CANCEL_CONFIRM_MS: milliseconds(0, oneDayMs)
    .default(5_000)
    .meta({ description: 'How long a cancelled run waits for nodes to say that they have stopped.' }),
  MAX_TOOL_OUTPUT_BYTES: wholeNumber(1_024, 1_073_741_824)
    .default(32_768)
    .meta({ description: 'Most of the output of a tool, shown live and told to the model each.' }),
  MAX_QUEUED_DISPATCHES: wholeNumber(0, 10_000)
    .default(32)
    .meta({ description: 'How many tool calls may wait for a place on one node.' }),
  MAX_NODES_PER_SESSION: wholeNumber(1, 1_000)
    .default(100)
    .meta({ description: 'Most nodes attached to one session.' }),
  MAX_BODY_BYTES: wholeNumber(1, 1_073_741_824)
    .default(2_097_152)
    .meta({ description: 'Largest request body.' }),
  MAX_AUDIO_BYTES: wholeNumber(1, 2_147_483_647)
    .default(26_214_400)
    .meta({ description: 'Largest recording.' }),
  MAX_PAGE_SIZE: wholeNumber(1, 10_000)
    .default(100)
    .meta({ description: 'Most items that a connection gives at once.' }),
  MAX_QUERY_TOKENS: wholeNumber(1, 1_000_000)
    .default(2_000)
    .meta({ description: 'Longest GraphQL document, in tokens.' }),
  MAX_OPERATIONS_PER_STREAM: wholeNumber(1, 100_000)
    .default(100)
    .meta({ description: 'Most operations at once on one event stream.' }),
  STREAM_RESERVATION_TTL_MS: milliseconds(1)
    .default(15_000)
    .meta({ description: 'How long a reserved event stream waits to be opened.' }),
  LOG_LEVEL: z
    .enum(
      ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
      'must be fatal, error, warn, info, debug, trace or silent',
    )
    .default('info')
    .meta({ description: 'The least important messages that are logged.' }),
  LOG_FORMAT: z.enum(['pretty', 'json'], 'must be pretty or json').optional().meta({
    description: 'For people, or one JSON object a line.',
    defaultInWords: 'pretty on a terminal, else json',
  }),
  ...limitSettings,
  ...webSettings,
});

/** The settings as they come out of `environment`. */
export type Environment = z.output<typeof environment>;

export interface Setting {
  name: string;
  description: string;
  /** As it would be written in the environment; undefined where there is none, or none that is fixed. */
  default: string | undefined;
  /** What is taken where the default is not fixed. */
  defaultInWords: string | undefined;
  secret: boolean;
}

/** The settings as a table, for the README, `.env.example` and messages. */
export const settings: readonly Setting[] = Object.entries(environment.shape).map(([name, type]) => {
  const { description = '', defaultInWords, secret } = type.meta() ?? {};
  const value: unknown = type.parse(undefined);
  return {
    name,
    description,
    default: value === undefined ? undefined : String(value),
    defaultInWords: typeof defaultInWords === 'string' ? defaultInWords : undefined,
    secret: secret === true,
  };
});

function isRedisUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname, pathname, search, hash, username, password } = new URL(value);
  return (
    (protocol === 'redis:' || protocol === 'rediss:') &&
    hostname !== '' &&
    /^(\/\d*)?$/.test(pathname) &&
    search === '' &&
    hash === '' &&
    [username, password].every(isPercentEncoded)
  );
}

function isPercentEncoded(text: string): boolean {
  return !/%(?![\da-f]{2})/i.test(text);
}

function isBlobUrl(value: string): boolean {
  if (/^file:[^?#]+$/.test(value)) return true;
  if (!URL.canParse(value)) return false;
  const { protocol, hostname, username, password, port, hash, searchParams: query } = new URL(value);
  const endpoint = query.get('endpoint');
  return (
    protocol === 's3:' &&
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(hostname) &&
    [username, password, port, hash].every((part) => part === '') &&
    [...query.keys()].every((key) => ['endpoint', 'region', 'forcePathStyle'].includes(key)) &&
    (endpoint === null || isPlainHttpUrl(endpoint)) &&
    query.get('region') !== '' &&
    ['true', 'false', null].includes(query.get('forcePathStyle'))
  );
}
