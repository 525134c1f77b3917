import { serveReads } from '../../../database/reader-thread.ts';
import { longReads } from './long-reads.ts';

serveReads(longReads);
