import { pathToFileURL } from 'node:url';
import { programFile } from '../suite/built.ts';

/**
 * The value of `NODE_OPTIONS` with which a gateway kills itself (SIGKILL) right behind a step: a commit of SQLite, or a file
 * that it has deleted, renamed or linked. Which step is the number in a file, counted from the moment at which that file is
 * there. So nothing that comes later happens, and nothing that was done is lost.
 *
 * @param file Where the test writes the number.
 * @param signal What it sends itself in place of SIGKILL.
 */
export function killAtStep(file: string, signal: 'SIGKILL' | 'SIGINT' = 'SIGKILL'): string {
  const code = `
    import { createRequire, syncBuiltinESMExports } from 'node:module';
    const require = createRequire(${JSON.stringify(pathToFileURL(programFile).href)});
    const fs = require('node:fs');
    const Sqlite = require('better-sqlite3');
    let left;
    function step() {
      if (left === undefined) {
        try {
          left = Number(fs.readFileSync(${JSON.stringify(file)}, 'utf8'));
        } catch {
          return;
        }
      }
      left -= 1;
      if (left === 0) process.kill(process.pid, '${signal}');
    }
    const { prepare, exec } = Sqlite.prototype;
    Sqlite.prototype.prepare = function (sql) {
      const statement = prepare.call(this, sql);
      const commits = /^\\s*COMMIT/i.test(sql);
      for (const name of ['run', 'get', 'all']) {
        const own = statement[name];
        statement[name] = function (...given) {
          const result = own.apply(this, given);
          if ((commits || !this.readonly) && !this.database.inTransaction) step();
          return result;
        };
      }
      return statement;
    };
    Sqlite.prototype.exec = function (sql) {
      const result = exec.call(this, sql);
      if (/COMMIT/i.test(sql) && !this.inTransaction) step();
      return result;
    };
    for (const name of ['unlink', 'rm', 'rename', 'link']) {
      const own = fs.promises[name];
      fs.promises[name] = async (...given) => {
        const result = await own(...given);
        step();
        return result;
      };
    }
    syncBuiltinESMExports();`;
  return `--import=data:text/javascript,${encodeURIComponent(code)}`;
}
