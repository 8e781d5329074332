import { z } from 'zod';
import { isPlainHttpUrl } from './http-url.ts';
import { apiKey, json } from './setting-type.ts';

const builtIn = ['demo', 'openai', 'openai-compatible', 'anthropic', 'google'];

const header = /^[!#$%&'*+.^_`|~\w-]+$/;

/** Headers that the gateway's own requests need as they are. */
const reserved = /^(?:content-(?:type|length|encoding)|host|connection|transfer-encoding|accept-encoding)$/i;

const headersShape = 'must be a JSON object with the value of each header ({"api-key":"…"})';

const headers = z
  .record(
    z.string(),
    z.string('must be a text').regex(/^[\x20-\x7e]*$/, 'must be a value that an HTTP header can have'),
    headersShape,
  )
  .superRefine(
    eachName((name) => {
      if (!header.test(name)) return 'is not a name of an HTTP header';
      return reserved.test(name) ? 'is a header that the gateway sets itself' : undefined;
    }),
  );

/** Checks the names of an object. */
function eachName(problemOf: (name: string) => string | undefined) {
  return (value: object, context: z.RefinementCtx) => {
    for (const name of Object.keys(value)) {
      const message = problemOf(name);
      if (message !== undefined) context.addIssue({ code: 'custom', message, path: [name] });
    }
  };
}

/** Extra headers of requests, as a JSON object. */
export const headersSetting = json(headers, headersShape).meta({ secret: true });

const shape =
  'must be a JSON object with a server for each name ({"groq":{"baseUrl":"https://…","apiKey":"…","headers":{}}})';

const server = z.strictObject(
  {
    baseUrl: z
      .string('must be an http: or https: URL')
      .refine(isPlainHttpUrl, 'must be an http: or https: URL without a user name or password in it'),
    apiKey: apiKey.optional(),
    headers: headers.optional(),
  },
  'must have a baseUrl, and nothing else but apiKey and headers',
);

/** OpenAI-compatible servers by name, as a JSON object. */
export const serversSetting = json(
  z.record(z.string(), server, shape).superRefine(
    eachName((name) => {
      if (!/^[a-z][a-z0-9-]{0,31}$/.test(name)) {
        return 'is not a name of up to 32 small letters, digits and -, with a letter first';
      }
      return builtIn.includes(name) ? `is the name of another provider (${builtIn.join(', ')})` : undefined;
    }),
  ),
  shape,
).meta({ secret: true });
