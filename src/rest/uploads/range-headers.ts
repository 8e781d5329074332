import { z } from '@hono/zod-openapi';

const headerText = (description: string) => z.string().optional().openapi({ description });

/** The headers with which a player requests a part of a file, and a cache checks its copy. @param noun `recording`. */
export function rangeHeaders(noun: string) {
  return z.object({
    Range: headerText(
      `The bytes to send, such as \`bytes=0-999\` (the first 1,000) or \`bytes=-500\` (the last 500). A malformed header is ignored: the whole ${noun} is sent.`,
    ),
    'If-Range': headerText(
      `The \`ETag\` or \`Last-Modified\` of the client’s copy. If the ${noun} has changed since, \`Range\` is ignored and the whole ${noun} is sent.`,
    ),
    'If-None-Match': headerText(
      'The `ETag` of the client’s copy. If the copy is current, the response is 304 without a body.',
    ),
    'If-Modified-Since': headerText(
      'The `Last-Modified` of the client’s copy. If the copy is current, the response is 304 without a body.',
    ),
  });
}

/** The responses with the bytes of a file. @param type Its media type. */
export function fileResponses(noun: string, type: string) {
  const bytes = {
    schema: { type: 'string' as const, format: 'binary', description: `The bytes of the ${noun}.` },
  };
  return {
    200: { description: `The whole ${noun}.`, content: { [type]: bytes } },
    206: {
      description: 'The requested range or, as `multipart/byteranges`, several ranges.',
      content: { [type]: bytes, 'multipart/byteranges': bytes },
    },
    304: { description: 'The client’s copy is current.' },
    412: { description: 'The condition of `If-Match` or `If-Unmodified-Since` is not met.' },
    416: { description: `The requested range is outside the ${noun}.` },
  };
}
