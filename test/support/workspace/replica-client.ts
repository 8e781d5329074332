import { randomUUID } from 'node:crypto';
import type { ChangesResult, FileChange } from '../../../src/sync/change.ts';
import { chunkBytes, type Entry, type FileEntry, hashOf, versionOf } from '../../../src/sync/entry.ts';
import { pack, unpack } from '../../../src/sync/pack.ts';
import type { ChangedPath, FolderListing, SyncStatusReport } from '../../../src/sync/remote.ts';
import type { GatewayApi } from '../gateway/gateway-api.ts';
import { registerNode } from '../node/nodes.ts';

const attachDocument = `mutation ($sessionId: ID!, $nodeIds: [String!]!, $workspace: WorkspaceInput) {
  attachNodes(sessionId: $sessionId, nodeIds: $nodeIds, workspace: $workspace) { databaseId workspace { id } } }`;

/** Attaches nodes with a workspace, empty if none is given. Returns the workspace's id. */
export async function shareFiles(
  gateway: GatewayApi,
  sessionId: string,
  nodeIds: string[],
  workspace: object | null = { source: 'EMPTY' },
): Promise<string> {
  const { attachNodes } = await gateway.query(attachDocument, { sessionId, nodeIds, workspace });
  return attachNodes.workspace.id;
}

/** A session that shares files with new nodes, and each of them as a replica. */
export async function openWorkspace(
  gateway: GatewayApi & { url: string },
  names: readonly string[] = ['laptop'],
  workspace?: (nodeIds: string[]) => object | null,
) {
  const nodeIds = names.map((name) => `${name}-${randomUUID().slice(0, 8)}`);
  const tokens: string[] = [];
  // One after the other, so that their ids are in this order.
  for (const nodeId of nodeIds) tokens.push(await registerNode(gateway, nodeId));
  const sessionId = await gateway.createSession();
  const id = await shareFiles(gateway, sessionId, nodeIds, workspace ? workspace(nodeIds) : undefined);
  const replicas = tokens.map((token) => new ReplicaClient(`${gateway.url}/workspaces/${id}`, token));
  return { id, sessionId, nodeIds, tokens, replicas };
}

/** A file as an entry with its chunks. */
export function fileOf(path: string, content: string | Buffer, mode = 0o644) {
  const bytes = Buffer.from(content);
  const pieces: Buffer[] = [];
  for (let start = 0; start < bytes.length || start === 0; start += chunkBytes) {
    pieces.push(bytes.subarray(start, start + chunkBytes));
  }
  const chunks = pieces.map((piece) => ({ sha256: hashOf(piece), bytes: piece }));
  const entry: FileEntry = {
    ...{ kind: 'file', path, sha256: hashOf(bytes), size: bytes.length, mode, modifiedAt: 1_000_000 },
    ...(chunks.length > 1 && { chunks: chunks.map(({ sha256 }) => sha256) }),
  };
  return { entry, chunks };
}

export function linkOf(path: string, target: string): Entry {
  return { kind: 'link', path, sha256: hashOf(target), target, modifiedAt: 1_000_000 };
}

export type Replica = ReplicaClient;

/** What an agent does with a workspace, over HTTP. */
export class ReplicaClient {
  readonly #url: string;
  readonly #headers: Record<string, string>;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#headers = { authorization: `Bearer ${token}` };
  }

  get(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.#url}/${path}`, { ...init, headers: { ...this.#headers, ...init.headers } });
  }

  post(path: string, body: unknown): Promise<Response> {
    const headers = { 'content-type': 'application/json' };
    return this.get(path, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  async missing(chunks: string[]): Promise<string[]> {
    return (await okJson(await this.post('missing', { chunks }))).missing;
  }

  async send(chunks: { sha256: string; bytes: Uint8Array }[]): Promise<Response> {
    const parts: Uint8Array[] = [];
    for await (const part of pack(chunks)) parts.push(part);
    return this.get('packs', { method: 'PUT', body: Buffer.concat(parts) });
  }

  async receive(chunks: string[]): Promise<Buffer[]> {
    const response = await this.post('chunks', { chunks });
    if (!response.ok || !response.body) throw new Error(`${response.status} ${await response.text()}`);
    const received: Buffer[] = [];
    for await (const { bytes } of unpack(response.body)) received.push(Buffer.from(bytes));
    return received;
  }

  async change(changes: FileChange[]): Promise<ChangesResult> {
    return okJson(await this.post('changes', { changes }));
  }

  /** Sends a file with its chunks. Returns what became of it. */
  async put(path: string, content: string | Buffer, base: Entry | null = null) {
    const { entry, chunks } = fileOf(path, content);
    const missing = new Set(await this.missing(chunks.map(({ sha256 }) => sha256)));
    for (const chunk of chunks) if (missing.has(chunk.sha256)) await this.send([chunk]);
    const result = await this.change([{ path, base: base && versionOf(base), entry }]);
    return { entry, outcome: result.outcomes[0], revision: result.revision };
  }

  async delete(path: string, base: Entry) {
    return (await this.change([{ path, base: versionOf(base), entry: null }])).outcomes[0];
  }

  /** All lines but the last, which must say that nothing is missing. */
  async entries(after = 0): Promise<{ revision: number; paths: ChangedPath[] }> {
    const response = await this.get(`entries?after=${after}`);
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    const lines = (await response.text()).trimEnd().split('\n');
    const { end, revision } = JSON.parse(lines.pop() ?? '{}');
    if (end !== true) throw new Error('The list was cut off.');
    return { revision, paths: lines.map((line) => JSON.parse(line)) };
  }

  /** The paths that there are, sorted. */
  async paths(): Promise<string[]> {
    return (await this.entries()).paths.map(({ path }) => path).sort();
  }

  async folder(path = ''): Promise<FolderListing & { revision: number }> {
    return okJson(await this.get(`folder?path=${encodeURIComponent(path)}`));
  }

  async report(report: Partial<SyncStatusReport>): Promise<void> {
    const nothing = { filesDone: 0, filesTotal: 0, bytesDone: 0, bytesTotal: 0 };
    const known = { revision: 0, manifestHash: null, error: null, skipped: [] };
    const response = await this.post('report', { status: 'SYNCED', ...known, ...nothing, ...report });
    if (response.status !== 204) throw new Error(`${response.status} ${await response.text()}`);
  }

  async text(path: string): Promise<string> {
    const { paths } = await this.entries();
    const entry = paths.find((each) => each.path === path)?.entry;
    if (entry?.kind !== 'file') throw new Error(`There is no file ${path}.`);
    return Buffer.concat(await this.receive(entry.chunks ?? [entry.sha256])).toString();
  }
}

async function okJson(response: Response) {
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${text}`);
  return JSON.parse(text);
}
