import type { GatewayApi, GraphQLAnswer } from './gateway-api.ts';

/** A session that shares files, and what a client does with them. */
export interface SharedFiles {
  /** The global id, and the number of the session. */
  sessionId: string;
  databaseId: number;
  workspaceId: string;
  /** Resolves with the file that was written. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
  write(path: string, text: string, expectedSha256?: string | null): Promise<any>;
  delete(path: string): Promise<unknown>;
  /** Uploads a file. Resolves with the result, which may have errors. */
  upload(path: string, bytes: Uint8Array<ArrayBuffer>, expectedSha256?: string): Promise<GraphQLAnswer>;
  /** Reports for the agent of a node how far it is. Default: it is copying, and has nothing yet. */
  report(nodeToken: string, report: object): Promise<Response>;
  /** Selects fields of the workspace. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
  read(selection: string, variables?: Record<string, unknown>): Promise<any>;
}

const file = '{ path size mode sha256 modifiedAt linkTarget text downloadUrl }';

let nodes = 0;

/** Creates a session with a node, which is not registered, and an empty workspace. */
export async function openSharedFiles(
  gateway: GatewayApi & { url: string },
  { token }: { token?: string } = {},
): Promise<SharedFiles> {
  const api = token === undefined ? gateway : gateway.as(token);
  const sessionId = await api.createSession();
  nodes += 1;
  const { attachNodes } = await api.query(
    `mutation ($sessionId: ID!, $nodeIds: [String!]!) {
      attachNodes(sessionId: $sessionId, nodeIds: $nodeIds, workspace: { source: EMPTY }) {
        databaseId workspace { workspaceId }
      }
    }`,
    { sessionId, nodeIds: [`files-${nodes}`] },
  );
  return {
    sessionId,
    databaseId: attachNodes.databaseId,
    workspaceId: attachNodes.workspace.workspaceId,
    async write(path, text, expectedSha256 = null) {
      const { written } = await api.query(
        `mutation ($sessionId: ID!, $path: String!, $text: String!, $expectedSha256: String) {
          written: writeWorkspaceFile(sessionId: $sessionId, path: $path, text: $text, expectedSha256: $expectedSha256) ${file}
        }`,
        { sessionId, path, text, expectedSha256 },
      );
      return written;
    },
    delete: (path) =>
      api.query(
        `mutation ($sessionId: ID!, $path: String!) {
          deleteWorkspaceFile(sessionId: $sessionId, path: $path) { fileCount totalBytes }
        }`,
        { sessionId, path },
      ),
    async upload(path, bytes, expectedSha256) {
      const query = `mutation ($sessionId: ID!, $path: String!, $file: Upload!, $expectedSha256: String) {
        uploaded: uploadWorkspaceFile(sessionId: $sessionId, path: $path, file: $file, expectedSha256: $expectedSha256) ${file}
      }`;
      const variables = { sessionId, path, file: null, expectedSha256 };
      const form = new FormData();
      form.set('operations', JSON.stringify({ query, variables }));
      form.set('map', '{"0":["variables.file"]}');
      form.set('0', new Blob([bytes]), 'any name');
      const headers = {
        'apollo-require-preflight': 'yes',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      };
      const response = await fetch(`${gateway.url}/graphql`, { method: 'POST', headers, body: form });
      return (await response.json()) as GraphQLAnswer;
    },
    report: (nodeToken, report) => reportFor(gateway, attachNodes.workspace.workspaceId, nodeToken, report),
    async read(selection, variables = {}) {
      const declared = Object.entries(variables).map(([name, value]) => `, $${name}: ${typeOf(value)}`);
      const query = `query ($sessionId: ID!${declared.join('')}) {
        session(id: $sessionId) { workspace { ${selection} } }
      }`;
      return (await api.query(query, { sessionId, ...variables })).session.workspace;
    },
  };
}

/** Reports for the agent of a node how far it is with a workspace. */
export function reportFor(
  gateway: { url: string },
  workspaceId: string,
  nodeToken: string,
  report: object,
): Promise<Response> {
  return fetch(`${gateway.url}/workspaces/${workspaceId}/report`, {
    method: 'POST',
    headers: { authorization: `Bearer ${nodeToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      ...{ status: 'SYNCING', revision: 0, manifestHash: null, error: null, skipped: [] },
      ...{ filesDone: 0, filesTotal: 0, bytesDone: 0, bytesTotal: 0 },
      ...report,
    }),
  });
}

function typeOf(value: unknown): string {
  return typeof value === 'number' ? 'Int' : 'String!';
}
