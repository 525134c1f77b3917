/** `npm run build`: out/, for production. */
import { build } from './lib/build.ts';

process.exitCode = (await build()) ? 0 : 1;
