import { runAsProcess } from '../../supervisor/module-process.ts';
import { monitor } from './monitor.ts';

runAsProcess(monitor);
