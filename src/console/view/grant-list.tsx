import { ActionButton } from '../controls/action-button.tsx';
import { Alert } from '../controls/alert.tsx';
import { VisibleText } from '../controls/visible-text.tsx';
import type { StoredSession } from '../state/session.ts';
import { visibleText } from '../state/visible-text.ts';
import { summaryOf } from './tool-call-text.ts';
import { useAttempt } from './use-attempt.ts';

/** The approvals of a session that hold for later tool calls, each with a button that ends it. Draws nothing if the session has no approvals. */
export function GrantList({ session }: { session: StoredSession }) {
  const { isBusy, problem, attempt } = useAttempt();
  const grants = session.state.value?.grants ?? [];
  if (grants.length === 0) return <Alert problem={problem} />;
  return (
    <section class="grants" aria-label="Tools that run without asking">
      <h2>Approved for later calls</h2>
      <ul>
        {grants.map(({ id, toolName, args, node }) => (
          <li key={id}>
            <span class="grant">
              <VisibleText text={toolName} />
              {args == null ? ' with any arguments' : ' only '}
              {args != null && (
                <code>
                  <VisibleText text={summaryOf({ args })} />
                </code>
              )}
              {node && ` on ${visibleText(node.nodeId)}`}
            </span>
            <ActionButton
              class="quiet small"
              isBusy={isBusy}
              act={() => attempt(() => session.revokeGrant(id))}
              label={`Revoke ${visibleText(toolName)}`}
            >
              Revoke
            </ActionButton>
          </li>
        ))}
      </ul>
      <Alert problem={problem} />
    </section>
  );
}
