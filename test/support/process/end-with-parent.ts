import { rmSync } from 'node:fs';

// Loaded into a gateway before the program: when the process that started it ends in whatever way, the gateway ends too
// and takes its data folder with it.

process.on('disconnect', () => {
  rmSync(process.env['DATA_DIR'] ?? '', { recursive: true, force: true });
  process.kill(process.pid, 'SIGKILL');
});
