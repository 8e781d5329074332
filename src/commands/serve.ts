import { setFlagsFromString } from 'node:v8';
import type { Logger } from 'pino';
import { countOf } from '../base/count-of.ts';
import type { Engine } from '../chat/engine.ts';
import type { Models } from '../chat/models/models.ts';
import { type Config, readConfig, unknownSettings } from '../config/config.ts';
import { StartupError } from '../config/startup-error.ts';
import { startGateway } from '../gateway.ts';
import { createLog } from '../log.ts';
import { logRejections } from './log-rejections.ts';
import { warnOfModels, warnOfOwnRecordings, warnOfUnknownSettings } from './start-warnings.ts';

/**
 * Runs the gateway with the settings of its environment until it is told to stop.
 *
 * @param whenStopped Resolves with the signal that tells the process to stop. Its argument is called with each further
 *   signal; the process then ends at once, unless that returns `true`.
 * @throws StartupError if the gateway cannot start.
 */
export async function serve(
  whenStopped: (onAgain: (signal: string) => boolean) => Promise<string>,
): Promise<void> {
  // V8 counts streamed bytes as heap. If the heap may grow only a little, V8 marks the whole heap before it frees them:
  // sixty times during an upload of 1 GB.
  setFlagsFromString('--heap-growing-percent=100');
  const config = readConfig();
  const log = createLog(config.log);
  logRejections(log);
  warnOfUnknownSettings(unknownSettings(), log);
  warnOfOwnRecordings(config, log);
  const gateway = await startGateway(config, log);
  const { services, url } = gateway;
  log.info(`Switchyard answers at ${url}`);
  log.info(
    `Console: ${url}/console   GraphiQL: ${url}/graphql   graphql-sse: ${url}/graphql/stream   REST: ${url}/api/v1   REST docs: ${url}/docs`,
  );
  // A model server may let us wait, and the gateway answers already.
  void sayModels(services.models, config, log);

  const stopped = whenStopped(onFurtherSignal(services.engine, log));
  const signal = await (gateway.lost ? Promise.race([stopped, gateway.lost]) : stopped);
  const startedAt = performance.now();
  log.info({ signal }, closingText(services.engine, config.chat.shutdownGraceMs));
  await gateway[Symbol.asyncDispose]();
  log.info({ ms: Math.round(performance.now() - startedAt) }, 'closed');
  if (signal === undefined) {
    throw new StartupError('Another gateway has taken the database while this one was cut off from it.');
  }
}

async function sayModels(models: Models, config: Config, log: Logger): Promise<void> {
  const [known] = await Promise.all([models.list(), warnOfModels(config.models, log)]);
  const model = known.find(({ isDefault }) => isDefault);
  log.info(
    `Model: ${model ? `${model.providerName}/${model.modelName}` : 'the first model that the provider lists'}`,
  );
}

/** The second signal cancels the live runs, so that their text is saved, and the third ends the process. */
function onFurtherSignal(engine: Engine, log: Logger): (signal: string) => boolean {
  let isSecond = true;
  return (signal) => {
    if (!isSecond) {
      log.warn({ signal }, 'third signal: ending at once');
      return false;
    }
    isSecond = false;
    const runs = engine.liveRuns;
    const whose = runs === 1 ? 'its' : 'their';
    const what =
      runs === 0 ? 'no run is live' : `cancelling ${countOf(runs, 'run')} and saving ${whose} text`;
    log.warn({ signal, runs }, `second signal: ${what}; a third ends the process at once`);
    engine.endGrace();
    return true;
  };
}

function closingText({ liveRuns, waitingRuns }: Engine, graceMs: number): string {
  const runs = liveRuns - waitingRuns;
  if (liveRuns === 0) return 'closing: no run is live';
  if (runs === 0)
    return `closing: ${countOf(waitingRuns, 'run')} waiting for approvals, left to the next start`;
  const wait = `waiting up to ${graceMs / 1_000} s for ${countOf(runs, 'run')}`;
  return `closing: ${wait}, then cancelling what is left and saving its text; a second Ctrl-C does so at once`;
}
