import { RestError } from './rest-error.ts';

/** What can be wrong with a form that is to be one file. */
export const formFaults = {
  notMultipart: (type: string) =>
    invalid(
      'content_type',
      ['body'],
      `Body should be sent as multipart/form-data, not ${type || 'without a Content-Type'}`,
    ),
  malformed: (reason: string) => invalid('form_invalid', ['body'], 'Form decode error', { error: reason }),
  missing: () => invalid('missing', ['body', 'file'], 'Field required'),
  notAFile: () =>
    invalid('value_error', ['body', 'file'], 'Input should be a file: the part needs a filename'),
  severalFiles: () => invalid('too_long', ['body', 'file'], 'Input should be one file', { max_length: 1 }),
  unknownField: (name: string | undefined) =>
    invalid('extra_forbidden', ['body', name ?? ''], 'Extra inputs are not permitted'),
  tooLarge: (maxBytes: number) => new RestError(413, `The recording is longer than ${maxBytes} bytes.`),
  brokenOff: () => new RestError(400, 'The request broke off'),
};

function invalid(type: string, loc: string[], msg: string, ctx?: Record<string, unknown>): RestError {
  return new RestError(422, [{ type, loc, msg, input: null, ...(ctx && { ctx }) }]);
}
