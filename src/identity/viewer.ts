/** Who is asking. */
export interface Viewer {
  readonly userId: string;
  /** Whether everybody's things are theirs to see and to change. */
  readonly isAdmin: boolean;
  /** When what they are known by stops being good; null: not by itself. */
  readonly expiresAt: Date | null;
  /** The API token they are known by; null where it is something else. */
  readonly apiTokenId: number | null;
}

/** Everybody, where the gateway asks for no identity. */
export const anonymous: Viewer = {
  userId: 'anonymous',
  isAdmin: true,
  expiresAt: null,
  apiTokenId: null,
};
