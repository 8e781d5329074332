import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { fileForm, memo } from '../gateway/audio-upload.ts';
import type { Cluster } from './cluster.ts';
import { witness } from './witness.ts';

/** A message to which a recording can be uploaded. */
export interface Recordable {
  /** Uploads `memo` to a gateway. Returns the status of the response. Without its second half, it waits for ever. */
  upload(url: string, options: { isWhole: boolean }): Promise<number | undefined>;
  /** What is stored of the recording: null if the message has none. */
  stored(): Promise<{ sha256: string; size: number } | null>;
}

/** Sends a prompt, whose recording can be uploaded. */
export async function sayPrompt(cluster: Cluster): Promise<Recordable> {
  const sessionId = await cluster.createSession();
  await witness(cluster, { sessionId, prompt: 'Write 2 words.' });
  const document = `query ($id: ID!) {
    session(id: $id) { messages(first: 1) { edges { node { databaseId audio { sha256 size } } } } }
  }`;
  const read = async () => {
    const { session } = await cluster.query(document, { id: sessionId });
    return session.messages.edges[0].node;
  };
  const { databaseId } = await read();
  return {
    upload: (url, options) => upload(`${url}/api/v1/sessions/messages/${databaseId}/audio`, options),
    stored: async () => (await read()).audio,
  };
}

async function upload(url: string, { isWhole }: { isWhole: boolean }): Promise<number | undefined> {
  const form = new Response(fileForm(memo));
  const bytes = Buffer.from(await form.arrayBuffer());
  const headers = {
    'content-type': form.headers.get('content-type') ?? '',
    'content-length': String(bytes.length),
  };
  return await new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', headers, agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    });
    sent.on('error', reject);
    if (isWhole) sent.end(bytes);
    else sent.write(bytes.subarray(0, bytes.length / 2));
  });
}

/** How many recordings the cluster has received in part. */
export async function countStaged({ blobs }: Cluster): Promise<number> {
  const files = await readdir(blobs, { recursive: true });
  return files.filter((file) => file.startsWith('staged/')).length;
}
