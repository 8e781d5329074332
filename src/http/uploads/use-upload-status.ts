import type { ExecutionResult } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { type ErrorCode, errorStatus } from '../../errors.ts';
import type { RequestContext } from '../request/request-context.ts';
import { isMultipart } from './read-upload.ts';

/**
 * Answers an upload that failed with the status of its error: its client is at the HTTP of it anyway. Where the
 * rest of the file was not read, the connection cannot carry another request.
 */
export function useUploadStatus(): Plugin<object, RequestContext> {
  return {
    onResultProcess({ result, setResult, serverContext: { incoming } }) {
      if (incoming === undefined || !isMultipart(incoming) || !isFailure(result)) return;
      const code = result.errors?.[0]?.extensions['code'] as ErrorCode | undefined;
      const headers = incoming.readableEnded ? {} : { connection: 'close' };
      const http = { headers, ...(code && code in errorStatus && { status: errorStatus[code] }) };
      setResult({ ...result, extensions: { ...result.extensions, http } });
    },
  };
}

function isFailure(result: object): result is ExecutionResult {
  return 'data' in result && result.data === null;
}
