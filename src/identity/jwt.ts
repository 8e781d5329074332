import { errors, type JWTVerifyGetKey, type JWTVerifyOptions, jwtVerify } from 'jose';
import type { Logger } from 'pino';
import type { Proxies } from '../base/choose-proxy.ts';
import { createOutboundFetch } from '../base/outbound-fetch.ts';
import { GatewayError } from '../errors.ts';
import { createRemoteKeys, keysUnavailable } from './remote-keys.ts';
import { expired, unauthenticated } from './unauthenticated.ts';
import { userIdText } from './user-id.ts';
import type { Viewer } from './viewer.ts';

export interface JwtOptions {
  /** The secret with which tokens are signed, or the URL of the issuer's public keys and the proxies to reach it. */
  key: { secret: string } | { jwksUrl: string; proxies?: Proxies };
  /** The `iss` that tokens must have. Undefined: any. */
  issuer?: string | undefined;
  /** The `aud` that tokens must have. Undefined: any. */
  audience?: string | undefined;
  /** The claim that makes the user an admin if it is `true`. */
  adminClaim: string;
  log: Logger;
}

/**
 * Checks a JWT and returns the viewer that its `sub` names.
 *
 * @throws GatewayError UNAUTHENTICATED; IDENTITY_UNAVAILABLE if the keys cannot be fetched.
 */
export type VerifyJwt = (token: string) => Promise<Viewer>;

/** Seconds by which the clocks of the issuer and the gateway may differ. */
const clockTolerance = 5;

/** The end of the year 9999. Later times cannot be written in RFC 3339, and a Date cannot hold much later ones. */
const latestMs = Date.UTC(10_000, 0) - 1;

/** The algorithms for public keys. `none` and HS256 are missing, because a token could name them to get around the check. */
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
  const toClientError = createToClientError(log);
  return async (token) => {
    const { payload } = await jwtVerify(token, getKey, checks).catch((error: unknown) => {
      throw toClientError(error);
    });
    const userId = userIdText.safeParse(payload.sub);
    if (!userId.success) {
      throw unauthenticated(`The token's "sub" is not a user name: ${userId.error.issues[0]?.message}.`);
    }
    return {
      userId: userId.data,
      isAdmin: payload[adminClaim] === true,
      // `jose` accepts a token until the end of the second in which it expires.
      expiresAt: new Date(Math.min((Math.ceil(payload.exp ?? 0) + clockTolerance) * 1_000, latestMs)),
      apiTokenId: null,
    };
  };
}

function createGetKey(key: JwtOptions['key'], log: Logger): JWTVerifyGetKey {
  if ('jwksUrl' in key)
    return createRemoteKeys({ url: key.jwksUrl, fetch: createOutboundFetch(key.proxies), log });
  const secret = new TextEncoder().encode(key.secret);
  return async () => secret;
}

/** Returns a function that turns an error of `jose` into the error for the client. */
function createToClientError(log: Logger) {
  let lastLogged: string | undefined;
  return (error: unknown): GatewayError => {
    if (error instanceof GatewayError) return error;
    if (error instanceof errors.JWTExpired) return unauthenticated(expired);
    if (error instanceof errors.JWTClaimValidationFailed) {
      return unauthenticated(`The token is not accepted: ${error.message}.`);
    }
    if (tokenErrors.some((type) => error instanceof type)) {
      return unauthenticated('The token is no JWT that this gateway trusts.');
    }
    // Logged once: any client can cause this error again and again by naming the key.
    if (String(error) !== lastLogged) log.warn({ err: error }, 'a key for JWTs cannot be used');
    lastLogged = String(error);
    return keysUnavailable();
  };
}

/** Errors of `jose` that the token causes. All others are caused by the key. */
const tokenErrors = [
  errors.JWSInvalid,
  errors.JWTInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
];
