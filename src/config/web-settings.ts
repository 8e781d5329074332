import { isIPv6 } from 'node:net';
import { z } from 'zod';
import { list } from './setting-type.ts';

/** What the gateway lets pages and programs do that it does not know. */
export const webSettings = {
  ALLOWED_HOSTS: list(
    isHostName,
    'must be names of hosts without ports, separated by commas (chat.example.org, 10.0.0.7)',
  ).meta({
    description:
      'Names under which the gateway is reached, separated by commas; `localhost` and loopback addresses always do, and with AUTH_NONE_ANYWHERE any address.',
  }),
  CORS_ORIGINS: list(
    isOrigin,
    'must be origins, separated by commas (https://app.example.org, http://localhost:5173)',
  ).meta({ description: 'Origins whose pages may use the gateway, separated by commas.' }),
  INTROSPECTION: z
    .enum(['on', 'off'], 'must be on or off')
    .default('on')
    .meta({ description: 'Whether the GraphQL schema can be asked for; GraphiQL needs it.' }),
  PERSISTED_OPERATIONS: z.string().optional().meta({
    description:
      'A JSON file, {"<SHA-256 of the document>": "<document>"}: GraphQL takes these documents and no others.',
  }),
};

/** The doors of the gateway. */
export function toWeb(env: z.output<z.ZodObject<typeof webSettings>>) {
  return {
    allowedHosts: env.ALLOWED_HOSTS ?? [],
    corsOrigins: env.CORS_ORIGINS ?? [],
    introspection: env.INTROSPECTION === 'on',
    persistedOperations: env.PERSISTED_OPERATIONS,
  };
}

function isHostName(name: string): boolean {
  return /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(name) || isIPv6(name);
}

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, origin } = new URL(text);
  return /^https?:$/.test(protocol) && origin === text;
}
