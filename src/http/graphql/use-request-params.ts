import type { Plugin } from 'graphql-yoga';
import { readParams } from '../request/read-params.ts';
import type { RequestContext } from '../request/request-context.ts';
import { isMultipart, readUpload, type UploadOptions } from '../uploads/read-upload.ts';

/**
 * Reads a request with the reader that `/graphql/stream` uses too, or as an upload. Yoga's own readers accept bytes that
 * are not UTF-8, accept forms, which any web page can send without a preflight, and answer 500 to a GET whose variables
 * are not JSON.
 */
export function useRequestParams(options: UploadOptions): Plugin<object, RequestContext> {
  return {
    onRequestParse({ request, serverContext: { incoming, outgoing }, setRequestParser }) {
      if (incoming === undefined || outgoing === undefined) return;
      setRequestParser(() =>
        isMultipart(incoming)
          ? readUpload(incoming, outgoing, options)
          : readParams(incoming, new URL(request.url), options),
      );
    },
  };
}
