import { useQuery } from '@tanstack/react-query';
import { contract } from '#shared/contract/contract.ts';
import { copyText } from '../../lib/copy-text.ts';
import { listQuery } from '../../lib/query.ts';
import { offeredTemplates } from './offered-templates.ts';
import type { ServiceDraft } from './service-draft.ts';

/** What may stand in the environment and the command instead of a port that is not known yet; a click copies it. */
export function TemplateHint({ draft }: { draft: ServiceDraft }) {
  const services = useQuery(listQuery(contract.services.list));
  const names = services.data?.map(({ name }) => name) ?? [];
  return (
    <div className="flex flex-wrap items-center gap-1.5 text-12 text-faint">
      <span>Filled in at each start, in the environment and the command:</span>
      {offeredTemplates(draft, names).map((template) => (
        <button
          key={template}
          type="button"
          title={`Copy ${template}`}
          onClick={() => void copyText(template)}
          className="mono rounded-sm border border-line-strong px-1 leading-4 text-soft hover:bg-hover hover:text-text"
        >
          {template}
        </button>
      ))}
      <span>
        The last word is <code>port</code>, <code>host</code>, <code>address</code> or <code>url</code>.
      </span>
    </div>
  );
}
