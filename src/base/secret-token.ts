import { createHash, randomBytes } from 'node:crypto';

export interface MintedToken {
  /** To be shown once and never stored. */
  token: string;
  /** What is stored, and by which the token is found again. */
  tokenHash: string;
}

/**
 * A new token: the prefix and 256 random bits, in base64url.
 *
 * @param prefix Tells what kind of token it is, to programs and to those who search for leaked ones.
 */
export function mintToken(prefix: string): MintedToken {
  const token = prefix + randomBytes(32).toString('base64url');
  return { token, tokenHash: hashToken(token) };
}

/** The SHA-256 of a token, in hex. No slower hash is needed: nobody can guess 256 random bits. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
