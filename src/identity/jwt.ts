import { errors, type JWTVerifyGetKey, type JWTVerifyOptions, jwtVerify } from 'jose';
import type { Logger } from 'pino';
import { GatewayError } from '../errors.ts';
import { createRemoteKeys, unavailable } from './remote-keys.ts';
import { expired, unauthenticated } from './unauthenticated.ts';
import { userIdText } from './user-id.ts';
import type { Viewer } from './viewer.ts';

export interface JwtOptions {
  /** Either a secret that tokens are signed with, or where the public keys of their issuer are. */
  key: { secret: string } | { jwksUrl: string };
  /** `iss` and `aud` that are demanded; undefined: whatever they are. */
  issuer?: string | undefined;
  audience?: string | undefined;
  /** The claim that makes an admin when it is `true`. */
  adminClaim: string;
  log: Logger;
}

/**
 * The viewer that a JWT speaks for: its `sub`.
 *
 * @throws GatewayError UNAUTHENTICATED, IDENTITY_UNAVAILABLE while the keys cannot be fetched.
 */
export type VerifyJwt = (token: string) => Promise<Viewer>;

/** Seconds that the clocks of the issuer and the gateway may be apart. */
const clockTolerance = 5;

/** The end of the year 9999: a Date holds no number, and RFC 3339 no year, that is much greater. */
const latestMs = Date.UTC(10_000, 0) - 1;

/** Never `none`, and never a secret where a public key is meant: the algorithms are not the token's to choose. */
const asymmetric = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

export function createVerifyJwt(options: JwtOptions): VerifyJwt {
  const { key, issuer, audience, adminClaim, log } = options;
  const checks: JWTVerifyOptions = {
    algorithms: 'secret' in key ? ['HS256'] : asymmetric,
    requiredClaims: ['sub', 'exp'],
    clockTolerance,
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
  };
  const getKey = createGetKey(key, log);
  const refusal = createRefusal(log);
  return async (token) => {
    const { payload } = await jwtVerify(token, getKey, checks).catch((error: unknown) => {
      throw refusal(error);
    });
    const userId = userIdText.safeParse(payload.sub);
    if (!userId.success) {
      throw unauthenticated(`The token names no user: of "sub" was ${userId.error.issues[0]?.message}.`);
    }
    return {
      userId: userId.data,
      isAdmin: payload[adminClaim] === true,
      // As jose has it, a token is good to the end of a second that has begun.
      expiresAt: new Date(Math.min((Math.ceil(payload.exp ?? 0) + clockTolerance) * 1_000, latestMs)),
      apiTokenId: null,
    };
  };
}

function createGetKey(key: JwtOptions['key'], log: Logger): JWTVerifyGetKey {
  if ('jwksUrl' in key) return createRemoteKeys({ url: key.jwksUrl, log });
  const secret = new TextEncoder().encode(key.secret);
  return async () => secret;
}

/** Says what is wrong with a token, or else with the key that it names. */
function createRefusal(log: Logger) {
  let lastFault: string | undefined;
  return (error: unknown): GatewayError => {
    if (error instanceof GatewayError) return error;
    if (error instanceof errors.JWTExpired) return unauthenticated(expired);
    if (error instanceof errors.JWTClaimValidationFailed) {
      return unauthenticated(`The token will not do: ${error.message}.`);
    }
    if (faultsOfToken.some((fault) => error instanceof fault)) {
      return unauthenticated('The token is no JWT that this gateway trusts.');
    }
    // Anybody can name that key again and again.
    if (String(error) !== lastFault) log.warn({ err: error }, 'a key of JWTs cannot be used');
    lastFault = String(error);
    return unavailable();
  };
}

const faultsOfToken = [
  errors.JWSInvalid,
  errors.JWTInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
];
