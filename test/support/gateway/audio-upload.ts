import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { createWav } from '../files/wav.ts';
import type { TestGateway } from './gateway.ts';
import type { GraphQLAnswer } from './gateway-api.ts';

/** A recording of one second. */
export const memo = Buffer.from(createWav({ seconds: 1 }));

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The form of the REST API with one file. */
export function fileForm(bytes: Uint8Array<ArrayBuffer>, filename = 'memo.wav'): FormData {
  const form = new FormData();
  form.set('file', new Blob([bytes]), filename);
  return form;
}

export function uploadByRest(
  gateway: Pick<TestGateway, 'rest'>,
  messageId: number,
  body: BodyInit,
): Promise<Response> {
  return gateway.rest(`/sessions/messages/${messageId}/audio`, { method: 'POST', body });
}

export function globalMessageId(messageId: number): string {
  return Buffer.from(`Message:${messageId}`).toString('base64');
}

export const uploadDocument =
  'mutation ($messageId: ID!, $file: Upload!) { uploadMessageAudio(messageId: $messageId, file: $file) { audio { url mimeType size filename sha256 durationSeconds } } }';

/** The form of the GraphQL multipart request specification. `parts` replaces parts of the form. */
export function graphqlForm(
  messageId: number,
  file: Uint8Array<ArrayBuffer> | null,
  parts: { operations?: string; map?: string; filename?: string } = {},
): FormData {
  const variables = { messageId: globalMessageId(messageId), file: null };
  const form = new FormData();
  form.set('operations', parts.operations ?? JSON.stringify({ query: uploadDocument, variables }));
  form.set('map', parts.map ?? '{"0":["variables.file"]}');
  if (file) form.set('0', new Blob([file]), parts.filename ?? 'memo.wav');
  return form;
}

export async function uploadByGraphQL(
  gateway: Pick<TestGateway, 'url'>,
  form: FormData,
  headers: Record<string, string> = { 'apollo-require-preflight': 'yes' },
): Promise<{ status: number; connection: string | null; json: GraphQLAnswer }> {
  const response = await fetch(`${gateway.url}/graphql`, { method: 'POST', headers, body: form });
  const json = (await response.json()) as GraphQLAnswer;
  return { status: response.status, connection: response.headers.get('connection'), json };
}

/** What the gateway has stored: the keys of its blobs, the number of staged blobs, and the recordings of messages. */
export async function storedAudio(gateway: TestGateway, dataDir: string) {
  const folder = join(dataDir, 'blobs');
  const files = await readdir(folder, { recursive: true });
  const rows = await gateway.services.database.messageAudio.findMany({ orderBy: { messageId: 'asc' } });
  return {
    blobs: files.flatMap((file) => /[0-9a-f]{64}$/.exec(file) ?? []).sort(),
    staged: files.filter((file) => file.startsWith('staged/')).length,
    recordings: rows.map(({ messageId, sha256 }) => [messageId, sha256]),
  };
}

/** The number of temporary files that GraphQL uploads have now, including those of other processes. */
export async function temporaryUploads(folder = tmpdir()): Promise<number> {
  return (await readdir(folder)).filter((name) => name.startsWith('capacitor-')).length;
}

export async function expectNothingStored(gateway: TestGateway, dataDir: string): Promise<void> {
  await vi.waitFor(async () => {
    expect(await storedAudio(gateway, dataDir)).toEqual({ blobs: [], staged: 0, recordings: [] });
  });
}
