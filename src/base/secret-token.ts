import { createHash, randomBytes } from 'node:crypto';

export interface MintedToken {
  /** Shown once and never stored. */
  token: string;
  /** This is stored, and the token is looked up by it. */
  tokenHash: string;
}

/**
 * Makes a new token: the prefix and 256 random bits in base64url.
 *
 * @param prefix Identifies the kind of token, for programs and for people who search for leaked tokens.
 */
export function mintToken(prefix: string): MintedToken {
  const token = prefix + randomBytes(32).toString('base64url');
  return { token, tokenHash: hashToken(token) };
}

/** Returns the SHA-256 of a token in hex. A slow hash is not needed, because 256 random bits cannot be guessed. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
