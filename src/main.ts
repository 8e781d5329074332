#!/usr/bin/env node
import { constants } from 'node:os';
import { readConfig } from './config.ts';
import { startGateway } from './gateway.ts';
import { createLog } from './log.ts';
import { StartupError } from './startup-error.ts';

try {
  const config = readConfig();
  const log = createLog(config.log);
  const gateway = await startGateway(config, log);
  const { services, url } = gateway;
  const model = (await services.models.list()).find(({ isDefault }) => isDefault);
  log.info(`Switchyard answers at ${url}`);
  log.info(
    `GraphiQL: ${url}/graphql   graphql-sse: ${url}/graphql/stream   REST: ${url}/api/v1   its docs: ${url}/docs`,
  );
  log.info(
    `Model: ${model ? `${model.providerName}/${model.modelName}` : 'whatever the provider offers first'}`,
  );

  const signal = await new Promise(onSignal);
  onSignal((again) => {
    log.warn({ signal: again }, 'told twice: ending at once');
    process.exit(128 + constants.signals[again]);
  });
  log.info({ signal }, 'closing: live runs may finish, then they are cancelled with what they have');
  await gateway[Symbol.asyncDispose]();
  log.info('closed');
} catch (error) {
  if (!(error instanceof StartupError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

function onSignal(listener: (signal: 'SIGTERM' | 'SIGINT') => void): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, listener);
}
