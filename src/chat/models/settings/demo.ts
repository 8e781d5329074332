import { everyFileType } from './file-types.ts';
import type { ModelDialect } from './model-dialect.ts';
import { everySetting } from './setting-support.ts';

/** The demo model does not reason when it is told so, and cuts its answer. It follows rules, so it can neither keep to a schema nor sum up. */
export const demoDialect: ModelDialect = {
  support: () => ({ ...everySetting, responseSchema: false, summaries: false }),
  fileTypes: () => everyFileType,
  options: (_modelName, { reasoningEffort }) =>
    reasoningEffort === 'OFF' ? { providerOptions: { demo: { reasoning: false } } } : {},
};
