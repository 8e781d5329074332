import type { Logger } from 'pino';
import { assumedContextLimit, type ModelName } from './refusals/context-limits.ts';

/** Models that are warned about. Clients choose the names of models, so there can be any number of them. */
const mostWarnings = 100;

/** A model whose context nobody states. `assumed`: tokens that are taken for it; null for the usual number. */
export interface UnknownContext extends ModelName {
  assumed: number | null;
}

/** Creates a function that warns the operator, once for each model, that its context limit is not known. */
export function createContextWarning(log: Logger): (model: UnknownContext) => void {
  const warned = new Set<string>();
  return ({ providerName, modelName, assumed }) => {
    const model = `${providerName}/${modelName}`;
    if (warned.has(model) || warned.size >= mostWarnings) return;
    warned.add(model);
    log.warn(
      { model },
      `the server does not say how many tokens fit into the context of this model, so ${assumed ?? assumedContextLimit} are assumed. ` +
        'If it takes fewer, it may cut long prompts without saying so, as Ollama does at 4096: ' +
        'state the number in MODEL_CONTEXT_LIMITS',
    );
  };
}
