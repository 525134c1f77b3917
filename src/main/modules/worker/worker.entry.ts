import { runAsProcess } from '../../supervisor/module-process.ts';
import { worker } from './worker.ts';

runAsProcess(worker);
