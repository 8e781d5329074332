/** The largest id that a row can have: Prisma's `Int`, 32 bits. */
export const maxId = 2 ** 31 - 1;

const pattern = /^([A-Z]\w*):([1-9]\d{0,9})$/;

/** Returns the Relay id of a row: `base64("Session:12")`. In GraphQL it is the field `id`. */
export function encodeId(
  typename: 'Session' | 'Message' | 'Run' | 'Attachment' | 'ToolGrant',
  id: number,
): string {
  return Buffer.from(`${typename}:${id}`).toString('base64');
}

/** Returns the type and the database id in a Relay id; undefined if the text is not such an id. */
export function decodeId(globalId: string): { typename: string; id: string } | undefined {
  const [, typename, id] = pattern.exec(Buffer.from(globalId, 'base64').toString('utf8')) ?? [];
  return typename === undefined || id === undefined || Number(id) > maxId ? undefined : { typename, id };
}
