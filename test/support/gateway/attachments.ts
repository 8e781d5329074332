import type { TestGateway } from './gateway.ts';
import type { GraphQLAnswer } from './gateway-api.ts';

export const attachmentFields =
  'id databaseId url type mimeType size filename sha256 width height pageCount durationSeconds tokenCount uploadedAt';

const document = `mutation ($sessionId: ID!, $file: Upload!) {
  uploadAttachment(sessionId: $sessionId, file: $file) { ${attachmentFields} }
}`;

/** What a client uploads. */
export interface FileToUpload {
  bytes: Uint8Array<ArrayBuffer> | string;
  /** Default: `file`. */
  filename?: string;
  /** The type that the client claims. */
  type?: string;
}

/** Uploads a file over GraphQL. Resolves with the whole answer. */
export async function tryUpload(
  { url }: Pick<TestGateway, 'url'>,
  sessionId: string,
  { bytes, filename = 'file', type = '' }: FileToUpload,
  token?: string,
): Promise<GraphQLAnswer & { status: number }> {
  const form = new FormData();
  form.set('operations', JSON.stringify({ query: document, variables: { sessionId, file: null } }));
  form.set('map', '{"0":["variables.file"]}');
  form.set('0', new Blob([bytes], { type }), filename);
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const headers = { 'apollo-require-preflight': 'yes', ...authorization };
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body: form });
  return { ...((await response.json()) as GraphQLAnswer), status: response.status };
}

/** Uploads a file that the gateway takes. Resolves with the attachment. */
export async function upload(gateway: Pick<TestGateway, 'url'>, sessionId: string, file: FileToUpload) {
  const { data, errors } = await tryUpload(gateway, sessionId, file);
  if (errors?.[0]) throw Object.assign(new Error(errors[0].message), errors[0].extensions);
  return data.uploadAttachment;
}
