import type { Command } from 'commander';
import type { NodeAction } from './manage-nodes.ts';
import { printReport } from './report.ts';

/** Adds `switchyard node …`, which registers agent nodes. It may run beside a running gateway. */
export function addNodeCommand(program: Command): void {
  const node = program.command('node').description('register, list, change and delete agent nodes');
  node
    .command('register')
    .description('register a node and print the token of its agent, once')
    .argument('<nodeId>', 'the name of the node, which models see: laptop')
    .option('--name <name>', 'the name to show to people; default: the name of the node')
    .option('--user <userId>', 'the user that the node belongs to; not needed with AUTH=none')
    .action((nodeId: string, { name, user }: { name?: string; user?: string }) =>
      perform({ type: 'register', nodeId, displayName: name, userId: user }),
    );
  node
    .command('rotate')
    .description('give a node a new token and print it, once; the agent with the old one is disconnected')
    .argument('<nodeId>', 'the name of the node')
    .option('--user <userId>', 'the user that the node belongs to; not needed with AUTH=none')
    .action((nodeId: string, { user }: { user?: string }) =>
      perform({ type: 'rotate', nodeId, userId: user }),
    );
  node
    .command('delete')
    .description('delete a node; its agent is disconnected, and its sessions continue without it')
    .argument('<nodeId>', 'the name of the node')
    .option('--user <userId>', 'the user that the node belongs to; not needed with AUTH=none')
    .action((nodeId: string, { user }: { user?: string }) =>
      perform({ type: 'delete', nodeId, userId: user }),
    );
  node
    .command('list')
    .description('list all nodes')
    .action(() => perform({ type: 'list' }));
}

async function perform(action: NodeAction): Promise<void> {
  const { manageNodes } = await import('./manage-nodes.ts');
  printReport(await manageNodes(action));
}
