import type { ToolApproval } from '../../gql/console/graphql.ts';
import { useApp } from './app-context.ts';

/** What is chosen for a session; null and undefined leave it to the gateway. */
interface Settings {
  providerName?: string | null | undefined;
  modelName?: string | null | undefined;
  toolApproval?: ToolApproval | null | undefined;
}

export interface RoomSettingsProps {
  settings: Settings;
  change(
    changed: { providerName: string | null; modelName: string | null } | { toolApproval: ToolApproval },
  ): void;
}

const approvals: Record<ToolApproval, string> = {
  ASK: 'Ask before tools run',
  AUTO: 'Tools run by themselves',
  DENY: 'No tools that change things',
};

export function RoomSettings({ settings, change }: RoomSettingsProps) {
  const { account } = useApp();
  const chosen = modelId(settings);
  const offered = account.models.value.map((model) => ({ ...model, id: modelId(model) }));
  const usual = offered.find(({ isDefault }) => isDefault);
  const isOffered = chosen === '' || offered.some(({ id }) => id === chosen);
  return (
    <>
      <select
        aria-label="Model"
        title="The model of this session"
        value={chosen}
        onChange={({ currentTarget }) => {
          const [providerName, modelName] = currentTarget.value === '' ? [] : JSON.parse(currentTarget.value);
          change({ providerName: providerName ?? null, modelName: modelName ?? null });
        }}
      >
        <option value="">{usual ? `Default model (${usual.modelName})` : 'Default model'}</option>
        {!isOffered && <option value={chosen}>{wordsFor(settings)}</option>}
        {offered.map((model) => (
          <option key={model.id} value={model.id}>
            {wordsFor(model)}
          </option>
        ))}
      </select>
      <select
        aria-label="Tool approval"
        title="Whether tools that run commands or change files have to be approved"
        value={settings.toolApproval ?? 'ASK'}
        onChange={({ currentTarget }) => change({ toolApproval: currentTarget.value as ToolApproval })}
      >
        {Object.entries(approvals).map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
    </>
  );
}

/** Names have no rules, so that no sign could part the two. */
function modelId({ providerName, modelName }: Settings): string {
  if (providerName == null && modelName == null) return '';
  return JSON.stringify([providerName ?? null, modelName ?? null]);
}

function wordsFor({ providerName, modelName }: Settings): string {
  return [providerName, modelName].filter((name) => name != null && name !== '').join(' / ');
}
