import type { Plugin } from 'graphql-yoga';
import { readParams } from '../../request/read-params.ts';
import type { RequestContext } from '../../request/request-context.ts';
import { isMultipart, readUpload, type UploadOptions } from '../../uploads/read-upload.ts';

/**
 * Reads a request as an upload, or with the same reader as `/graphql/stream`. Yoga's own readers are not used for three
 * reasons: they accept bytes that are not UTF-8, they accept forms, which any web page can send without a preflight,
 * and they answer 500 to a GET with variables that are not JSON.
 */
export function useRequestParams(options: UploadOptions): Plugin<object, RequestContext> {
  return {
    onRequestParse({ request, serverContext: { incoming, outgoing, sentParams }, setRequestParser }) {
      if (incoming === undefined || outgoing === undefined) return;
      setRequestParser(
        () =>
          sentParams ??
          (isMultipart(incoming)
            ? readUpload(incoming, outgoing, options)
            : readParams(incoming, new URL(request.url), options)),
      );
    },
  };
}
