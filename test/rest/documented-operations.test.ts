import { expect, test } from 'vitest';
import { createGraphqlDouble } from './graphql-double.ts';
import { useRestServer } from './rest-server.ts';

const graphql = createGraphqlDouble();
const server = useRestServer(graphql);

type Documented = [operation: string, summary: string, parameters?: string[], body?: string];

const session = ['path session_id integer'];
const message = ['path message_id integer'];
const user = ['query user_id string', 'query feature_name string?'];
/** Parameters that the gateway has beyond the documentation. */
const further = [
  'query archived boolean?',
  'query pinned boolean?',
  'query tag string?',
  'query search string?',
];
const audioForm = 'Body_upload_message_audio_sessions_messages__message_id__audio_post';

/** The operations of the legacy documentation. */
const documented: Documented[] = [
  ['POST /sessions/', 'Create a New Chat Session', [], 'SessionCreate'],
  ['GET /sessions/', 'Get All Chat Sessions', [...user, ...further]],
  ['DELETE /sessions/', 'Delete All Sessions for Feature', user],
  ['POST /sessions/{session_id}/chat', 'Send a Message in a Session (Streaming)', session, 'ChatRequest'],
  ['GET /sessions/{session_id}/messages', 'Get Session Chat History', session],
  ['POST /sessions/{session_id}/clear-history', 'Clear Chat History (Preserve Session)', session],
  ['GET /sessions/{session_id}/tokens', 'Get Session Token Usage', session],
  ['GET /sessions/{session_id}', 'Get a Single Session', session],
  ['PATCH /sessions/{session_id}', 'Update a Chat Session', session, 'SessionUpdate'],
  ['DELETE /sessions/{session_id}', 'Delete a Chat Session', session],
  ['POST /sessions/messages/{message_id}/audio', 'Upload audio for a specific message', message, audioForm],
  ['GET /sessions/messages/{message_id}/audio', 'Get audio for a specific message', message],
  ['POST /sessions/{session_id}/nodes', 'Attach Nodes to Session', session, 'NodeAttachRequest'],
  ['GET /sessions/{session_id}/nodes', 'Get Session Node Status', session],
  [
    'DELETE /sessions/{session_id}/nodes/{node_id}',
    'Detach Node from Session',
    [...session, 'path node_id string'],
  ],
  ['POST /sessions/{session_id}/cancel', 'Cancel Running AI Task', session],
];

interface Operation {
  summary: string;
  parameters?: { name: string; in: string; required?: boolean; schema: { type: string } }[];
  requestBody?: { content: Record<string, { schema: { $ref?: string } }> };
  responses: Record<string, unknown>;
}

test.for(documented)(
  '%s has the summary, parameters and body of the legacy documentation',
  async ([operation, summary, parameters, body]) => {
    const description = await (await server.request('GET', '/openapi.json')).json();
    const { paths } = description as { paths: Record<string, Record<string, Operation>> };
    const [method = '', path = ''] = operation.split(' ');

    const found = paths[`/api/v1${path}`]?.[method.toLowerCase()];

    expect(found?.summary).toBe(summary);
    expect(Object.keys(found?.responses ?? {})).toEqual(expect.arrayContaining(['200', '422']));
    const described = (found?.parameters ?? [])
      .filter(({ name, in: place }) => place !== 'header' && !/last.?event.?id$/i.test(name))
      .map((parameter) => {
        const name = `${parameter.in} ${parameter.name} ${parameter.schema.type}`;
        return parameter.required ? name : `${name}?`;
      });
    expect(described).toEqual(parameters ?? []);
    const [content] = Object.values(found?.requestBody?.content ?? {});
    expect(content?.schema.$ref).toBe(body && `#/components/schemas/${body}`);
  },
);
