import { createUpload } from '../../schema/upload.ts';
import { logIgnored } from '../input/ignored-fields.ts';
import type { RestContext, RestServices } from '../route/route.ts';
import { FormFile, type FormFileOptions } from './form-file.ts';

type Upload = ReturnType<typeof createUpload>;

/**
 * Streams the file of a form to a mutation. A fault of the form comes before the error of the mutation.
 *
 * @throws RestError, and the error of `execute`.
 */
export async function receiveUpload<Data>(
  c: RestContext,
  services: RestServices,
  options: FormFileOptions,
  execute: (file: Upload) => Promise<Data>,
): Promise<Data> {
  using form = new FormFile(c.env.incoming, options);
  const file = await form.open();
  const data = await execute(createUpload(Promise.resolve(file))).catch((error: unknown) => {
    throw form.fault ?? error;
  });
  logIgnored(services.log, form.ignored);
  return data;
}

/** Closes the connection if the gateway did not read all of the body, because it cannot carry another request then. */
export function closeUnread(c: RestContext): void {
  if (!c.env.incoming.readableEnded) c.header('Connection', 'close');
}
