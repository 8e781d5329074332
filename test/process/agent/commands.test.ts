import { expect, test } from 'vitest';
import { openTestTools, type TestTools } from '../../support/node/agent-tools.ts';
import { isRunning } from '../../support/process/process-state.ts';

const openShell = () => openTestTools({ policy: 'mode: permissive' });

/** Runs a command and cancels it once it has written a line. Returns its report and its output until then. */
async function cancelOnOutput(tools: TestTools, command: string) {
  const cancel = new AbortController();
  let output = '';
  const onOutput = (text: string) => {
    output += text;
    if (output.endsWith('\n')) cancel.abort();
  };
  const report = await tools.command(command, { cancel: cancel.signal, onOutput });
  return { report, output };
}

test('standard output and standard error arrive in the order of writing', async () => {
  await using tools = await openShell();
  const written = Array.from({ length: 50 }, (_, i) => `out ${i}\nerr ${i}\n`).join('');
  const { result } = await tools.command('for i in $(seq 0 49); do echo out $i; echo err $i >&2; done');
  expect(result).toBe(written);
});

test('a command that fails reports its exit code', async () => {
  await using tools = await openShell();
  expect(await tools.command('echo no; exit 3')).toEqual({
    status: 'FAILED',
    errorCode: 'FAILED',
    result: 'no\n',
    exitCode: 3,
  });
});

test('a command that does not exist fails with the exit code that a shell reports', async () => {
  await using tools = await openTestTools({ policy: 'allow: [no-such-program]' });
  expect(await tools.command('no-such-program')).toMatchObject({
    status: 'FAILED',
    result: expect.stringContaining('not found'),
    exitCode: 127,
  });
});

test('a command that was ended by a signal reports the signal', async () => {
  await using tools = await openShell();
  expect(await tools.command('echo begun; kill -SEGV $$')).toEqual({
    status: 'FAILED',
    errorCode: 'FAILED',
    result: 'begun\n[The command was ended by SIGSEGV.]',
    exitCode: 139,
  });
});

test('a command gets no standard input and runs in the folder of its call', async () => {
  await using tools = await openShell();
  await tools.put('sub/a.txt', '');
  const report = await tools.call('run_command', { command: 'cat; pwd', cwd: 'sub' });
  expect(report.result).toBe(`${tools.root}/sub\n`);
});

test.each(['..', '/etc', 'link'])('a command cannot run in %j, outside the workspace', async (cwd) => {
  await using tools = await openShell();
  await tools.command(`ln -s ${tools.outside} link`);
  expect(await tools.call('run_command', { command: 'pwd', cwd })).toMatchObject({ errorCode: 'POLICY' });
});

// These tests run at the same time, because the agent waits two seconds before it kills what ignores SIGTERM.
test.concurrent('cancelling a command ends it with all its children', async () => {
  await using tools = await openShell();
  const { report, output } = await cancelOnOutput(
    tools,
    'sleep 60 & sh -c "sleep 60 & wait" & echo $! $$; wait',
  );
  expect(report).toMatchObject({
    status: 'CANCELLED',
    result: expect.stringContaining('[The command was cancelled.]'),
  });
  for (const pid of output.split(' ')) expect(isRunning(Number(pid))).toBe(false);
});

test.concurrent('cancelling ends even a command that ignores SIGTERM', async () => {
  await using tools = await openShell();
  const { report, output } = await cancelOnOutput(tools, 'trap "" TERM; echo $$; while :; do sleep 60; done');
  expect(report.status).toBe('CANCELLED');
  expect(isRunning(Number(output))).toBe(false);
});

test.concurrent('a command that takes too long is stopped, and its output is kept', async () => {
  await using tools = await openShell();
  expect(await tools.command('echo begun; sleep 60', { timeoutMs: 2_000 })).toEqual({
    status: 'TIMED_OUT',
    errorCode: 'TIMEOUT',
    result: 'begun\n[The command took too long and was stopped.]',
  });
});

test('a command that is cancelled before its start does not run', async () => {
  await using tools = await openShell();
  const report = await tools.command('echo begun > made', { cancel: AbortSignal.abort() });
  expect(report.status).toBe('CANCELLED');
  expect((await tools.call('list_files', {})).result).not.toContain('made');
});

test('a process that a command leaves in the background is ended and does not delay the result of the command', async () => {
  await using tools = await openShell();
  const { status, result } = await tools.command('sleep 60 & echo $!');
  expect(status).toBe('SUCCEEDED');
  expect(isRunning(Number(result))).toBe(false);
});

test('a process that leaves the process group does not delay the result of its command', async () => {
  await using tools = await openShell();
  const { status, result } = await tools.command(
    'mkfifo ready; setsid sh -c "echo > ready; exec sleep 60" & read -r line < ready; echo $!',
  );
  expect(status).toBe('SUCCEEDED');
  process.kill(Number(result), 'SIGKILL');
});
