import { z } from 'zod';
import { isLoopback } from '../base/loopback.ts';
import { isPlainHttpUrl } from './http-url.ts';
import { type ProxyEnvironment, toProxies } from './proxy-settings.ts';
import { wholeNumber } from './setting-type.ts';

/** How users identify themselves. */
export const authSettings = {
  AUDIT_RETENTION_DAYS: wholeNumber(0, 36_500).default(365).meta({
    description: 'Entries of the audit log are deleted after so many days; 0: they are kept for ever.',
  }),
  AUTH: z.enum(['none', 'token', 'jwt'], 'must be none, token or jwt').default('none').meta({
    description:
      'How users identify themselves. none: not at all; token: by API tokens (`switchyard token create`); jwt: by JWTs or API tokens.',
  }),
  AUTH_NONE_ANYWHERE: z.enum(['yes', 'no'], 'must be yes or no').default('no').meta({
    description:
      'yes allows AUTH=none on any HOST. Everyone who can reach the gateway may then do everything.',
  }),
  JWT_SECRET: z
    .string()
    .refine((secret) => Buffer.byteLength(secret) >= 32, 'must have at least 32 bytes')
    .optional()
    .meta({ description: 'With AUTH=jwt: the secret with which JWTs are signed (HS256).', secret: true }),
  JWT_JWKS_URL: z
    .string()
    .refine(isPlainHttpUrl, 'must be an http: or https: URL without a user name or password in it')
    .optional()
    .meta({
      description: 'With AUTH=jwt, instead of JWT_SECRET: URL of the public keys of the issuer.',
      secret: true,
    }),
  JWT_ISSUER: z.string().optional().meta({ description: 'The `iss` claim that JWTs must have.' }),
  JWT_AUDIENCE: z.string().optional().meta({ description: 'The `aud` claim that JWTs must have.' }),
  JWT_ADMIN_CLAIM: z
    .string()
    .default('switchyard_admin')
    .meta({ description: 'The JWT claim that makes a user an admin if it is `true`.' }),
};

type Auth = z.output<z.ZodObject<typeof authSettings>>;

/** Returns a sentence for each contradiction between the settings of users. */
export function authConflicts(env: Auth & { HOST: string }): string[] {
  const conflicts: string[] = [];
  if (env.AUTH === 'none' && env.AUTH_NONE_ANYWHERE === 'no' && !isLoopback(env.HOST)) {
    conflicts.push(
      `HOST is ${JSON.stringify(env.HOST)}, where others may reach the gateway, and with AUTH=none they could do everything. Set AUTH to token or jwt, or HOST to 127.0.0.1. To allow this on purpose, set AUTH_NONE_ANYWHERE to yes.`,
    );
  }
  return env.AUTH === 'jwt'
    ? [...conflicts, ...jwtConflicts(env)]
    : [...conflicts, ...unusedJwtSettings(env)];
}

function jwtConflicts(env: Auth): string[] {
  if ((env.JWT_SECRET === undefined) === (env.JWT_JWKS_URL === undefined)) {
    return ['AUTH=jwt needs either JWT_SECRET or JWT_JWKS_URL.'];
  }
  // Without these, a token that the issuer signed for another application would be accepted too.
  const demanded = env.JWT_JWKS_URL === undefined ? [] : (['JWT_ISSUER', 'JWT_AUDIENCE'] as const);
  return demanded
    .filter((name) => env[name] === undefined)
    .map((name) => `${name} is needed with JWT_JWKS_URL.`);
}

function unusedJwtSettings(env: Auth): string[] {
  return (['JWT_SECRET', 'JWT_JWKS_URL', 'JWT_ISSUER', 'JWT_AUDIENCE'] as const)
    .filter((name) => env[name] !== undefined)
    .map((name) => `${name} has no effect without AUTH=jwt.`);
}

/** How users identify themselves; undefined if they do not. */
export function toAuth(env: Auth & ProxyEnvironment) {
  if (env.AUTH === 'none') return undefined;
  if (env.AUTH === 'token') return { jwt: undefined };
  const { JWT_SECRET: secret, JWT_JWKS_URL: jwksUrl = '' } = env;
  return {
    jwt: {
      key: secret === undefined ? { jwksUrl, proxies: toProxies(env) } : { secret },
      issuer: env.JWT_ISSUER,
      audience: env.JWT_AUDIENCE,
      adminClaim: env.JWT_ADMIN_CLAIM,
    },
  };
}
