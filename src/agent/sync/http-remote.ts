import { z } from 'zod';
import { GatewayError, unreachable } from '../../client/errors.ts';
import { failureOf, type RequestOptions, request } from '../../client/request.ts';
import { createRetry, repeat } from '../../client/retry.ts';
import { changesResultSchema } from '../../sync/change.ts';
import { entrySchema, sha256 } from '../../sync/entry.ts';
import { pack, unpack } from '../../sync/pack.ts';
import type { AgentDetails, ChangedPath, Remote } from '../../sync/remote.ts';
import { PackClient, type PackRequest } from './pack-client.ts';
import { bytesOf, inTime, readJson, readLines } from './read-response.ts';

export interface HttpRemoteOptions {
  /** Of the gateway, without a path. */
  url: string;
  /** Of the node. */
  token: string;
  workspaceId: string;
  agent: AgentDetails;
}

/** The rest is up to the loop of the replica, which tries again for ever. */
const retry = createRetry({ firstMs: 200, longestMs: 3_000, attempts: 4 });

const revision = z.number().int().min(0);
const lineSchema = z.union([
  z.object({ end: z.literal(true), revision }),
  z.object({ path: z.string(), revision, entry: entrySchema.nullable() }),
]);
const folderSchema = z.object({
  hash: sha256,
  folders: z.record(z.string(), sha256),
  entries: z.array(entrySchema),
  revision,
});
const missingSchema = z.object({ missing: z.array(sha256) });
/**
 * A workspace of the gateway over HTTP. What the gateway answers is checked, because it decides what is written on this
 * machine. Passing errors are tried again a few times.
 */
export function createHttpRemote({ url, token, workspaceId, agent }: HttpRemoteOptions): Remote {
  const base = `${url}/workspaces/${encodeURIComponent(workspaceId)}`;
  const packs = new PackClient(token);
  const ask = <T>(
    name: string,
    options: RequestOptions,
    read: (response: Response) => Promise<T>,
  ): Promise<T> => {
    const endpoint = { url: `${base}/${name}`, token };
    const { signal } = options;
    const once = async () => {
      try {
        return await read(await inTime(signal, (limit) => request(endpoint, { ...options, signal: limit })));
      } catch (error) {
        throw failureOf(error, signal);
      }
    };
    return repeat(once, retry, signal);
  };
  const post = <T>(name: string, body: unknown, schema: z.ZodType<T>, signal: AbortSignal) =>
    ask(name, { body, signal }, async (response) => parse(schema, await readJson(response, signal)));

  const askPacks = (name: string, options: Omit<PackRequest, 'url'>) => {
    const { signal } = options;
    const once = async () => {
      try {
        return await packs.request({ ...options, url: `${base}/${name}` });
      } catch (error) {
        throw failureOf(error, signal);
      }
    };
    return repeat(once, retry, signal);
  };

  return {
    async changedAfter(after, signal) {
      try {
        const response = await ask(`entries?after=${after}`, { method: 'GET', signal }, async (each) => each);
        return new ChangedPaths(response, signal);
      } catch (error) {
        if (error instanceof GatewayError && error.status === 410) return undefined;
        throw error;
      }
    },
    folder: (folder, signal) =>
      ask(`folder?path=${encodeURIComponent(folder)}`, { method: 'GET', signal }, async (response) =>
        parse(folderSchema, await readJson(response, signal)),
      ),
    async missing(chunks, signal) {
      const { missing } = await post('missing', { chunks }, missingSchema, signal);
      const asked = new Set(chunks);
      return missing.filter((chunk) => asked.has(chunk));
    },
    async send(chunks, signal) {
      const body: Uint8Array[] = [];
      for await (const part of pack(chunks)) body.push(part);
      const contentType = 'application/octet-stream';
      const response = await askPacks('packs', { method: 'PUT', contentType, body, signal });
      response.resume();
    },
    async *receive(chunks, signal) {
      const asked = { chunks: chunks.map((chunk) => chunk.sha256) };
      const body = [Buffer.from(JSON.stringify(asked))];
      const contentType = 'application/json';
      const response = await askPacks('chunks', { method: 'POST', contentType, body, signal });
      try {
        yield* unpack(response);
      } catch (error) {
        throw failureOf(error, signal);
      }
    },
    change: (changes, signal) => post('changes', { changes }, changesResultSchema, signal),
    report: (report, signal) => ask('report', { body: { ...report, agent }, signal }, ended),
  };
}

/** Lets go of an answer without a body. */
async function ended({ body }: Response): Promise<void> {
  await body?.cancel();
}

/** The lines of a list of entries. The last one has the revision, so a list that was cut off is noticed. */
class ChangedPaths {
  readonly paths: AsyncIterable<ChangedPath>;
  #revision: number | undefined;

  constructor(response: Response, signal: AbortSignal) {
    this.paths = this.#read(response, signal);
  }

  get revision(): number {
    if (this.#revision === undefined) throw unreachable(new Error('The list of entries has not ended.'));
    return this.#revision;
  }

  async *#read(response: Response, signal: AbortSignal): AsyncGenerator<ChangedPath> {
    try {
      for await (const text of readLines(bytesOf(response, signal))) {
        const line = parse(lineSchema, JSON.parse(text));
        if ('path' in line) yield line;
        else this.#revision = line.revision;
      }
    } catch (error) {
      throw failureOf(error, signal);
    }
  }
}

function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw unreachable(
    new Error(`The gateway answers something else than expected: ${parsed.error.issues[0]?.message}.`),
  );
}
