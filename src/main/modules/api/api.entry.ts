import { runAsProcess } from '../../supervisor/module-process.ts';
import { api } from './api.ts';

runAsProcess(api);
