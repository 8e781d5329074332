import { setFlagsFromString } from 'node:v8';
import { readConfig } from '../config/config.ts';
import { startGateway } from '../gateway.ts';
import { createLog } from '../log.ts';
import { logRejections } from './log-rejections.ts';

/**
 * Runs the gateway with the settings of its environment until it is told to stop.
 *
 * @param whenStopped Resolves with the signal that tells the process to stop. Its argument is called with the second
 *   signal; the process then ends at once.
 * @throws StartupError if the gateway cannot start.
 */
export async function serve(
  whenStopped: (onAgain: (signal: string) => void) => Promise<string>,
): Promise<void> {
  // V8 counts streamed bytes as heap. If the heap may grow only a little, V8 marks the whole heap before it frees them:
  // sixty times during an upload of 1 GB.
  setFlagsFromString('--heap-growing-percent=100');
  const config = readConfig();
  const log = createLog(config.log);
  logRejections(log);
  const gateway = await startGateway(config, log);
  const { services, url } = gateway;
  const model = (await services.models.list()).find(({ isDefault }) => isDefault);
  log.info(`Switchyard answers at ${url}`);
  log.info(
    `Console: ${url}/console   GraphiQL: ${url}/graphql   graphql-sse: ${url}/graphql/stream   REST: ${url}/api/v1   REST docs: ${url}/docs`,
  );
  log.info(
    `Model: ${model ? `${model.providerName}/${model.modelName}` : 'the first model that the provider lists'}`,
  );

  const signal = await whenStopped((again) => log.warn({ signal: again }, 'second signal: ending at once'));
  log.info(
    { signal },
    'closing: live runs may finish; the others are then cancelled and their text is saved',
  );
  await gateway[Symbol.asyncDispose]();
  log.info('closed');
}
