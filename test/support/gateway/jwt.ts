import { SignJWT } from 'jose';

export const jwtSecret = 'a secret that is only good for tests';

/** For a gateway that knows its users by JWTs. */
export const jwtSettings = { AUTH: 'jwt', JWT_SECRET: jwtSecret };

/** What a JWT says. */
export interface Claims {
  sub?: string;
  /** In seconds from now; default: an hour. Null: none. */
  expiresIn?: number | null;
  [claim: string]: unknown;
}

/** A JWT as an application would sign it for one of its users. */
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
