import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { readParams } from '../request/read-params.ts';
import type { RequestContext } from '../request/request-context.ts';
import { RequestError } from '../request/request-error.ts';
import { isMultipart, readUpload, type UploadOptions } from '../uploads/read-upload.ts';

/**
 * Reads the parameters of a request as the stream at `/graphql/stream` does, or with an upload. Yoga's own readers
 * take bytes that are no UTF-8 and forms, which any web page can send without a preflight, and answer 500 to a GET whose
 * variables are no JSON.
 */
export function useRequestParams(options: UploadOptions): Plugin<object, RequestContext> {
  return {
    onRequestParse({ request, serverContext: { incoming, outgoing }, setRequestParser }) {
      if (incoming === undefined || outgoing === undefined) return;
      setRequestParser(async () => {
        try {
          return isMultipart(incoming)
            ? await readUpload(incoming, outgoing, options)
            : await readParams(incoming, new URL(request.url), options);
        } catch (error) {
          throw error instanceof RequestError ? asGraphQLError(error) : error;
        }
      });
    },
  };
}

function asGraphQLError({ message, code, status, headers }: RequestError): GraphQLError {
  return new GraphQLError(message, { extensions: { code, http: { status, headers } } });
}
