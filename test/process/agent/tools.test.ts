import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chat, collect } from '../../support/gateway/chat.ts';
import { approveCall, collectDeciding } from '../../support/gateway/tool-approval.ts';
import { text, toolCall } from '../../support/model/turn.ts';
import { callTools, endsOf, run } from '../../support/node/agent-calls.ts';
import { createNodeSession } from '../../support/node/nodes.ts';
import { type Laptop, startLaptop } from '../../support/process/agent-laptop.ts';

describe('with a permissive policy', () => {
  let laptop: Laptop;

  beforeAll(async () => {
    laptop = await startLaptop({
      env: { DEPLOY_KEY: 'k-0123', LANG: 'C.UTF-8' },
      settings: { NODE_GRACE_MS: '500' },
    });
  });

  afterAll(() => laptop?.[Symbol.asyncDispose]());

  test('a model uses all six tools, step by step, in the workspace of a laptop', async () => {
    const { gateway, machine } = laptop;
    await writeFile(join(machine.workspace, 'todo.txt'), 'milk\nbread\n');
    gateway.model.script(
      [toolCall('list', 'list_files', {})],
      [toolCall('read', 'read_file', { path: 'todo.txt' })],
      [toolCall('edit', 'edit_file', { path: 'todo.txt', old_text: 'bread', new_text: 'cheese' })],
      [toolCall('write', 'write_file', { path: 'done/yesterday.txt', content: 'cheese, twice\n' })],
      [toolCall('search', 'search_files', { pattern: 'chee[sz]e' })],
      [run('cat todo.txt done/*', 'run')],
      [text('All done.')],
    );
    const sessionId = await createNodeSession(gateway, ['laptop']);

    const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Cheese instead of bread' }));

    expect(seen.at(-1)).toMatchObject({ __typename: 'RunCompleted', message: { content: 'All done.' } });
    const ends = Object.entries(endsOf(seen));
    expect(ends.map(([id, { status, result }]) => [id, status, result])).toEqual([
      ['list', 'SUCCEEDED', expect.stringContaining('todo.txt')],
      ['read', 'SUCCEEDED', 'milk\nbread\n'],
      ['edit', 'SUCCEEDED', expect.stringContaining('todo.txt')],
      ['write', 'SUCCEEDED', expect.stringContaining('Created "done/yesterday.txt"')],
      ['search', 'SUCCEEDED', 'todo.txt:2: cheese\ndone/yesterday.txt:1: cheese, twice'],
      ['run', 'SUCCEEDED', 'milk\ncheese\ncheese, twice\n'],
    ]);
    expect(await readFile(join(machine.workspace, 'todo.txt'), 'utf8')).toBe('milk\ncheese\n');
    expect(gateway.model.requests.at(-1)?.body['messages']).toContainEqual(
      expect.objectContaining({ role: 'tool', content: expect.stringContaining('cheese, twice\n') }),
    );
  });

  test('commands get only the environment variables that the policy names', async () => {
    const sessionId = await createNodeSession(laptop.gateway, ['laptop']);

    const { a } = await callTools(laptop.gateway, sessionId, run('env'));

    expect(a?.['result']).toContain('LANG=C.UTF-8');
    expect(a?.['result']).not.toContain('k-0123');
    expect(a?.['result']).not.toContain(laptop.token);
  });

  test('binary output is counted and not shown, live or in the result', async () => {
    laptop.gateway.model.script([run('echo text; head -c 3000 /dev/zero; echo more')], [text('Done.')]);

    const seen = await collect(await laptop.ask());

    const shown = 'text\n\n[3005 bytes of binary output are not shown]';
    expect(endsOf(seen)).toMatchObject({ a: { status: 'SUCCEEDED', result: shown } });
    expect(JSON.stringify(seen)).not.toContain('\\u0000');
  });

  test('nobody is asked to approve a call that the node would refuse, and a call that it allows waits as usual', async () => {
    const { gateway, agent } = laptop;
    const sessionId = await createNodeSession(gateway, ['laptop'], { toolApproval: 'ASK' });
    gateway.model.script(
      [
        run('sudo reboot', 'denied'),
        run('ls', 'lost', { cwd: '/etc' }),
        toolCall('outside', 'write_file', { path: '../policy.yaml', content: '' }),
        run('echo asked', 'allowed'),
      ],
      [text('Done.')],
    );

    const asked: string[] = [];
    const seen = await collectDeciding(chat(gateway.client(), { sessionId, prompt: 'Work' }), (event) => {
      asked.push(event['callId']);
      return approveCall(gateway, event);
    });

    expect(asked).toEqual(['allowed']);
    const ends = Object.entries(endsOf(seen)).map(([id, { errorCode, result }]) => [id, errorCode, result]);
    expect(ends.sort()).toEqual([
      ['allowed', null, 'asked\n'],
      ['denied', 'POLICY', 'The policy of this node denies commands with "sudo" in them.'],
      ['lost', 'POLICY', expect.stringContaining('workspace')],
      ['outside', 'POLICY', expect.stringContaining('workspace')],
    ]);
    await agent.printed('run_command  sudo reboot  → refused: ');
  });

  test('nobody is asked to approve a call for a node that was lost and does not come back', async () => {
    const { gateway, agent } = laptop;
    const sessionId = await createNodeSession(gateway, ['laptop'], { toolApproval: 'ASK' });
    agent.kill('SIGKILL');
    await agent.exited;

    gateway.model.script([run('echo asked', 'late')], [text('Done.')]);
    const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Work' }));

    expect(endsOf(seen)).toMatchObject({ late: { status: 'FAILED', errorCode: 'NODE_OFFLINE' } });
    expect(seen.map(({ __typename }) => __typename)).not.toContain('ToolApprovalRequested');
  });
});

test('a laptop without a policy file runs only commands that read, and tells the model which these are', async () => {
  await using laptop = await startLaptop({ policy: '' });
  const { gateway, agent } = laptop;
  const sessionId = await createNodeSession(gateway, ['laptop']);

  const ends = await callTools(
    gateway,
    sessionId,
    run('rm -rf .', 'removes'),
    run('ls; ls', 'twice'),
    run('echo $HOME', 'variable'),
    run('ls -a', 'reads'),
  );

  expect(ends).toMatchObject({
    removes: {
      status: 'FAILED',
      errorCode: 'POLICY',
      result: expect.stringContaining('It allows these commands'),
    },
    twice: { status: 'FAILED', errorCode: 'POLICY', result: expect.stringContaining('one simple command') },
    variable: { status: 'FAILED', errorCode: 'POLICY', result: expect.stringContaining('variables') },
    reads: { status: 'SUCCEEDED', result: '.\n..\n' },
  });
  const told = JSON.stringify(gateway.model.requests.at(-1)?.body['messages']);
  expect(told).toContain('The policy of this node is strict and does not allow');
  expect(agent.stdout).toContain('run_command  rm -rf .  → refused: The policy of this node is strict');
});
