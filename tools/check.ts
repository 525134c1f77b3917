/** `npm run check`: every static check. */
import { runChecks } from './lib/checks.ts';
import { succeeded } from './lib/summary.ts';

process.exitCode = succeeded(await runChecks()) ? 0 : 1;
