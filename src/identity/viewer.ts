/** The user who sends a request. */
export interface Viewer {
  readonly userId: string;
  /** Whether the user may see and change everything. */
  readonly isAdmin: boolean;
  /** When the token expires; null if it does not. */
  readonly expiresAt: Date | null;
  /** The database id of the API token; null if the user is known by a JWT, or not at all. */
  readonly apiTokenId: number | null;
}

/** The viewer of every request with AUTH=none. */
export const anonymous: Viewer = {
  userId: 'anonymous',
  isAdmin: true,
  expiresAt: null,
  apiTokenId: null,
};
