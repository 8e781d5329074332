import { type Command, InvalidArgumentError } from 'commander';
import type { TokenAction } from './manage-tokens.ts';
import { printReport } from './report.ts';

/** Adds `switchyard token …`, which manages API tokens of users. It may run beside a running gateway. */
export function addTokenCommand(program: Command): void {
  const token = program.command('token').description('create, list and revoke API tokens of users');
  token
    .command('create')
    .description('create a token; it is printed once, and the gateway stores only a hash of it')
    .requiredOption('--user <userId>', 'the user that the token belongs to')
    .option('--admin', 'make it the token of an admin, who may see and change everything', false)
    .option('--name <name>', 'a name to show in the list')
    .option(
      '--expires-in <time>',
      'how long the token is valid: 90s, 30m, 12h, 30d; default: until it is revoked',
      toMs,
    )
    .action(async ({ user, admin, name, expiresIn }: CreateFlags) => {
      const { checkTokenNames } = await import('./check-token-names.ts');
      checkTokenNames(user, name);
      await perform({
        type: 'create',
        userId: user,
        isAdmin: admin,
        name: name ?? null,
        lifetimeMs: expiresIn ?? null,
      });
    });
  token
    .command('list')
    .description('list all tokens without their secret text')
    .action(() => perform({ type: 'list' }));
  token
    .command('revoke')
    .description('revoke a token; its subscriptions in a running gateway end within seconds')
    .argument('<id>', 'the number of the token in the list', toId)
    .action((id: number) => perform({ type: 'revoke', id }));
}

interface CreateFlags {
  user: string;
  admin: boolean;
  name?: string;
  expiresIn?: number;
}

async function perform(action: TokenAction): Promise<void> {
  const { manageTokens } = await import('./manage-tokens.ts');
  printReport(await manageTokens(action));
}

const units: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function toMs(value: string): number {
  const [, amount, unit = ''] = /^([1-9]\d{0,4})([smhd])$/.exec(value) ?? [];
  if (amount === undefined) throw new InvalidArgumentError('Expected a time like 90s, 30m, 12h or 30d.');
  return Number(amount) * (units[unit] ?? 0);
}

function toId(value: string): number {
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('Expected the number of a token, as `switchyard token list` shows it.');
}
