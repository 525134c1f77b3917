import { runAsProcess } from '../../supervisor/module-process.ts';
import { websocket } from './websocket.ts';

runAsProcess(websocket);
