import { expect, test } from 'vitest';
import { faultsOf } from '../support/browser/axe.ts';
import { describeInBrowser } from '../support/browser/browser.ts';
import { openConsole } from '../support/browser/console-page.ts';
import { shareScriptedGateway } from '../support/gateway/shared-gateway.ts';
import { createTools } from '../support/gateway/tool-double.ts';
import { reasoning, text, toolCall } from '../support/model/turn.ts';

const script = '<img src=x onerror="document.title=1"><script>document.title=2</script>';

const answer = `${script}

<iframe src="https://evil.example"></iframe>

Inline ${script} and <b onclick="document.title=3">bold</b>.

[script](javascript:document.title=4) [data](data:text/html,x) [vb](vbscript:x) [tab](java\tscript:x)
[file](file:///etc/passwd) [relative](/graphql) <javascript:alert(1)> [entity](&#106;avascript:x)

![tracker](https://evil.example/pixel.png) ![script](javascript:x)

[good](https://example.org/a?b=c&d=e "title") https://example.org <alice@example.org>

| ${script} |
| --- |
| [x](javascript:x) |

\`\`\`"><script>document.title=5</script>
${script}
\`\`\`

AT&amp;T &lt;b&gt; &#60;i&#62; &nonsense;
`;

describeInBrowser('the console', () => {
  const tools = createTools({ [script]: () => script, run: () => script });
  const scriptedGateway = shareScriptedGateway({ tools });

  test('a hostile answer runs no script, loads nothing and links to no dangerous address', async () => {
    const gateway = scriptedGateway();
    gateway.model.script(
      [reasoning(script), toolCall(script, 'run', { [script]: script })],
      // In small pieces, so that the console shows each unfinished part for a moment.
      [text(...(answer.match(/.{1,7}/gs) ?? []))],
    );
    await gateway.createSession({ title: script });
    await using console = await openConsole(gateway.url);
    const { page } = console;

    await console.send(script);
    await console.answers.getByRole('button', { name: 'Copy' }).last().waitFor();
    await console.answers.getByText('&nonsense;').waitFor();

    const links = await console.answers
      .getByRole('link')
      .evaluateAll((found) =>
        found.map((link) => [
          link.getAttribute('href'),
          link.getAttribute('rel'),
          link.getAttribute('target'),
        ]),
      );
    expect(links).toEqual(
      [
        'https://evil.example/pixel.png',
        'https://example.org/a?b=c&d=e',
        'https://example.org/',
        'mailto:alice@example.org',
      ].map((href) => [href, 'noopener noreferrer', '_blank']),
    );
    const made = 'iframe, script, b, [onclick], [onerror], img:not([src="/console/icon.svg"])';
    expect(await page.locator(`body :is(${made})`).count()).toBe(0);
    expect(await console.answers.getByText('AT&T <b> <i> &nonsense;').count()).toBe(1);
    expect(await page.title()).toContain('<img');
    expect(console.requests.filter((url) => !url.startsWith(`${gateway.url}/`))).toEqual([]);
    expect(console.faults()).toEqual([]);
  });

  test('an answer that takes too long to read as Markdown is shown as plain text', async () => {
    const gateway = scriptedGateway();
    gateway.model.script([text('# Title\n\n', '- a\n', ...Array<string>(100).fill('b\n'.repeat(500)))]);
    await using console = await openConsole(gateway.url);

    await console.send('Write a list');
    await console.answers.getByRole('button', { name: 'Copy' }).waitFor();

    // How much is read as Markdown before the time is up depends on the machine: the list is not.
    expect(await console.answers.locator('.markdown > p.raw').innerText()).toMatch(/(?:^|\n)- a\nb\n/);
    expect(await console.answers.getByRole('list').count()).toBe(0);
    expect(console.faults()).toEqual([]);
  });

  test('code has colours with enough contrast, is read in a worker, and stays plain when that takes too long', async () => {
    const gateway = scriptedGateway();
    const code = 'const a: number = 1; // one\nconst b = "سلام";\n';
    const hostile = 'x '.repeat(10);
    gateway.model.script([
      text(...`\`\`\`ts\n${code}\`\`\`\n\n`),
      text('```diff\n- old\n+ new\n```\n\n```nothing\nconst a\n```\n\n'),
      text(`\`\`\`python\n${hostile}\n\`\`\`\n\n\`\`\`sh\necho "still alive"\n\`\`\``),
    ]);
    await using console = await openConsole(gateway.url);
    const { page, answers } = console;
    // As if the grammar of Python never came to an end.
    await page.route('**/highlight/python-*.js', (route) => {
      const body = 'export default () => { for (;;); }';
      return route.fulfill({ contentType: 'text/javascript', body });
    });

    await console.send('Write');
    await answers.getByText('"still alive"').waitFor();

    const coloured = (kind: string) => answers.locator(`pre .code-${kind}`);
    await expect.poll(() => coloured('comment').allInnerTexts()).toEqual(['// one']);
    await expect.poll(() => coloured('keyword').allInnerTexts()).toEqual(['const', 'const']);
    expect(await answers.locator('pre bdi').allInnerTexts()).toEqual(['سلام']);
    expect(await coloured('removed').innerText()).toBe('- old');
    // The code behind the hostile one is read by another worker.
    await expect.poll(() => coloured('string').last().innerText(), { timeout: 40_000 }).toBe('"still alive"');
    expect(await answers.locator('pre').nth(0).innerText()).toBe(code.trimEnd());
    expect(await answers.locator('pre').nth(3).locator('span').count()).toBe(0);
    expect(await faultsOf(page, '.answer')).toEqual([]);
    expect(console.faults()).toEqual([]);
  });

  test('the console shows a text that arrives in pieces exactly as it shows the whole text', async () => {
    const written =
      '# Title\n\n- one\n- two\n\n  more of two\n\n1. first\n\n```js\nconst a = 1;\n\nconst b = 2;\n```\n\n> quoted\nlazily\n\n[a][1]\n\n[1]: https://example.org\n\nSetext\n===\n';
    const gateway = scriptedGateway();
    gateway.model.script([text(...written)]);
    await using console = await openConsole(gateway.url);
    const shown = () => console.answers.locator('.markdown').evaluate((element) => element.outerHTML);

    await console.send('Write');
    await console.answers.getByRole('heading', { name: 'Setext' }).waitFor();
    await console.page.getByRole('button', { name: 'Stop' }).waitFor({ state: 'detached' });
    // A worker finds the colours of the code a moment after the text is shown.
    const coloured = console.answers.locator('pre span').first();
    await coloured.waitFor();
    const inPieces = await shown();
    await console.page.reload();
    await console.answers.getByRole('heading', { name: 'Setext' }).waitFor();
    await coloured.waitFor();

    expect(await shown()).toBe(inPieces);
  });
});
