import { isIPv6 } from 'node:net';
import { z } from 'zod';
import { isAddressOrRange } from '../base/address-list.ts';
import { list } from './setting-type.ts';

/** Under which names the gateway is reached, and what web pages and unknown clients may do. */
export const webSettings = {
  ALLOWED_HOSTS: list(
    isHostName,
    'must be host names without ports, separated by commas (chat.example.org, 10.0.0.7)',
  ).meta({
    description:
      'Host names under which the gateway may be reached, separated by commas. `localhost` and loopback addresses are always allowed; with AUTH_NONE_ANYWHERE=yes every IP address is.',
  }),
  CORS_ORIGINS: list(
    isOrigin,
    'must be origins, separated by commas (https://app.example.org, http://localhost:5173)',
  ).meta({ description: 'Origins whose web pages may use the gateway, separated by commas.' }),
  TRUSTED_PROXIES: list(
    isAddressOrRange,
    'must be addresses or ranges of addresses, separated by commas (10.0.0.7, 10.0.0.0/8, ::1)',
  ).meta({
    description:
      'Addresses and ranges of the proxies and load balancers in front of the gateway, separated by commas. They must append the address of their client to the header X-Forwarded-For: then requests of unknown clients are counted by that address, and the audit log has it. From others the header is not read.',
  }),
  INTROSPECTION: z
    .enum(['on', 'off'], 'must be on or off')
    .default('on')
    .meta({ description: 'Whether clients may query the GraphQL schema. GraphiQL needs it.' }),
  PERSISTED_OPERATIONS: z.string().optional().meta({
    description:
      'Path of a JSON file, {"<SHA-256 of the document>": "<document>"}. Only these GraphQL documents are accepted.',
  }),
};

export function toWeb(env: z.output<z.ZodObject<typeof webSettings>>) {
  return {
    allowedHosts: env.ALLOWED_HOSTS ?? [],
    corsOrigins: env.CORS_ORIGINS ?? [],
    trustedProxies: env.TRUSTED_PROXIES ?? [],
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
