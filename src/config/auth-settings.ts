import { z } from 'zod';
import { isPlainHttpUrl } from './http-url.ts';
import { isLoopback } from './loopback.ts';

/** Who may use the gateway. */
export const authSettings = {
  AUTH: z.enum(['none', 'token', 'jwt'], 'must be none, token or jwt').default('none').meta({
    description:
      'How users are known: not at all; by API tokens (`switchyard token create`); by JWTs as well as by those.',
  }),
  AUTH_NONE_ANYWHERE: z.enum(['yes', 'no'], 'must be yes or no').default('no').meta({
    description: 'With yes, AUTH=none holds on any HOST: whoever reaches the gateway may do everything.',
  }),
  JWT_SECRET: z
    .string()
    .refine((secret) => Buffer.byteLength(secret) >= 32, 'must have 32 bytes at least')
    .optional()
    .meta({ description: 'With AUTH=jwt: the secret that JWTs are signed with (HS256).', secret: true }),
  JWT_JWKS_URL: z
    .string()
    .refine(isPlainHttpUrl, 'must be an http: or https: URL without a user name or password in it')
    .optional()
    .meta({
      description: 'With AUTH=jwt, in place of JWT_SECRET: where the public keys of their issuer are.',
      secret: true,
    }),
  JWT_ISSUER: z.string().optional().meta({ description: 'The `iss` that JWTs must have.' }),
  JWT_AUDIENCE: z.string().optional().meta({ description: 'The `aud` that JWTs must have.' }),
  JWT_ADMIN_CLAIM: z
    .string()
    .default('switchyard_admin')
    .meta({ description: 'The claim of a JWT that makes an admin when it is `true`.' }),
};

type Auth = z.output<z.ZodObject<typeof authSettings>>;

/** What contradicts itself in who may use the gateway: a sentence each. */
export function authConflicts(env: Auth & { HOST: string }): string[] {
  const conflicts: string[] = [];
  if (env.AUTH === 'none' && env.AUTH_NONE_ANYWHERE === 'no' && !isLoopback(env.HOST)) {
    conflicts.push(
      `HOST is ${JSON.stringify(env.HOST)}, where others may reach the gateway, and with AUTH=none they could do everything: set AUTH to token or jwt, or HOST to 127.0.0.1, or, if it is what you want, AUTH_NONE_ANYWHERE to yes.`,
    );
  }
  return env.AUTH === 'jwt' ? [...conflicts, ...jwtConflicts(env)] : [...conflicts, ...uselessJwt(env)];
}

function jwtConflicts(env: Auth): string[] {
  if ((env.JWT_SECRET === undefined) === (env.JWT_JWKS_URL === undefined)) {
    return ['AUTH=jwt needs JWT_SECRET or JWT_JWKS_URL, one of the two.'];
  }
  // Whatever else the issuer signs, for other applications, would be taken as well.
  const demanded = env.JWT_JWKS_URL === undefined ? [] : (['JWT_ISSUER', 'JWT_AUDIENCE'] as const);
  return demanded
    .filter((name) => env[name] === undefined)
    .map((name) => `${name} is needed with JWT_JWKS_URL.`);
}

function uselessJwt(env: Auth): string[] {
  return (['JWT_SECRET', 'JWT_JWKS_URL', 'JWT_ISSUER', 'JWT_AUDIENCE'] as const)
    .filter((name) => env[name] !== undefined)
    .map((name) => `${name} is of no use without AUTH=jwt.`);
}

/** How users are known; undefined: not at all. */
export function toAuth(env: Auth) {
  if (env.AUTH === 'none') return undefined;
  if (env.AUTH === 'token') return { jwt: undefined };
  const { JWT_SECRET: secret, JWT_JWKS_URL: jwksUrl = '' } = env;
  return {
    jwt: {
      key: secret === undefined ? { jwksUrl } : { secret },
      issuer: env.JWT_ISSUER,
      audience: env.JWT_AUDIENCE,
      adminClaim: env.JWT_ADMIN_CLAIM,
    },
  };
}
