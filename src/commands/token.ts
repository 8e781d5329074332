import { type Command, InvalidArgumentError } from 'commander';
import type { TokenOrder } from './manage-tokens.ts';

/** `switchyard token …`: the API tokens of users. It works beside a gateway that is running. */
export function addTokenCommand(program: Command): void {
  const token = program
    .command('token')
    .description('make, list and revoke the API tokens that users are known by');
  token
    .command('create')
    .description('make a token; it is printed once, and the gateway keeps a hash of it')
    .requiredOption('--user <userId>', 'whom it speaks for')
    .option('--admin', 'let it see and change what is of others', false)
    .option('--name <name>', 'what it is for, for the list')
    .option('--expires-in <time>', 'how long it is good: 90s, 30m, 12h, 30d; default: until revoked', toMs)
    .action(({ user, admin, name, expiresIn }: CreateFlags) =>
      carryOut({
        do: 'create',
        userId: user,
        isAdmin: admin,
        name: name ?? null,
        lifetimeMs: expiresIn ?? null,
      }),
    );
  token
    .command('list')
    .description('list all tokens, without the tokens themselves')
    .action(() => carryOut({ do: 'list' }));
  token
    .command('revoke')
    .description('end a token; what it follows in a running gateway ends within seconds')
    .argument('<id>', 'as the list shows it', toId)
    .action((id: number) => carryOut({ do: 'revoke', id }));
}

interface CreateFlags {
  user: string;
  admin: boolean;
  name?: string;
  expiresIn?: number;
}

async function carryOut(order: TokenOrder): Promise<void> {
  const { manageTokens } = await import('./manage-tokens.ts');
  const { output, remark } = await manageTokens(order);
  // Apart, so that `TOKEN=$(switchyard token create …)` holds the token alone.
  if (remark) process.stderr.write(`${remark}\n`);
  if (output) process.stdout.write(`${output}\n`);
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
