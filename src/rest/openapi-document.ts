import type { OpenAPIHono } from '@hono/zod-openapi';
import { ChatFrame } from './chat/chat-frame.ts';
import type { RestEnv } from './route/route.ts';

/** Builds the OpenAPI 3.1 document of every operation that is registered with the app. */
export function openApiDocument(app: OpenAPIHono<RestEnv>) {
  app.openAPIRegistry.register('ChatFrame', ChatFrame);
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API token or a JWT. A gateway that runs with `AUTH=none` needs no token.',
  });
  const { info, ...document } = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Switchyard REST API',
      version: '1',
      description:
        'Chat sessions for legacy clients. The GraphQL API at `/graphql` offers the same operations and more. **Sessions that are created here run tools without asking:** their model can run commands and change files on attached nodes without the approval of a person, unless `tool_approval` is `ask` or `deny`.',
    },
    servers: [{ url: '/', description: 'The gateway that serves this document.' }],
    security: [{ bearer: [] }],
    tags: [
      {
        name: 'sessions',
        description: 'Chat sessions: their settings, messages, runs, recordings and nodes.',
      },
    ],
  });
  // The type of `info` is that of OpenAPI 3.0, which has no identifier.
  return { ...document, info: { ...info, license: { name: 'MIT', identifier: 'MIT' } } };
}
