import { SignJWT } from 'jose';

export const jwtSecret = 'a secret that is only good for tests';

/** For a gateway that knows its users by JWTs. */
export const jwtSettings = { AUTH: 'jwt', JWT_SECRET: jwtSecret };

/** The claims of a JWT. */
export interface Claims {
  sub?: string;
  /** Seconds until the JWT expires. Default: 3,600. Null: it has no expiration time. */
  expiresIn?: number | null;
  [claim: string]: unknown;
}

/** Signs a JWT as an application does for one of its users. */
export function signJwt(claims: Claims, secret = jwtSecret, alg = 'HS256'): Promise<string> {
  const { expiresIn = 3_600, ...payload } = claims;
  const exp = Math.floor(Date.now() / 1_000) + (expiresIn ?? 0);
  return new SignJWT({ ...payload, ...(expiresIn !== null && { exp }) })
    .setProtectedHeader({ alg })
    .sign(new TextEncoder().encode(secret));
}

export function adminJwt(sub: string): Promise<string> {
  return signJwt({ sub, switchyard_admin: true });
}
