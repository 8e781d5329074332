import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { settings } from '../../src/config/settings.ts';
import { findUnknownSettings } from '../../src/config/unknown-settings.ts';
import { openTemporaryFolder } from '../support/files/temporary-folder.ts';

/** The error message of `readConfig`, as lines; empty if the settings are valid. */
function complaints(env: Record<string, string>): string[] {
  try {
    readConfig(env);
  } catch (error) {
    expect(error).toMatchObject({ name: 'StartupError' });
    return String(error instanceof Error && error.message).split('\n');
  }
  return [];
}

test('unknown names of `.env`, and of the environment those that look like settings, are found', () => {
  const environment = { MAX_STEP: '1', HOME: '/', PATH: '/bin', HOSTS: 'x', NODE_ENV: 'x', MAX_EMPTY: ' ' };
  const keys = { GEMINI_API_KEY: 'x', ANTHROPIC_KEY: 'x', ANTHROPIC_API_KEY: 'x' };
  const others = { ...keys, https_proxy: 'x', SWITCHYARD_TOKEN: 'x', DATABASE_URI: 'x', JWT_SECRET: 'x' };
  const found = findUnknownSettings({ ...environment, ...others }, { PROT: '1', COLOUR: 'red', PORT: '1' });
  expect(found).toEqual([
    { name: 'PROT', place: '.env', meant: undefined },
    { name: 'COLOUR', place: '.env', meant: undefined },
    { name: 'MAX_STEP', place: 'the environment', meant: 'MAX_STEPS' },
    { name: 'GEMINI_API_KEY', place: 'the environment', meant: 'GOOGLE_GENERATIVE_AI_API_KEY' },
    { name: 'DATABASE_URI', place: 'the environment', meant: 'DATABASE_URL' },
  ]);
});

test('without any setting, every value has a default that needs no network', () => {
  const config = readConfig({ LOG_FORMAT: 'json' });
  expect(config.dataDir).toBe(resolve('data'));
  expect(config.database.url).toBe(`file:${resolve('data')}/switchyard.db`);
  expect(config.blobs).toEqual({ url: `file:${resolve('data')}/blobs` });
  const { dataDir: _folder, database: _url, blobs: _blobs, workspaces, ...rest } = config;
  const { root, ...workspaceLimits } = workspaces;
  expect(root).toBe(resolve('data/workspaces'));
  expect({ ...rest, workspaceLimits }).toMatchInlineSnapshot(`
    {
      "attachments": {
        "maxBytes": 20971520,
        "maxBytesInFlight": 268435456,
        "maxImagePixels": 100000000,
        "maxPerPrompt": 10,
        "maxSentBytes": 20971520,
        "maxTextBytes": 1048576,
        "unsentTtlMs": 86400000,
        "waitMs": 120000,
      },
      "auditRetentionDays": 365,
      "auth": undefined,
      "budgets": {
        "perDay": undefined,
        "perMonth": undefined,
        "perUserDay": undefined,
        "perUserMonth": undefined,
      },
      "chat": {
        "changeLogTtlMs": 604800000,
        "checkpointMs": 1000,
        "clientToolTimeoutMs": 300000,
        "maxAnswerBytes": 4194304,
        "maxCompletionSessions": 1000,
        "maxPromptBytes": 262144,
        "maxQueuedRuns": 8,
        "maxSteps": 16,
        "modelIdleTimeoutMs": 60000,
        "modelMaxRetries": 3,
        "modelMaxRetryWaitMs": 60000,
        "resumeRuns": "waiting",
        "runLogTtlMs": 300000,
        "sessionRetentionDays": 0,
        "sessionTitles": "off",
        "shutdownGraceMs": 10000,
        "summaryTimeoutMs": 60000,
        "toolApprovalTimeoutMs": 300000,
      },
      "http": {
        "bodyTimeoutMs": 30000,
        "headerTimeoutMs": 10000,
        "host": "127.0.0.1",
        "maxConnections": 10000,
        "port": 8000,
        "responseTimeoutMs": 30000,
      },
      "limits": {
        "maxAudioBytes": 26214400,
        "maxBodyBytes": 2097152,
        "maxEventLoopDelayMs": 10,
        "maxFollowersPerUser": 0,
        "maxListItems": 10000,
        "maxLiveRuns": 2000,
        "maxLiveRunsPerUser": 0,
        "maxMutationFields": 10,
        "maxOperationsPerStream": 100,
        "maxPageSize": 100,
        "maxQueryAliases": 30,
        "maxQueryCost": 60000,
        "maxQueryDepth": 15,
        "maxQueryDirectives": 50,
        "maxQueryTokens": 2000,
        "maxResponseBytes": 20971520,
        "maxStreamReservations": 10000,
        "maxStreamsPerUser": 0,
        "maxSubscriptionCost": 5000,
        "streamReservationTtlMs": 15000,
        "streamTicketTtlMs": 300000,
      },
      "log": {
        "format": "json",
        "level": "info",
      },
      "metrics": undefined,
      "models": {
        "demo": {
          "delayMs": 25,
        },
        "proxies": {
          "except": undefined,
          "http": undefined,
          "https": undefined,
        },
      },
      "nodes": {
        "ackMs": 10000,
        "cancelConfirmMs": 5000,
        "graceMs": 30000,
        "heartbeatMs": 10000,
        "maxConnections": 1000,
        "maxConnectionsPerUser": 0,
        "maxNodesPerSession": 100,
        "maxOutputBytes": 32768,
        "maxQueued": 32,
        "maxTimeoutMs": 600000,
        "timeoutMs": 120000,
      },
      "prices": {
        "currency": "USD",
        "models": {},
      },
      "quotas": {
        "maxMessagesPerSession": 100000,
        "maxNodesPerUser": 0,
        "maxSessionsPerUser": 0,
        "maxStoredBytesPerUser": 0,
        "minFreeDiskBytes": 0,
      },
      "redis": undefined,
      "requests": {
        "ofNodes": undefined,
        "ofUsers": undefined,
      },
      "traces": undefined,
      "web": {
        "allowedHosts": [],
        "corsOrigins": [],
        "introspection": true,
        "persistedOperations": undefined,
        "trustedProxies": [],
      },
      "workspaceLimits": {
        "maxBytes": 10737418240,
        "maxFileBytes": 1073741824,
        "maxFiles": 100000,
      },
    }
  `);
});

test('a blank value counts as not set', () => {
  const blank = Object.fromEntries(settings.map(({ name }) => [name, ' ']));
  expect(readConfig(blank)).toEqual(readConfig({}));
});

test('variables that are not settings are ignored', () => {
  expect(readConfig({ PATH: '/bin', PORTS: 'x' })).toEqual(readConfig({}));
});

test('values are trimmed, and the default database and blobs are in DATA_DIR', () => {
  const config = readConfig({ DATA_DIR: ' /srv/switchyard\n', PORT: ' 0 ' });
  expect(config).toMatchObject({
    dataDir: '/srv/switchyard',
    database: { url: 'file:/srv/switchyard/switchyard.db' },
    blobs: { url: 'file:/srv/switchyard/blobs' },
    http: { port: 0 },
  });
});

test('each invalid setting is named with the expected value', () => {
  expect(
    complaints({
      PORT: '65536',
      AUTH: 'password',
      JWT_SECRET: 'too short',
      DATABASE_URL: 'file::memory:',
      MODEL: '/gpt',
      MODEL_IDLE_TIMEOUT_MS: '0',
      MAX_STEPS: '1.5',
      MAX_BODY_BYTES: '2MB',
      RUN_LOG_TTL_MS: '2147483648',
      LOG_LEVEL: 'loud',
      LOG_FORMAT: 'xml',
    }),
  ).toMatchInlineSnapshot(`
    [
      "PORT must be a whole number from 0 to 65535; it is "65536".",
      "DATABASE_URL must be a file: URL (file:data/switchyard.db), or a postgresql: URL (postgresql://user:password@host:5432/switchyard).",
      "AUTH must be none, token or jwt; it is "password".",
      "JWT_SECRET must have at least 32 bytes.",
      "MODEL must be a provider, or a provider and a model (openai, openai/gpt-5-mini); it is "/gpt".",
      "MODEL_IDLE_TIMEOUT_MS must be a whole number from 1 to 2147483647; it is "0".",
      "MAX_STEPS must be a whole number from 1 to 1000; it is "1.5".",
      "RUN_LOG_TTL_MS must be a whole number from 0 to 2147483647; it is "2147483648".",
      "MAX_BODY_BYTES must be a whole number from 1 to 1073741824; it is "2MB".",
      "LOG_LEVEL must be fatal, error, warn, info, debug, trace or silent; it is "loud".",
      "LOG_FORMAT must be pretty or json; it is "xml".",
    ]
  `);
});

test.each(['127.0.0.1', '127.8.9.10', '::1', '0:0:0:0:0:0:0:1', 'localhost'])(
  'HOST may be %s with AUTH=none',
  (host) => {
    expect(readConfig({ HOST: host }).http.host).toBe(host);
  },
);

test.each(['0.0.0.0', '::', '192.168.0.7', '128.0.0.1', 'example.org', 'localhost.example.org', '127.1'])(
  'HOST may not be %s with AUTH=none, because others could reach it',
  (host) => {
    expect(complaints({ HOST: host })).toEqual([
      expect.stringMatching(/^HOST is ".*", where others may reach the gateway/),
    ]);
  },
);

describe('authentication', () => {
  const secret = 'a secret of at least thirty-two bytes';
  const keys = { JWT_JWKS_URL: 'https://login.test/keys', JWT_ISSUER: 'login', JWT_AUDIENCE: 'chat' };

  test.each([
    { AUTH: 'token' },
    { AUTH: 'jwt', JWT_SECRET: secret },
    { AUTH: 'jwt', ...keys },
    { AUTH_NONE_ANYWHERE: 'yes' },
  ])('with %o, HOST may be any address', (env) => {
    expect(readConfig({ HOST: '0.0.0.0', ...env }).http.host).toBe('0.0.0.0');
  });

  test('settings of authentication that contradict each other are refused', () => {
    expect(
      [
        { AUTH: 'jwt' },
        { AUTH: 'jwt', JWT_SECRET: secret, ...keys },
        { AUTH: 'jwt', JWT_JWKS_URL: keys.JWT_JWKS_URL },
        { AUTH: 'token', JWT_SECRET: secret },
        keys,
      ].map((env) => complaints(env)),
    ).toMatchInlineSnapshot(`
      [
        [
          "AUTH=jwt needs either JWT_SECRET or JWT_JWKS_URL.",
        ],
        [
          "AUTH=jwt needs either JWT_SECRET or JWT_JWKS_URL.",
        ],
        [
          "JWT_ISSUER is needed with JWT_JWKS_URL.",
          "JWT_AUDIENCE is needed with JWT_JWKS_URL.",
        ],
        [
          "JWT_SECRET has no effect without AUTH=jwt.",
        ],
        [
          "JWT_JWKS_URL has no effect without AUTH=jwt.",
          "JWT_ISSUER has no effect without AUTH=jwt.",
          "JWT_AUDIENCE has no effect without AUTH=jwt.",
        ],
      ]
    `);
  });
});

describe('limits per user', () => {
  const names = { MAX_REQUESTS_PER_MINUTE: '7', MAX_FOLLOWERS_PER_USER: '8', MAX_STREAMS_PER_USER: '9' };

  test.each([
    ['off with AUTH=none', {}, [undefined, 0, 0]],
    ['on with AUTH=token', { AUTH: 'token' }, [3_000, 500, 100]],
    ['the given numbers with AUTH=none', names, [7, 8, 9]],
    ['the given numbers with AUTH=token', { AUTH: 'token', ...names }, [7, 8, 9]],
    [
      'off for a limit that is set to 0',
      { AUTH: 'token', MAX_REQUESTS_PER_MINUTE: '0' },
      [undefined, 500, 100],
    ],
  ])('limits per user are %s', (_what, env, expected) => {
    const { requests, limits } = readConfig(env);
    expect([requests.ofUsers?.size.perMinute, limits.maxFollowersPerUser, limits.maxStreamsPerUser]).toEqual(
      expected,
    );
  });
});

describe('secrets', () => {
  const secret = 'sk-do not tell';

  test('the value of a secret setting is never shown in an error message', () => {
    const env = Object.fromEntries(
      settings.filter((setting) => setting.secret).map(({ name }) => [name, secret]),
    );
    const lines = complaints(env);
    expect(lines.map((line) => line.split(' ')[0]).sort()).toEqual(Object.keys(env).sort());
    expect(lines.join()).not.toContain('tell');
  });

  test('a URL with a password is refused and not shown', () => {
    expect(
      complaints({
        OPENAI_BASE_URL: 'https://alice:s3cret@models.test/v1',
        DATABASE_URL: 'postgresql://bob:s3cret@db/chat',
      }),
    ).toMatchInlineSnapshot(`
      [
        "OPENAI_BASE_URL must be an http: or https: URL without a user name or password in it.",
      ]
    `);
  });
});

describe('REDIS_URL', () => {
  test.each([
    'redis://127.0.0.1',
    'redis://127.0.0.1:6379/0',
    'rediss://alice:s%40cret@redis.test:6380/1',
    'redis://:secret@redis.test',
  ])('REDIS_URL may be %s', (url) => {
    const DATABASE_URL = 'postgresql://db.test/chat';
    const redis = { url, prefix: 'switchyard', leaseMs: 10_000 };
    expect(readConfig({ REDIS_URL: url, DATABASE_URL }).redis).toEqual(redis);
  });

  test.each([{}, { DATABASE_URL: 'file:data/chat.db' }])(
    'REDIS_URL is refused without a database that gateways can share: %o',
    (env) => {
      expect(complaints({ REDIS_URL: 'redis://127.0.0.1', ...env })).toEqual([
        'REDIS_URL connects the gateways of one PostgreSQL database: set DATABASE_URL to a postgresql: URL, or leave REDIS_URL out.',
      ]);
    },
  );

  test('REDIS_PREFIX may not hold spaces or wildcards', () => {
    expect(complaints({ REDIS_PREFIX: 'a *' })).toEqual([
      'REDIS_PREFIX must be 1 to 100 letters, digits and the characters _ . : -; it is "a *".',
    ]);
  });

  test.each([
    'http://redis.test',
    'redis:',
    'redis.test:6379',
    'redis://redis.test/sessions',
    'redis://redis.test?db=1',
    'redis://alice:hunter2%@redis.test',
  ])('REDIS_URL may not be %s', (url) => {
    expect(complaints({ REDIS_URL: url })).toEqual([
      'REDIS_URL must be a redis: or rediss: URL (redis://127.0.0.1:6379, rediss://user:password@redis.example.org:6380/1).',
    ]);
  });
});

test('an API key without a base URL is for the API of its provider', () => {
  const env = { OPENAI_API_KEY: 'o', ANTHROPIC_API_KEY: 'a', GOOGLE_GENERATIVE_AI_API_KEY: 'g' };
  expect(readConfig(env).models).toEqual({
    demo: { delayMs: 25 },
    proxies: {},
    openai: { apiKey: 'o' },
    anthropic: { apiKey: 'a' },
    google: { apiKey: 'g' },
  });
});

test('OPENAI_API_KEY with OPENAI_BASE_URL is sent to that URL only', () => {
  const env = { OPENAI_API_KEY: 'o', OPENAI_BASE_URL: 'http://127.0.0.1:11434/v1' };
  expect(readConfig(env).models).toEqual({
    demo: { delayMs: 25 },
    proxies: {},
    openaiCompatible: { baseUrl: 'http://127.0.0.1:11434/v1', apiKey: 'o' },
  });
});

test('OPENAI_BASE_URL does not need OPENAI_API_KEY', () => {
  expect(readConfig({ OPENAI_BASE_URL: 'http://127.0.0.1:11434/v1' }).models.openaiCompatible).toEqual({
    baseUrl: 'http://127.0.0.1:11434/v1',
  });
});

test('proxies are named as for curl, in capital or small letters, with or without a scheme', () => {
  const named = { HTTPS_PROXY: 'https://alice:p%40ss@proxy.test:3128/', http_proxy: 'proxy.test:3128' };
  const { proxies } = readConfig({ ...named, NO_PROXY: 'localhost, .corp.test 10.0.0.0/8,' }).models;
  expect(proxies).toEqual({
    https: 'https://alice:p%40ss@proxy.test:3128/',
    http: 'http://proxy.test:3128',
    except: ['localhost', '.corp.test', '10.0.0.0/8'],
  });
});

test.each(['socks5://proxy.test', 'http://proxy.test/path', 'http://', 'pro xy'])(
  'HTTPS_PROXY may not be %s',
  (proxy) => {
    expect(complaints({ HTTPS_PROXY: proxy })).toEqual([
      'HTTPS_PROXY must be the http: or https: URL of a proxy (http://proxy.example.org:3128).',
    ]);
  },
);

test.each([
  [{ MODEL: 'demo' }],
  [{ MODEL: 'openai/gpt-5-mini', OPENAI_API_KEY: 'o' }],
  [{ MODEL: 'openai-compatible/meta/llama:70b', OPENAI_BASE_URL: 'http://127.0.0.1/v1' }],
  [{ MODEL: 'anthropic', ANTHROPIC_API_KEY: 'a', ANTHROPIC_BASE_URL: 'https://proxy.test' }],
  [{ MODEL: 'google', GOOGLE_GENERATIVE_AI_API_KEY: 'g' }],
])('%o names a model of a configured provider', (env) => {
  expect(readConfig(env).models.default).toBe(env.MODEL);
});

test('a MODEL whose provider is unknown or not configured is refused', () => {
  expect(
    [
      { MODEL: 'gpt-5-mini' },
      { MODEL: 'constructor/x' },
      { MODEL: 'openai/gpt-5-mini' },
      { MODEL: 'openai/gpt-5-mini', OPENAI_API_KEY: 'o', OPENAI_BASE_URL: 'http://127.0.0.1/v1' },
      { MODEL: 'openai-compatible', OPENAI_API_KEY: 'o' },
      { MODEL: 'anthropic', ANTHROPIC_BASE_URL: 'https://proxy.test' },
      { GOOGLE_GENERATIVE_AI_BASE_URL: 'https://proxy.test' },
    ].map((env) => complaints(env).join(' ')),
  ).toMatchInlineSnapshot(`
      [
        "MODEL must begin with one of demo, openai, openai-compatible, anthropic, google; it begins with "gpt-5-mini".",
        "MODEL must begin with one of demo, openai, openai-compatible, anthropic, google; it begins with "constructor".",
        "MODEL names the provider openai, which is not configured: set OPENAI_API_KEY and leave out OPENAI_BASE_URL; with that URL the provider is openai-compatible.",
        "MODEL names the provider openai, which is not configured: set OPENAI_API_KEY and leave out OPENAI_BASE_URL; with that URL the provider is openai-compatible.",
        "MODEL names the provider openai-compatible, which is not configured: set OPENAI_BASE_URL.",
        "MODEL names the provider anthropic, which is not configured: set ANTHROPIC_API_KEY. ANTHROPIC_BASE_URL has no effect without ANTHROPIC_API_KEY.",
        "GOOGLE_GENERATIVE_AI_BASE_URL has no effect without GOOGLE_GENERATIVE_AI_API_KEY.",
      ]
    `);
});

describe('blobs', () => {
  const keys = { S3_ACCESS_KEY_ID: 'alice', S3_SECRET_ACCESS_KEY: 's3cret' };

  test.each([
    's3://recordings',
    's3://recordings/',
    's3://recordings/switchyard/audio?region=eu-central-1',
    's3://recordings?endpoint=http://127.0.0.1:9000&forcePathStyle=true',
  ])('BLOB_URL may be the bucket %s with both keys', (url) => {
    expect(readConfig({ BLOB_URL: url, ...keys }).blobs).toEqual({
      url,
      accessKeyId: 'alice',
      secretAccessKey: 's3cret',
    });
  });

  test.each([
    '/srv/blobs',
    'file:',
    'file:data?x',
    'http://127.0.0.1/recordings',
    's3:recordings',
    's3://alice:s3cret@recordings',
    's3://recordings:9000',
    's3://Recordings',
    's3://recordings#x',
    's3://recordings?region=',
    's3://recordings?pathStyle=true',
    's3://recordings?forcePathStyle=yes',
    's3://recordings?endpoint=127.0.0.1:9000',
    's3://recordings?endpoint=http://alice:s3cret@127.0.0.1:9000',
  ])('BLOB_URL may not be %s', (url) => {
    expect(complaints({ BLOB_URL: url, ...keys })).toEqual([
      'BLOB_URL must be a file: URL (file:data/blobs), or s3://bucket/prefix with endpoint, region and forcePathStyle as its query.',
    ]);
  });

  test('a bucket needs both keys, and a folder must have no keys', () => {
    expect(
      [
        { BLOB_URL: 's3://recordings', S3_ACCESS_KEY_ID: 'alice' },
        { BLOB_URL: 'file:/srv/blobs', S3_SECRET_ACCESS_KEY: 's3cret' },
      ].map((env) => complaints(env)),
    ).toEqual([
      ['S3_SECRET_ACCESS_KEY is needed for the bucket.'],
      ['S3_SECRET_ACCESS_KEY has no effect without an s3: BLOB_URL.'],
    ]);
  });
});

describe('the environment', () => {
  afterEach(() => void vi.unstubAllEnvs());

  test('.env sets variables that the environment does not set, and does not change process.env', async () => {
    await using folder = await openTemporaryFolder();
    const home = process.cwd();
    writeFileSync(join(folder.path, '.env'), 'PORT=1111\nMAX_STEPS=5 # a comment\nDEMO_DELAY_MS="7"\n');
    vi.stubEnv('PORT', '2222');
    vi.stubEnv('DEMO_DELAY_MS', '');
    vi.stubEnv('MAX_STEPS', undefined);
    process.chdir(folder.path);
    try {
      const config = readConfig();
      expect(config).toMatchObject({
        http: { port: 2222 },
        chat: { maxSteps: 5 },
        models: { demo: { delayMs: 7 } },
      });
      expect(process.env['MAX_STEPS']).toBeUndefined();
    } finally {
      process.chdir(home);
    }
  });
});

test('.env.example lists every setting with its default', async () => {
  const lines = settings.map((setting) => {
    const otherwise = setting.defaultInWords === undefined ? '' : ` Default: ${setting.defaultInWords}.`;
    return `# ${setting.description}${otherwise}\n# ${setting.name}=${setting.default ?? ''}\n`;
  });
  const header =
    '# Copy to .env and change what you need. Variables of the environment win over this file.\n';
  await expect([header, ...lines].join('\n')).toMatchFileSnapshot('../../.env.example');
});
