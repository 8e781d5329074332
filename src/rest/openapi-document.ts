import type { OpenAPIHono } from '@hono/zod-openapi';
import { ChatFrame } from './chat/chat-frame.ts';
import type { RestEnv } from './route/route.ts';

/** The OpenAPI 3.1 document of everything registered with the app. */
export function openApiDocument(app: OpenAPIHono<RestEnv>) {
  app.openAPIRegistry.register('ChatFrame', ChatFrame);
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API token or a JWT. Not needed where the gateway asks nobody who they are.',
  });
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Switchyard REST API',
      version: '1',
      description:
        'Chat sessions for legacy clients. Everything here, and more, is also offered by the GraphQL API at `/graphql`.',
      license: { name: 'MIT' },
    },
    security: [{ bearer: [] }],
    tags: [{ name: 'sessions', description: 'Chat sessions, their messages and their answers.' }],
  });
}
