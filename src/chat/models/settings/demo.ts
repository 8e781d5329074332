import { everyFileType } from './file-types.ts';
import type { ModelDialect } from './model-dialect.ts';
import { everySetting } from './setting-support.ts';

/** The demo model does not reason when it is told so, and cuts its answer. It follows rules, so it cannot keep to a schema. */
export const demoDialect: ModelDialect = {
  support: () => ({ ...everySetting, responseSchema: false }),
  fileTypes: () => everyFileType,
  options: (_modelName, { reasoningEffort }) =>
    reasoningEffort === 'OFF' ? { providerOptions: { demo: { reasoning: false } } } : {},
};
