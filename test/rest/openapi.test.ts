import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from 'vitest';
import { createGraphqlDouble } from './graphql-double.ts';
import { useRestServer } from './rest-server.ts';

const graphql = createGraphqlDouble();
const server = useRestServer(graphql);

interface Described {
  description?: string;
  /** A component, which has a description of its own. */
  $ref?: string;
}
interface Operation extends Described {
  summary?: string;
  operationId?: string;
  parameters?: (Described & { name: string })[];
  responses: Record<string, Described>;
}
interface Schema extends Described {
  properties?: Record<string, Schema>;
  items?: Schema;
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
  const?: string;
  enum?: string[];
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

async function readDocument(): Promise<Document> {
  const response = await server.request('GET', '/openapi.json');
  expect(response.headers.get('content-type')).toBe('application/json');
  return (await response.json()) as Document;
}

test('the OpenAPI document is valid OpenAPI 3.1', async () => {
  const document = await readDocument();
  const validator = new Validator();

  const result = await validator.validate({ ...document });

  expect(result).toEqual({ valid: true });
  expect(validator.version).toBe('3.1');
});

test('the OpenAPI document lists every operation and the statuses it can return', async () => {
  const { paths } = await readDocument();
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, operation]) =>
        `${method.toUpperCase()} ${path} ${operation.operationId} ${Object.keys(operation.responses)}`,
    ),
  );
  expect(operations).toMatchInlineSnapshot(`
    [
      "POST /api/v1/sessions/ create_session 200,400,401,403,408,413,415,421,422,429,503,507",
      "GET /api/v1/sessions/ list_sessions 200,400,401,403,421,422,429,503",
      "DELETE /api/v1/sessions/ delete_sessions 200,400,401,403,421,422,429,503,507",
      "GET /api/v1/sessions/{session_id} get_session 200,400,401,403,404,421,422,429,503",
      "PATCH /api/v1/sessions/{session_id} update_session 200,400,401,403,404,408,413,415,421,422,429,503,507",
      "DELETE /api/v1/sessions/{session_id} delete_session 200,400,401,403,404,421,422,429,503,507",
      "POST /api/v1/sessions/{session_id}/chat send_message 200,400,401,403,404,408,409,413,415,421,422,429,503,507",
      "GET /api/v1/sessions/{session_id}/chat follow_chat 200,204,400,401,403,404,421,422,429,503",
      "POST /api/v1/sessions/{session_id}/chat/ticket create_stream_ticket 200,400,401,403,404,421,422,429,503,507",
      "GET /api/v1/sessions/{session_id}/messages get_messages 200,400,401,403,404,421,422,429,503",
      "GET /api/v1/sessions/{session_id}/messages/search search_messages 200,400,401,403,404,421,422,429,503",
      "POST /api/v1/sessions/{session_id}/clear-history clear_history 200,400,401,403,404,409,421,422,429,503,507",
      "GET /api/v1/sessions/{session_id}/tokens get_tokens 200,400,401,403,404,421,422,429,503",
      "POST /api/v1/sessions/{session_id}/cancel cancel_run 200,400,401,403,404,421,422,429,503,507",
      "POST /api/v1/runs/{run_id}/tool-calls/approve approve_tool_call 200,400,401,403,404,408,409,413,415,421,422,429,503,507",
      "POST /api/v1/runs/{run_id}/tool-calls/deny deny_tool_call 200,400,401,403,404,408,409,413,415,421,422,429,503,507",
      "POST /api/v1/runs/{run_id}/tool-calls/answer answer_tool_call 200,400,401,403,404,408,409,413,415,421,422,429,503,507",
      "GET /api/v1/sessions/{session_id}/grants get_grants 200,400,401,403,404,421,422,429,503",
      "DELETE /api/v1/grants/{grant_id} revoke_grant 200,400,401,403,404,421,422,429,503,507",
      "POST /api/v1/sessions/{session_id}/nodes attach_nodes 200,400,401,403,404,408,413,415,421,422,429,503,507",
      "GET /api/v1/sessions/{session_id}/nodes get_session_nodes 200,400,401,403,404,421,422,429,503",
      "DELETE /api/v1/sessions/{session_id}/nodes/{node_id} detach_node 200,400,401,403,404,421,422,429,503,507",
      "GET /api/v1/sessions/{session_id}/workspace get_workspace 200,400,401,403,404,421,422,429,503",
      "GET /api/v1/sessions/{session_id}/workspace/files list_workspace_files 200,400,401,403,404,421,422,429,503",
      "POST /api/v1/sessions/{session_id}/attachments upload_attachment 200,400,401,403,404,408,413,415,421,422,429,503,507",
      "GET /api/v1/sessions/attachments/{attachment_id} get_attachment 200,206,304,400,401,403,404,412,416,421,422,429,503",
      "DELETE /api/v1/sessions/attachments/{attachment_id} delete_attachment 200,400,401,403,404,409,421,422,429,503,507",
      "POST /api/v1/sessions/messages/{message_id}/audio upload_message_audio 200,400,401,403,404,408,413,415,421,422,429,503,507",
      "GET /api/v1/sessions/messages/{message_id}/audio get_message_audio 200,206,304,400,401,403,404,412,416,421,422,429,503",
    ]
  `);
});

test('the OpenAPI document says what clients and generators need beyond that', async () => {
  const document = (await readDocument()) as Document & {
    info: { license: object };
    servers: object[];
  };
  expect(document.info.license).toEqual({ name: 'MIT', identifier: 'MIT' });
  expect(document.servers).toHaveLength(1);
  const text = JSON.stringify(document.paths);
  // Generators make files and blobs of `format: binary`.
  expect(
    document.components.schemas['Body_upload_message_audio_sessions_messages__message_id__audio_post'],
  ).toMatchObject({
    properties: { file: { type: 'string', format: 'binary' } },
  });
  expect(
    document.paths['/api/v1/sessions/messages/{message_id}/audio']?.['get']?.responses['200'],
  ).toMatchObject({
    content: { 'audio/*': { schema: { type: 'string', format: 'binary' } } },
  });
  for (const [, pattern = ''] of text.matchAll(/"pattern":"((?:[^"\\\\]|\\\\.)*)"/g)) {
    const source = JSON.parse(`"${pattern}"`) as string;
    expect(() => new RegExp(source, 'u')).not.toThrow();
  }
  expect(text).toContain('"pattern"');
});

test('every operation, parameter, response and field has a description', async () => {
  const { paths, components } = await readDocument();
  const silent: string[] = [];
  const check = (name: string, described: Described) => {
    if (!described.description && !described.$ref) silent.push(name);
  };
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      check(`${method} ${path}`, operation);
      for (const parameter of operation.parameters ?? [])
        check(`${method} ${path} ${parameter.name}`, parameter);
      for (const [status, response] of Object.entries(operation.responses))
        check(`${method} ${path} ${status}`, response);
    }
  }
  const checkSchema = (name: string, schema: Schema) => {
    for (const [field, property] of Object.entries(schema.properties ?? {})) {
      const tag = property.const ?? (property.enum?.length === 1 ? property.enum[0] : undefined);
      if (field !== 'type' || tag === undefined) check(`${name}.${field}`, property);
      checkSchema(`${name}.${field}`, property);
    }
    const parts = [schema.items, schema.oneOf, schema.anyOf, schema.allOf].flatMap((part) => part ?? []);
    for (const [index, part] of parts.entries()) checkSchema(`${name}[${index}]`, part);
  };
  for (const [name, schema] of Object.entries(components.schemas)) {
    check(name, schema);
    checkSchema(name, schema);
  }
  expect(silent).toEqual([]);
});

test('the schemas have the names from which clients are generated', async () => {
  const { components } = await readDocument();
  expect(Object.keys(components.schemas).sort()).toMatchInlineSnapshot(`
    [
      "AnswerRequest",
      "AnsweredCall",
      "ApproveRequest",
      "Attachment",
      "Audio",
      "Body_upload_attachment",
      "Body_upload_message_audio_sessions_messages__message_id__audio_post",
      "CancelReceipt",
      "ChatFrame",
      "ChatRequest",
      "ClearedHistory",
      "ClientTool",
      "DecidedCall",
      "DeletedAttachment",
      "DeletedSession",
      "DeletedSessions",
      "DenyRequest",
      "DetachedNode",
      "ErrorDetail",
      "FoundMessage",
      "FoundMessages",
      "Grant",
      "Grants",
      "HTTPValidationError",
      "Message",
      "Messages",
      "ModelSettings",
      "NodeAttachRequest",
      "RunUsage",
      "Session",
      "SessionCreate",
      "SessionNode",
      "SessionNodes",
      "SessionUpdate",
      "Sessions",
      "StreamTicket",
      "SyncProgress",
      "Tokens",
      "ToolCall",
      "ValidationError",
      "Workspace",
      "WorkspaceConflict",
      "WorkspaceFile",
      "WorkspaceFiles",
    ]
  `);
});
