// `npm run clos`: the command line from its sources. Plain JavaScript, because what Node makes of TypeScript is only kept from here
// on: without this every command would load the compiler and pass a hundred files through it.
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

enableCompileCache(fileURLToPath(new URL('../../.tmp/code', import.meta.url)));
await import('./cli.ts');
