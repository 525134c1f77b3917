import { prepareLook } from '../../database/look-for-damage.ts';

// The thread of the look comes up while the code of the rest is read: so that is no import at the top.
const look = prepareLook();
const [{ runAsProcess }, { createApi }] = await Promise.all([
  import('../../supervisor/module-process.ts'),
  import('./api.ts'),
]);
runAsProcess(createApi(look));
