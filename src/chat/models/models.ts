import type { LanguageModelV3, LanguageModelV3CallOptions } from '@ai-sdk/provider';
import { StartupError } from '../../config/startup-error.ts';
import { GatewayError } from '../../errors.ts';
import type { UnknownContext } from './context-warning.ts';
import { ProviderError } from './failure/provider-error.ts';
import { type CatalogModel, contextLimitIn } from './model-catalog.ts';
import { createModelProviders, type ModelProvider, type ProvidersOptions } from './model-providers.ts';
import { writeRequest } from './model-request.ts';
import type { ModelQuestion } from './prompt-cache.ts';
import { createContextLimits, type ModelName, type RequestLimits } from './refusals/context-limits.ts';
import { createNeedsByModel, type ModelNeed, type ModelNeeds } from './refusals/model-needs.ts';
import { type ContextOverflow, mergeSettings, type PartialSettings } from './settings/model-settings.ts';
import { type SettingSupport, supportedPart, withDefaults } from './settings/setting-support.ts';

export interface ResolvedModel extends RequestLimits {
  providerName: string;
  modelName: string;
  /** Tokens that fit into the model's context; null when the limit is unknown. */
  contextLimit: number | null;
  languageModel: LanguageModelV3;
  /** Which settings the model takes. */
  support: SettingSupport;
  /** Whether the model takes files of a type, besides text. False for all once it has refused files. */
  takes(mimeType: string): boolean;
  /** Writes a request with the settings of the choice. A setting that the model does not take is left out. */
  request(question: ModelQuestion): LanguageModelV3CallOptions;
  /** Whether the model sums up older messages that do not fit into its context. */
  contextOverflow: ContextOverflow;
  /** As `request`, for a text that the gateway itself wants: it is bound to no schema. */
  requestText(question: ModelQuestion): LanguageModelV3CallOptions;
  /** Remembers that the model refused a prompt of so many tokens as too long. Later prompts are kept shorter. */
  refusedTokens(tokens: number): void;
  /** What its refusals have told so far. */
  needs(): ModelNeeds;
  /** Remembers a need that a refusal has told. */
  learnNeed(need: ModelNeed): void;
}

export interface ModelInfo {
  providerName: string;
  modelName: string;
  contextLimit: number | null;
  /** Which settings the model takes. */
  support: SettingSupport;
  /** The types of files that the model takes besides text. */
  fileTypes: readonly string[];
  /** Whether sessions without a choice use this model. True for at most one model. */
  isDefault: boolean;
}

interface ModelChoice {
  /** Null or absent: the gateway's default provider. */
  providerName?: string | null | undefined;
  /** Null or absent: the default model of the provider. */
  modelName?: string | null | undefined;
  /** What the prompt and its session ask for. The defaults of the gateway stand behind it. */
  settings?: PartialSettings | undefined;
}

export interface Models {
  /**
   * @throws {GatewayError} `BAD_USER_INPUT` for an unknown provider or model; the message lists the known ones.
   * @throws {ProviderError} `PROVIDER_UNREACHABLE` when the provider must be asked for its default model and fails.
   */
  resolve(choice: ModelChoice): Promise<ResolvedModel>;
  /** Lists the models of all configured providers. A provider that does not answer lists no models. */
  list(): Promise<ModelInfo[]>;
}

export interface ModelsOptions extends ProvidersOptions {
  /** Context limits in tokens by `provider/model`. They take precedence over what the provider says. */
  contextLimits?: Readonly<Record<string, number>> | undefined;
  /** Called each time that a model is used whose server does not state its context and may cut long prompts. */
  onUnknownContext?: ((model: UnknownContext) => void) | undefined;
  /** `provider/model` or `provider`. Default: the first configured provider, or else the demo model. */
  default?: string | undefined;
  /** Settings for prompts whose session asks for nothing else. Models that do not take one are not told it. */
  settings?: PartialSettings | undefined;
}

/** @throws StartupError when `default` names a provider that is not configured or a model it does not have. */
export function createModels(options: ModelsOptions): Models {
  const providers = createModelProviders(options);
  const defaults = defaultChoice(options.default, providers);
  const defaultModelOf = (providerName: string) =>
    providerName === defaults.providerName ? defaults.modelName : undefined;

  const limits = createContextLimits();
  const needs = createNeedsByModel();
  const stated = new Map(Object.entries(options.contextLimits ?? {}));
  const contextLimitOf = ({ providerName, modelName }: ModelName, models: readonly CatalogModel[]) =>
    stated.get(`${providerName}/${modelName}`) ?? contextLimitIn(models, modelName);

  return {
    async resolve({ providerName: wanted, modelName: wantedModel, settings: asked }) {
      const providerName = wanted ?? defaults.providerName;
      const provider = providers.get(providerName);
      if (provider === undefined) throw unknownProvider(providerName, providers);
      const modelName =
        wantedModel ?? defaultModelOf(providerName) ?? (await firstModel(providerName, provider));
      if (!provider.accepts(modelName)) throw await unknownModel(providerName, modelName, provider);
      const models = await knownModels(provider);
      const languageModel = await provider.languageModel(modelName);
      const name = { providerName, modelName };
      const known = contextLimitOf(name, models);
      const told = known === null ? await provider.askContext?.(modelName) : null;
      const contextLimit = known ?? told?.tokens ?? null;
      const isKnown = known !== null || told?.isGuessed === false;
      if (!isKnown && provider.mayCutPrompts) options.onUnknownContext?.({ ...name, assumed: contextLimit });
      const { dialect } = provider;
      const support = dialect.support(modelName);
      const fileTypes = dialect.fileTypes(modelName);
      const own = supportedPart(mergeSettings(asked), support);
      const settings = withDefaults(own, mergeSettings(options.settings), support);
      const mostTokens = settings.maxOutputTokens ?? provider.maxOutputTokens ?? null;
      const requestLimits = limits.of(name, contextLimit, mostTokens);
      const { maxOutputTokens } = requestLimits;
      const setup = { ...name, dialect, settings, maxOutputTokens };
      return {
        ...name,
        contextLimit,
        languageModel,
        support,
        takes: (mimeType) => !needs.of(name).noFiles && fileTypes.includes(mimeType),
        ...requestLimits,
        contextOverflow: support.summaries ? (settings.contextOverflow ?? 'SUMMARISE') : 'TRIM',
        request: (question) => writeRequest(question, setup),
        requestText: (question) =>
          writeRequest(question, { ...setup, settings: { ...settings, responseSchema: null } }),
        refusedTokens: (tokens) => limits.refused(name, tokens),
        needs: () => needs.of(name),
        learnNeed: (need) => needs.learn(name, need),
      };
    },

    async list() {
      const listed = [...providers].map(async ([providerName, provider]) => {
        const known = withModel(await knownModels(provider), defaultModelOf(providerName));
        const models = known.map(({ modelName }) => ({
          modelName,
          contextLimit: contextLimitOf({ providerName, modelName }, known),
          support: provider.dialect.support(modelName),
          fileTypes: needs.of({ providerName, modelName }).noFiles
            ? []
            : provider.dialect.fileTypes(modelName),
        }));
        const defaultModel = defaultModelOf(providerName) ?? models[0]?.modelName;
        const isDefault = (model: CatalogModel) =>
          providerName === defaults.providerName && model.modelName === defaultModel;
        return models.map((model) => ({ providerName, ...model, isDefault: isDefault(model) }));
      });
      return (await Promise.all(listed)).flat();
    },
  };
}

type Providers = ReadonlyMap<string, ModelProvider>;

function defaultChoice(setting: string | undefined, providers: Providers) {
  const [first = 'demo'] = providers.keys();
  if (setting === undefined) return { providerName: first, modelName: undefined };
  const slash = setting.indexOf('/');
  const providerName = slash === -1 ? setting : setting.slice(0, slash);
  const modelName = slash === -1 ? undefined : setting.slice(slash + 1);
  const provider = providers.get(providerName);
  if (provider === undefined) {
    throw new StartupError(
      `The default model "${setting}" needs the provider "${providerName}", which is not configured; ` +
        `the configured providers are ${[...providers.keys()].join(', ')}.`,
    );
  }
  if (modelName !== undefined && !provider.accepts(modelName)) {
    throw new StartupError(`The provider "${providerName}" does not have the default model "${setting}".`);
  }
  return { providerName, modelName };
}

async function knownModels(provider: ModelProvider): Promise<readonly CatalogModel[]> {
  try {
    return await provider.models();
  } catch {
    return [];
  }
}

async function firstModel(providerName: string, provider: ModelProvider): Promise<string> {
  try {
    const [first] = await provider.models();
    if (first !== undefined) return first.modelName;
  } catch (cause) {
    throw new ProviderError('PROVIDER_UNREACHABLE', undefined, { cause });
  }
  throw new ProviderError(
    'PROVIDER_UNREACHABLE',
    `The model provider ${providerName} lists no model; choose one by name.`,
  );
}

function withModel(models: readonly CatalogModel[], modelName: string | undefined) {
  if (modelName === undefined || models.some((model) => model.modelName === modelName)) return models;
  return [{ modelName, contextLimit: contextLimitIn(models, modelName) }, ...models];
}

function unknownProvider(providerName: string, providers: Providers): GatewayError {
  const choices = [...providers.keys()].join(', ');
  return new GatewayError(
    'BAD_USER_INPUT',
    `There is no model provider ${JSON.stringify(providerName)} on this gateway; choose one of: ${choices}.`,
    { field: 'input.providerName' },
  );
}

async function unknownModel(
  providerName: string,
  modelName: string,
  provider: ModelProvider,
): Promise<GatewayError> {
  const choices = (await knownModels(provider)).map((model) => model.modelName).join(', ');
  return new GatewayError(
    'BAD_USER_INPUT',
    `The model provider ${providerName} has no model ${JSON.stringify(modelName)}; choose one of: ${choices}.`,
    { field: 'input.modelName' },
  );
}
