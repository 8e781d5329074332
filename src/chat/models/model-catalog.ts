import { modelFamily } from './model-family.ts';

/** A model and its context limit in tokens; null when the limit is unknown. */
export interface CatalogModel {
  modelName: string;
  contextLimit: number | null;
}

export type CatalogProviderName = 'openai' | 'anthropic' | 'google';

/**
 * Well-known models, each provider's default first. Other names work too, with an unknown context limit.
 * Sources: the providers' model pages, November 2026.
 */
export const modelCatalog: Record<CatalogProviderName, readonly [CatalogModel, ...CatalogModel[]]> = {
  openai: [
    { modelName: 'gpt-6.1-terra', contextLimit: 1_050_000 },
    { modelName: 'gpt-6-astra', contextLimit: 1_050_000 },
    { modelName: 'gpt-6-luna', contextLimit: 1_050_000 },
    { modelName: 'gpt-5.4-mini', contextLimit: 400_000 },
    { modelName: 'gpt-5.4', contextLimit: 1_050_000 },
    { modelName: 'gpt-5', contextLimit: 400_000 },
    { modelName: 'gpt-5-mini', contextLimit: 400_000 },
    { modelName: 'gpt-4.1', contextLimit: 1_047_576 },
    { modelName: 'gpt-4.1-mini', contextLimit: 1_047_576 },
    { modelName: 'gpt-4o', contextLimit: 128_000 },
    { modelName: 'gpt-4o-mini', contextLimit: 128_000 },
  ],
  anthropic: [
    { modelName: 'claude-sonnet-5-5', contextLimit: 1_000_000 },
    { modelName: 'claude-opus-5-5', contextLimit: 1_000_000 },
    { modelName: 'claude-fable-5-1', contextLimit: 1_000_000 },
    { modelName: 'claude-sonnet-5', contextLimit: 1_000_000 },
    { modelName: 'claude-sonnet-4-6', contextLimit: 1_000_000 },
    { modelName: 'claude-haiku-4-5', contextLimit: 200_000 },
  ],
  google: [
    { modelName: 'gemini-3.8-flash', contextLimit: 1_048_576 },
    { modelName: 'gemini-3.1-pro-preview', contextLimit: 1_048_576 },
    { modelName: 'gemini-2.5-pro', contextLimit: 1_048_576 },
    { modelName: 'gemini-2.5-flash', contextLimit: 1_048_576 },
  ],
};

/** The context limit of a model, or of a dated version of it (`gpt-4o-2024-11-20`, `claude-haiku-4-5-20251001`). */
export function contextLimitIn(models: readonly CatalogModel[], modelName: string): number | null {
  const family = modelFamily(modelName);
  const model =
    models.find((each) => each.modelName === modelName) ?? models.find((each) => each.modelName === family);
  return model?.contextLimit ?? null;
}
