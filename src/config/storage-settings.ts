import { z } from 'zod';
import { isPostgresUrl } from './database-url.ts';
import { isPlainHttpUrl } from './http-url.ts';
import { apiKey, milliseconds, wholeNumber } from './setting-type.ts';

const databaseUrl = z
  .string()
  .refine(
    isDatabaseUrl,
    'must be a file: URL (file:data/switchyard.db), or a postgresql: URL (postgresql://user:password@host:5432/switchyard)',
  );

const redisUrl = z
  .string()
  .refine(
    isRedisUrl,
    'must be a redis: or rediss: URL (redis://127.0.0.1:6379, rediss://user:password@redis.example.org:6380/1)',
  );

const redisPrefix = z
  .string()
  .regex(/^[\w.:-]{1,100}$/, 'must be 1 to 100 letters, digits and the characters _ . : -');

const blobUrl = z
  .string()
  .refine(
    isBlobUrl,
    'must be a file: URL (file:data/blobs), or s3://bucket/prefix with endpoint, region and forcePathStyle as its query',
  );

/** The database, Redis and the store for blobs. */
export const storageSettings = {
  DATABASE_URL: databaseUrl.optional().meta({
    description:
      'The database that holds sessions and messages: an SQLite file, or a database of PostgreSQL 14 or newer whose owner is the user of the URL.',
    defaultInWords: 'file:<DATA_DIR>/switchyard.db',
    secret: true,
  }),
  DATABASE_CONNECTIONS: wholeNumber(2, 1_000).default(10).meta({
    description: 'Most connections to PostgreSQL that are open at once, beside one that locks the database.',
  }),
  DATABASE_TIMEOUT_MS: milliseconds(100).default(15_000).meta({
    description:
      'Milliseconds that a statement may take in PostgreSQL, and that it may wait for a connection. After that it fails.',
  }),
  REDIS_URL: redisUrl.optional().meta({
    description:
      'Redis server that connects all gateways of one PostgreSQL database, which then act as one. Without it, one gateway uses the database alone.',
    secret: true,
  }),
  REDIS_PREFIX: redisPrefix.default('switchyard').meta({
    description:
      'What all keys and channels in Redis begin with. Installations that share a Redis server need different ones.',
  }),
  GATEWAY_LEASE_MS: milliseconds(1_000).default(10_000).meta({
    description:
      'With REDIS_URL: milliseconds after which the other gateways take over the runs of a gateway that has died or is frozen. The same for all gateways.',
  }),
  BLOB_URL: blobUrl.optional().meta({
    description:
      'Where recordings and, below `workspaces`, the files of workspaces are stored: a folder, or s3://bucket/prefix?endpoint=…&region=…&forcePathStyle=true.',
    defaultInWords: 'file:<DATA_DIR>/blobs',
    secret: true,
  }),
  WORKSPACE_ROOT: z.string().optional().meta({
    description:
      'The folder in which the folders of workspaces with the source SERVER lie. Users who are no admins may name only those below `<WORKSPACE_ROOT>/<their name>`, where the name is percent-encoded.',
    defaultInWords: '<DATA_DIR>/workspaces',
  }),
  S3_ACCESS_KEY_ID: apiKey
    .optional()
    .meta({ description: 'Access key for the bucket; needed when BLOB_URL names a bucket.', secret: true }),
  S3_SECRET_ACCESS_KEY: apiKey
    .optional()
    .meta({ description: 'The secret that belongs to S3_ACCESS_KEY_ID.', secret: true }),
};

type Storage = z.output<z.ZodObject<typeof storageSettings>>;

/** Returns a sentence for each contradiction between the settings of storage. */
export function storageConflicts(env: Storage): string[] {
  return [...redisConflicts(env), ...bucketConflicts(env)];
}

function redisConflicts({ REDIS_URL, DATABASE_URL }: Storage): string[] {
  if (REDIS_URL === undefined || (DATABASE_URL && isPostgresUrl(DATABASE_URL))) return [];
  return [
    'REDIS_URL connects the gateways of one PostgreSQL database: set DATABASE_URL to a postgresql: URL, or leave REDIS_URL out.',
  ];
}

function bucketConflicts(env: Storage): string[] {
  const isBucket = env.BLOB_URL?.startsWith('s3:') ?? false;
  return (['S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'] as const).flatMap((name) => {
    if (isBucket === (env[name] !== undefined)) return [];
    return isBucket ? `${name} is needed for the bucket.` : `${name} has no effect without an s3: BLOB_URL.`;
  });
}

/** How the gateways of one database reach each other. Undefined for a gateway that has its database alone. */
export function toRedis({ REDIS_URL, REDIS_PREFIX, GATEWAY_LEASE_MS }: Storage) {
  return REDIS_URL === undefined
    ? undefined
    : { url: REDIS_URL, prefix: REDIS_PREFIX, leaseMs: GATEWAY_LEASE_MS };
}

function isDatabaseUrl(value: string): boolean {
  if (/^file:(?!:memory:)[^?#]+$/.test(value)) return true;
  if (!URL.canParse(value)) return false;
  const { hostname, pathname, hash, username, password } = new URL(value);
  return (
    isPostgresUrl(value) &&
    hostname !== '' &&
    pathname.length > 1 &&
    hash === '' &&
    [username, password, pathname].every(isPercentEncoded)
  );
}

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
