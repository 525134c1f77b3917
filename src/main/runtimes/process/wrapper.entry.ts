import { runWrapper } from './wrapper.ts';

await runWrapper();
