import { config } from 'zod';

// The page's content security policy forbids evaluating text as code. Without this, every schema would try, and each try is
// reported as a violation. It must run before the first schema is made, so it is the first import of main.tsx.
config({ jitless: true });
