import { createStore } from '../../lib/store.ts';

/** The secret of a webhook that was added here, until somebody has kept it or the page is left: nobody can read it again. */
export const newSecret = createStore<{ id: string; secret: string } | null>(null);
