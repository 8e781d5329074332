import type { ViewerQuery } from '../../gql/console/graphql.ts';

/** A model that the gateway lists. */
export type Model = ViewerQuery['models'][number];

/** A choice of a model. With null or undefined the gateway uses its default. */
export interface ModelChoice {
  readonly providerName?: string | null | undefined;
  readonly modelName?: string | null | undefined;
}

/** JSON, because names may contain any character and a separator would be ambiguous. Empty for the default model. */
export function modelId({ providerName, modelName }: ModelChoice): string {
  if (providerName == null && modelName == null) return '';
  return JSON.stringify([providerName ?? null, modelName ?? null]);
}

export function modelLabel({ providerName, modelName }: ModelChoice): string {
  return [providerName, modelName].filter((name) => name != null && name !== '').join(' / ');
}

/** The model that answers. Undefined when the gateway does not list it: then nobody knows what it takes. */
export function usedModel(models: readonly Model[], choice: ModelChoice): Model | undefined {
  const id = modelId(choice);
  return models.find((model) => (id === '' ? model.isDefault : modelId(model) === id));
}
