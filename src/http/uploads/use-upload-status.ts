import type { ExecutionResult } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { errorStatus, isErrorCode } from '../../errors.ts';
import type { RequestContext } from '../request/request-context.ts';
import { isMultipart } from './read-upload.ts';

/**
 * Answers a failed upload with the HTTP status of its error, because clients that upload look at the status. Closes the
 * connection when the rest of the file was not read, because it cannot carry another request then.
 */
export function useUploadStatus(): Plugin<object, RequestContext> {
  return {
    onResultProcess({ result, setResult, serverContext: { incoming } }) {
      if (incoming === undefined || !isMultipart(incoming) || !isFailure(result)) return;
      const code = result.errors?.[0]?.extensions['code'];
      const headers = incoming.readableEnded ? {} : { connection: 'close' };
      const http = { headers, ...(isErrorCode(code) && { status: errorStatus[code] }) };
      setResult({ ...result, extensions: { ...result.extensions, http } });
    },
  };
}

/** Whether nothing was executed, as when the document is invalid, or every field failed: then each is null. */
function isFailure(result: object): result is ExecutionResult {
  const { data, errors } = result as ExecutionResult;
  return errors !== undefined && Object.values(data ?? {}).every((field) => field === null);
}
