import { runAsProcess } from '../../supervisor/module-process.ts';
import { gateway } from './gateway.ts';

runAsProcess(gateway);
