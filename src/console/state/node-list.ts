import { type ReadonlySignal, signal } from '@preact/signals';
import { AgentNodesDocument, type NodeStateFragment } from '../../gql/console/graphql.ts';
import type { Ask } from '../gateway/ask.ts';
import { wordsOf } from '../gateway/words-of.ts';

/** The nodes that the user can attach to a session. */
export interface NodeList {
  /** Undefined until they are loaded. */
  readonly nodes: ReadonlySignal<readonly NodeStateFragment[] | undefined>;
  readonly problem: ReadonlySignal<string | undefined>;
  reload(): Promise<void>;
}

export function createNodeList(ask: Ask): NodeList {
  const nodes = signal<readonly NodeStateFragment[] | undefined>();
  const problem = signal<string | undefined>();
  return {
    nodes,
    problem,
    async reload() {
      try {
        const { edges } = (await ask(AgentNodesDocument, {})).agentNodes;
        nodes.value = edges.map(({ node }) => node);
        problem.value = undefined;
      } catch (error) {
        problem.value = wordsOf(error);
      }
    },
  };
}
