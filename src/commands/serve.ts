import { setFlagsFromString } from 'node:v8';
import { readConfig } from '../config/config.ts';
import { startGateway } from '../gateway.ts';
import { createLog } from '../log.ts';

/**
 * Runs the gateway as its environment tells it to, until it is told to stop.
 *
 * @param whenStopped Settles when it is told to; its argument is called when it is told a second time, at which
 *   the process ends.
 * @throws StartupError where it cannot start.
 */
export async function serve(
  whenStopped: (onAgain: (signal: string) => void) => Promise<string>,
): Promise<void> {
  // V8 counts the bytes that stream through as heap. Where that may grow by little, it marks all of the heap again
  // before it frees them: in an upload of 1 GB sixty times.
  setFlagsFromString('--heap-growing-percent=100');
  const config = readConfig();
  const log = createLog(config.log);
  const gateway = await startGateway(config, log);
  const { services, url } = gateway;
  const model = (await services.models.list()).find(({ isDefault }) => isDefault);
  log.info(`Switchyard answers at ${url}`);
  log.info(
    `Console: ${url}/console   GraphiQL: ${url}/graphql   graphql-sse: ${url}/graphql/stream   REST: ${url}/api/v1   its docs: ${url}/docs`,
  );
  log.info(
    `Model: ${model ? `${model.providerName}/${model.modelName}` : 'whatever the provider offers first'}`,
  );

  const signal = await whenStopped((again) => log.warn({ signal: again }, 'told twice: ending at once'));
  log.info({ signal }, 'closing: live runs may finish, then they are cancelled with what they have');
  await gateway[Symbol.asyncDispose]();
  log.info('closed');
}
