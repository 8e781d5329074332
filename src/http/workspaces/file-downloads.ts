import { Readable } from 'node:stream';
import { type Context, Hono } from 'hono';
import type { Logger } from 'pino';
import type { ByteRange } from '../../blobs/blob-store.ts';
import type { Representation } from '../../download/representation.ts';
import { sendFile } from '../../download/send-file.ts';
import { type GatewayError, refusal } from '../../errors.ts';
import { userOf } from '../../schema/access/access.ts';
import type { Entry } from '../../sync/entry.ts';
import { nameOf, pathProblem } from '../../sync/path.ts';
import { workspaceNotFound } from '../../workspace/model/limits.ts';
import type { Workspaces } from '../../workspace/workspaces.ts';
import type { Identify } from '../request/identify.ts';
import { factsOf } from '../request/request-facts.ts';
import type { RouteBindings } from '../request/route-bindings.ts';
import { presentError } from './present-error.ts';

export interface FileDownloadsOptions {
  workspaces: Workspaces;
  identify: Identify;
  log: Logger;
}

type Request = Context<{ Bindings: RouteBindings }>;

/**
 * The files of a workspace for its users, at the addresses that `downloadPath` makes. Whoever may see the session may
 * download them, with the same token; for all others there is no such workspace.
 */
export function createFileDownloads({ workspaces, identify, log }: FileDownloadsOptions) {
  const answer = async (c: Request): Promise<Response> => {
    try {
      factsOf(c.req.raw).operationId = 'download_workspace_file';
      const viewer = userOf(await identify(c.req.raw));
      const workspace = await workspaces.stateById(c.req.param('workspaceId') ?? '');
      const isOwn = workspace && (viewer.isAdmin || viewer.userId === workspace.userId);
      if (!isOwn) throw workspaceNotFound();
      const { sessionId } = workspace;
      const path = pathOf(c);
      const entry = await workspaces.find(sessionId, path);
      if (entry === undefined) throw fileNotFound();
      const open = (range: ByteRange) => openPart(workspaces, sessionId, entry, range);
      return await sendFile(c, representationOf(entry), open, log);
    } catch (error) {
      return presentError(c, error, log);
    }
  };
  return new Hono<{ Bindings: RouteBindings }>()
    .get('/:workspaceId/files', answer)
    .get('/:workspaceId/files/*', answer);
}

/**
 * The path that an address names, as the client wrote it: Hono decodes some of it.
 *
 * @throws GatewayError NOT_FOUND for what is no path.
 */
function pathOf(c: Request): string {
  const { pathname, searchParams } = new URL(c.req.url);
  const [, encoded] = /^\/workspaces\/[^/]+\/files\/(.+)$/.exec(pathname) ?? [];
  const path = encoded === undefined ? searchParams.get('path') : decode(encoded);
  if (path === null || pathProblem(path) !== undefined) throw fileNotFound();
  return path;
}

/** Null for what is not UTF-8 that was percent-encoded. */
function decode(encoded: string): string | null {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return null;
  }
}

function fileNotFound(): GatewayError {
  return refusal('NOT_FOUND', 'There is no such file in this workspace.');
}

/** A browser saves the file and shows nothing of it. The time does not tell which version is newer: a user may set it. */
function representationOf(entry: Entry): Representation {
  return {
    sha256: entry.sha256,
    size: entry.kind === 'file' ? entry.size : Buffer.byteLength(entry.target),
    mimeType: 'application/octet-stream',
    filename: nameOf(entry.path),
    disposition: 'attachment',
    modifiedAt: null,
  };
}

/** The bytes of a link are its target. */
async function openPart(
  workspaces: Workspaces,
  sessionId: number,
  entry: Entry,
  range: ByteRange,
): Promise<Readable> {
  if (entry.kind === 'file') return workspaces.open(sessionId, entry, range);
  return Readable.from([Buffer.from(entry.target).subarray(range.start, range.end + 1)], {
    objectMode: false,
  });
}
