import { z } from 'zod';

const proxy = z
  .string()
  // Other programs accept an address without a scheme too.
  .transform((value) => (value.includes('://') ? value : `http://${value}`))
  .refine(isProxy, 'must be the http: or https: URL of a proxy (http://proxy.example.org:3128)')
  .meta({ secret: true });

/**
 * The proxies for requests of the gateway to other servers. Their names are those that curl and many other programs
 * read, in small letters too (`https_proxy`).
 */
export const proxySettings = {
  HTTPS_PROXY: proxy.optional().meta({
    description:
      'URL of the proxy for requests to model providers and to the issuer of JWTs whose URL begins with https:.',
    secret: true,
  }),
  HTTP_PROXY: proxy
    .optional()
    .meta({ description: 'URL of the proxy for such requests whose URL begins with http:.', secret: true }),
  NO_PROXY: z
    .string()
    .transform((text) => text.split(/[\s,]+/).filter((entry) => entry !== ''))
    .optional()
    .meta({
      description:
        'Servers that are asked without a proxy, separated by commas: host names, which include the names below them (example.org), addresses (10.0.0.7), ranges (10.0.0.0/8), or * for all. This machine (localhost) is always asked without one.',
    }),
};

export type ProxyEnvironment = z.output<z.ZodObject<typeof proxySettings>>;

/** In the shape of `Proxies` of src/base. */
export function toProxies(env: ProxyEnvironment) {
  return {
    https: env.HTTPS_PROXY,
    http: env.HTTP_PROXY,
    except: env.NO_PROXY,
  };
}

function isProxy(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, pathname, search, hash } = new URL(value);
  return (protocol === 'http:' || protocol === 'https:') && `${pathname}${search}${hash}` === '/';
}
