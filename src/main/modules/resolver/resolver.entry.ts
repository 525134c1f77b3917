import { runAsProcess } from '../../supervisor/module-process.ts';
import { resolver } from './resolver.ts';

runAsProcess(resolver);
