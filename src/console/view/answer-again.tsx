import { useRef } from 'preact/hooks';
import { randomId } from '../../client/random-id.ts';
import { ActionButton } from '../controls/action-button.tsx';
import { Icon } from '../controls/icon.tsx';
import { Menu, type MenuItem } from '../controls/menu.tsx';
import type { ModelName } from '../state/branches.ts';
import type { Message } from '../state/message.ts';
import type { StoredSession } from '../state/session.ts';
import { modelId, modelLabel } from '../state/used-model.ts';
import { useApp } from './app-context.ts';

interface AnswerAgainProps {
  session: StoredSession;
  answer: Message;
  isBusy: boolean;
  /** Resolves with whether the action succeeded. */
  attempt(act: () => Promise<unknown>): Promise<boolean>;
}

/** Asks for another answer: the model of the session or, from a menu, another one. */
export function AnswerAgain({ session: { branches }, answer, isBusy, attempt }: AnswerAgainProps) {
  const { account } = useApp();
  /** By model. One that has failed is sent again with its id, so that the gateway answers it once. */
  const requestIds = useRef(new Map<string, string>());
  const ask = async (model?: ModelName) => {
    const key = modelId(model ?? {});
    const requestId = requestIds.current.get(key) ?? randomId();
    requestIds.current.set(key, requestId);
    if (await attempt(() => branches.answerAgain(answer, requestId, model))) requestIds.current.delete(key);
  };
  const items = (): readonly MenuItem[] =>
    account.models.value.map(({ providerName, modelName }) => ({
      label: modelLabel({ providerName, modelName }),
      act: () => isBusy || ask({ providerName, modelName }),
    }));
  return (
    <span class="joined">
      <ActionButton
        class="quiet small"
        label="Answer again"
        title="Answer again: this answer stays as another version"
        isBusy={isBusy}
        act={() => ask()}
      >
        <Icon name="again" />
      </ActionButton>
      {account.models.value.length > 1 && (
        <Menu class="quiet small" label="Answer again with another model" items={items}>
          <Icon name="open" />
        </Menu>
      )}
    </span>
  );
}
